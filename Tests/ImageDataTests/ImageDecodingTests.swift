import Foundation
import Testing

@testable import ImageData

@Suite struct ImageDecodingTests {
  private func decode(_ data: Data, channels: Int = 1) throws -> PixelImage {
    try PixelImage(decoding: data, file: "picture", channels: channels)
  }

  @Test func greyPicturesKeepTheirValues() throws {
    let extent = ImageExtent(width: 8, height: 6, channels: 1)
    #expect(try decode(Pictures.greyPNG) == PixelImage(extent: extent, pixels: Pictures.greyPixels))
    #expect(try decode(Pictures.greyJPEG) == PixelImage(extent: extent, pixels: Pictures.greyJPEGPixels))
  }

  @Test(arguments: [1, 3]) func whatIsEncodedIsDecodedAgain(_ channels: Int) throws {
    for (width, height) in [(1, 1), (5, 3), (48, 48), (300, 2)] {
      let extent = ImageExtent(width: width, height: height, channels: channels)
      let picture = PixelImage(
        extent: extent, pixels: (0..<extent.count).map { UInt8(truncatingIfNeeded: $0 * $0 >> 3) })
      #expect(try decode(Data(picture.png()), channels: channels) == picture)
    }
  }

  @Test func colorBecomesLumaOrStaysColor() throws {
    for data in [Pictures.colorPNG, Pictures.palettePNG] {
      #expect(try decode(data).pixels == Pictures.colorLuma)
      #expect(try decode(data, channels: 3).pixels == Pictures.colorPixels)
    }
  }

  @Test(arguments: [0, 2, 4]) func noPictureHasAsManyChannels(_ channels: Int) {
    for data in [Pictures.greyPNG, Pictures.greyJPEG, Data("P2 2 1 255 7 9".utf8)] {
      #expect(throws: DataError.self) { try decode(data, channels: channels) }
    }
  }

  @Test func greyBecomesThreeEqualChannels() throws {
    let wanted = Pictures.greyPixels.flatMap { [$0, $0, $0] }
    #expect(try decode(Pictures.greyPNG, channels: 3).pixels == wanted)
    #expect(try decode(Data("P2 2 1 255 7 9".utf8), channels: 3).pixels == [7, 7, 7, 9, 9, 9])
  }

  @Test func transparencyShowsBlackAndSixteenBitsLoseTheirLowByte() throws {
    #expect(try decode(Pictures.transparentPNG).pixels == [200, 0])
    #expect(try decode(Pictures.deepPNG).pixels == [0, 128, 255])
  }

  /// A PNG file's pixels are whole, with their check sum, before its last chunk of 12 bytes.
  @Test(arguments: [(Pictures.greyPNG, 12), (Pictures.greyJPEG, 0)])
  func aPictureTruncatedAnywhereIsRefused(_ whole: Data, _ endBytes: Int) {
    for count in 0..<whole.count - endBytes {
      #expect(throws: DataError.self, "of \(whole.count) bytes, \(count)") { try decode(whole.prefix(count)) }
    }
  }

  @Test func aPNGWithAnyByteChangedInItsPixelsIsRefused() throws {
    let pixels = try #require(Pictures.greyPNG.range(of: Data("IDAT".utf8)))
    for offset in pixels.lowerBound..<Pictures.greyPNG.count - 12 {
      var damaged = Pictures.greyPNG
      damaged[offset] ^= 0x55
      #expect(throws: DataError.self, "byte \(offset)") { try decode(damaged) }
    }
  }

  @Test func damageNeverCrashesTheJPEGDecoder() {
    for offset in 0..<Pictures.greyJPEG.count {
      for change: UInt8 in [0x01, 0x80, 0xFF] {
        var damaged = Pictures.greyJPEG
        damaged[offset] ^= change
        guard let image = try? decode(damaged) else { continue }
        #expect(image.pixels.count == image.extent.count)
      }
    }
  }

  @Test func anotherKindOfFileIsNamed() {
    #expect(throws: DataError("picture", .unknownImageKind)) { try decode(Data("GIF89a".utf8)) }
    #expect(throws: DataError("picture", .unknownImageKind)) { try decode(Data()) }
    #expect(throws: DataError("/nowhere/a.png", .unreadable(reason: "no such file"))) {
      try PixelImage(path: "/nowhere/a.png")
    }
  }

  @Test func anotherSizeIsAnErrorWithBothSizes() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Pictures.greyPNG, to: "a.png")
    let error = #expect(throws: DataError.self) {
      try PixelImage(path: path, extent: ImageExtent(width: 48, height: 48, channels: 1))
    }
    #expect(
      error?.description
        == "\(path): the picture is 8x6, the network wants 48x48 (--resize crop or stretch makes it so)")
  }
}
