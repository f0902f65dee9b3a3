import Testing

@testable import DrawnFaces

@Suite("Files of drawn faces")
struct EncodingTests {
  @Test("start as NumPy writes them")
  func numPyHeader() {
    // numpy.lib.format.write_array(file, numpy.zeros((3, 48, 48), numpy.uint8))
    let dictionary = "{'descr': '|u1', 'fortran_order': False, 'shape': (3, 48, 48), }"
    let expected = [0x93] + Array("NUMPY".utf8) + [1, 0, 0x76, 0] + Array(dictionary.utf8)
    let header = NumPyArray.header(.uint8, shape: [3, 48, 48])
    #expect(header.count == 128)
    #expect(header.prefix(expected.count).elementsEqual(expected))
    #expect(header[expected.count..<127].allSatisfy { $0 == UInt8(ascii: " ") })
    #expect(header.last == UInt8(ascii: "\n"))
  }

  @Test("are aligned whatever the shape", arguments: [[1], [123_456_789], [7, 1024, 1024], [40_000, 2, 3]])
  func numPyAlignment(shape: [Int]) {
    let header = NumPyArray.header(.float32, shape: shape)
    #expect(header.count % 64 == 0)
    #expect(Int(header[8]) + Int(header[9]) << 8 == header.count - 10)
    if shape == [1] { #expect(String(decoding: header, as: UTF8.self).contains("'shape': (1,)")) }
  }

  @Test("hold theta as little-endian float32")
  func thetaBytes() {
    let bytes = FaceSeries(seed: 1).upright[0, size: 48].theta.bytes
    let one: [UInt8] = [0, 0, 0x80, 0x3F]
    let zero: [UInt8] = [0, 0, 0, 0]
    #expect(bytes == one + zero + zero + zero + one + zero)
  }

  @Test("are PGM as netpbm defines it")
  func pgm() {
    let image = GreyImage.pgm([1, 2, 3, 4, 5, 6], width: 3, height: 2)
    #expect(image == Array("P5\n3 2\n255\n".utf8) + [1, 2, 3, 4, 5, 6])
  }

  @Test("show seven faces on a row of a contact sheet, the rest white")
  func contactSheet() {
    let series = FaceSeries(seed: 2)
    let sheet = ContactSheet.draw(series, count: 9, size: 48)
    #expect(sheet.width == 7 * 48 && sheet.height == 2 * 48)
    var eighth: [UInt8] = []
    for row in 48..<96 {
      let start = row * sheet.width
      eighth += sheet.pixels[start..<start + 48]
    }
    #expect(eighth == series[7, size: 48].pixels)
    #expect(sheet.pixels.last == 255)
  }
}
