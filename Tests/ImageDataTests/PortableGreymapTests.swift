import Foundation
import Testing

@testable import ImageData

@Suite struct PortableGreymapTests {
  private func decode(_ text: String, _ samples: [UInt8] = []) throws -> PixelImage {
    try PixelImage(decoding: Data(text.utf8) + samples, file: "a.pgm")
  }

  @Test func binaryAndDecimalPicturesAreRead() throws {
    let wanted = PixelImage(extent: ImageExtent(width: 3, height: 2, channels: 1), pixels: [0, 9, 10, 13, 32, 255])
    #expect(try decode("P5\n3 2\n255\n", [0, 9, 10, 13, 32, 255]) == wanted)
    #expect(try decode("P2\n# a comment\n3 2 # another\n255\n0 9 10\n13 32 255\n") == wanted)
  }

  @Test func samplesAreSharesOfTheMaximum() throws {
    #expect(try decode("P5 4 1 15 ", [0, 1, 7, 15]).pixels == [0, 17, 119, 255])
    #expect(try decode("P2 2 1 2 1 2").pixels == [128, 255])
  }

  @Test(arguments: [
    ("P5\n3 2\n255\n12345", "byte 11: malformed: expected 6 samples, found 5 bytes"),
    ("P5\n3 2\n255\n1234567", "byte 11: malformed: expected 6 samples, found 7 bytes"),
    ("P5\n3 2\n65535\n123456", "byte 7: malformed: expected a maximum of 8 bits of at most 255"),
    ("P5\n0 2\n255\n", "byte 10: malformed: expected sizes above zero"),
    ("P5\n3", "byte 4: malformed: expected white space and a height"),
    ("P5\nx", "byte 3: malformed: expected a width"),
    ("P5x", "byte 2: malformed: expected white space and a width"),
    ("P5 99999999999999999999 1 255 ", "byte 3: malformed: expected a width of at most 65536"),
    ("P5 65536 65536 255 ", "the picture is too large: 65536x65536"),
    ("P5 1 1 20 \u{15}", "byte 10: malformed: expected a sample of at most 20"),
    ("P2 2 1 20 3 21", "byte 12: malformed: expected sample 1 of 2 of at most 20"),
    ("P2 2 1 20 3", "byte 11: malformed: expected white space and sample 1 of 2"),
    ("P2 1 1 20 3 4", "byte 12: malformed: expected the end of the file"),
    ("P2 1 1 20 -3", "byte 10: malformed: expected sample 0 of 1"),
  ])
  func aMalformedPictureIsRefusedWithItsPlace(_ text: String, _ message: String) {
    let error = #expect(throws: DataError.self) { try decode(text) }
    #expect(error?.description.hasSuffix(message) == true, "\(error?.description ?? "")")
  }

  @Test func aPictureTruncatedAnywhereIsRefused() {
    let whole = Data("P5\n# face\n8 6\n255\n".utf8) + Pictures.greyPixels
    for count in 0..<whole.count {
      #expect(throws: DataError.self) { try PixelImage(decoding: whole.prefix(count), file: "a.pgm") }
    }
  }
}
