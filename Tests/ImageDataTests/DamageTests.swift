import Foundation
import Testing

@testable import ImageData

/// Files of every kind, cut off anywhere and with any bit flipped: decoded, or refused in words. What happens to memory meanwhile the
/// address sanitizer tells (`make sanitize`); what more than one change does, the fuzzer (Fuzz/).
@Suite struct DamageTests {
  /// Decodes what is left of a file; whether it was taken.
  private typealias Reader = @Sendable (Data) throws(DataError) -> Void

  private static let picture: Reader = { data throws(DataError) in
    for channels in [1, 3] {
      let image = try PixelImage(decoding: data, file: "picture", channels: channels)
      #expect(image.pixels.count == image.extent.count && image.extent.channels == channels)
    }
  }

  private static let array: Reader = { data throws(DataError) in
    let array = try NumPyArray(decoding: data, file: "array.npy")
    #expect(array.shape.reduce(1, *) <= data.count)
    for index in 0..<array.shape.reduce(1, *) { _ = array.integer(index) }
  }

  private static let table: Reader = { data throws(DataError) in
    let table = try ExpressionTable(decoding: data, file: "faces.csv", classes: 7, usage: nil)
    for index in table.rows.indices {
      _ = try table.sample(index, extent: ImageExtent(width: 3, height: 2, channels: 1))
    }
  }

  private static var files: [(name: String, data: Data, read: Reader)] {
    var header = Array("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }".utf8)
    header += [UInt8](repeating: 0x20, count: 117 - header.count) + [0x0A]
    let rows = "emotion,pixels,Usage\n0,1 2 3 4 5 6,Training\n6,\"1 2 3 4 5 255\",PrivateTest\r\n"
    let npy = [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.count), 0] + header + (0..<24)
    return [
      ("grey.png", Pictures.greyPNG, picture), ("palette.png", Pictures.palettePNG, picture),
      ("deep.png", Pictures.deepPNG, picture), ("transparent.png", Pictures.transparentPNG, picture),
      ("grey.jpg", Pictures.greyJPEG, picture), ("binary.pgm", Data("P5\n#\n3 2\n255\nabcdef".utf8), picture),
      ("decimal.pgm", Data("P2 3 2 9 1 2 3 4 5 6\n".utf8), picture), ("array.npy", Data(npy), array),
      ("faces.csv", Data(rows.utf8), table),
    ]
  }

  @Test(arguments: files.indices) func noFileCutOffCrashes(_ index: Int) throws {
    let file = Self.files[index]
    #expect(throws: Never.self) { try file.read(file.data) }
    for count in 0..<file.data.count { check(file.data.prefix(count), file.read) }
  }

  /// Sizes that a flipped bit makes huge are refused before memory is taken for them, or the file has too few pixels.
  @Test(arguments: files.indices) func noFileWithAFlippedBitCrashes(_ index: Int) {
    let file = Self.files[index]
    var refused = 0
    for byte in file.data.indices {
      for bit in 0..<8 {
        var damaged = file.data
        damaged[byte] ^= 1 << UInt8(bit)
        if !check(damaged, file.read) { refused += 1 }
      }
    }
    #expect(refused > file.data.count, "\(file.name)")
  }

  @discardableResult
  private func check(_ data: Data, _ read: Reader) -> Bool {
    do throws(DataError) {
      try read(data)
      return true
    } catch {
      #expect(!error.description.isEmpty)
      return false
    }
  }
}
