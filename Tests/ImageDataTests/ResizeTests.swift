import Foundation
import Testing

@testable import ImageData

@Suite("Pictures of another size") struct ResizeTests {
  private func extent(_ width: Int, _ height: Int, _ channels: Int = 1) -> ImageExtent {
    ImageExtent(width: width, height: height, channels: channels)
  }

  private func array(_ shape: String, _ bytes: [UInt8]) -> Data {
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': \(shape), }\n"
    return Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8) + bytes)
  }

  @Test("are cropped to the middle of the network's proportions")
  func crops() {
    func part(_ picture: ImageExtent, _ wanted: ImageExtent) -> PictureArea {
      Resize.crop.part(of: picture, for: wanted)
    }
    #expect(part(extent(640, 480), extent(48, 48)) == PictureArea(x: 80, y: 0, width: 480, height: 480))
    #expect(part(extent(481, 640), extent(48, 48)) == PictureArea(x: 0, y: 79, width: 481, height: 481))
    #expect(part(extent(100, 100), extent(32, 16)) == PictureArea(x: 0, y: 25, width: 100, height: 50))
    #expect(part(extent(100, 100), extent(16, 32)) == PictureArea(x: 25, y: 0, width: 50, height: 100))
    #expect(part(extent(32, 16), extent(64, 32)) == PictureArea(x: 0, y: 0, width: 32, height: 16))
    #expect(part(extent(1000, 1), extent(1, 1000)) == PictureArea(x: 499, y: 0, width: 1, height: 1))
    #expect(
      Resize.stretch.part(of: extent(640, 480), for: extent(48, 48)) == PictureArea(x: 0, y: 0, width: 640, height: 480)
    )
  }

  @Test("become means over areas, rounded half up")
  func means() {
    // Two rows of four: halves of 1 + 2 and so on, and 3 columns from 4 take 4/3 pixels each.
    let picture = PixelImage(extent: extent(4, 2), pixels: [0, 1, 2, 3, 1, 2, 3, 4])
    #expect(picture.resized(to: extent(2, 1), .stretch).pixels == [1, 3])
    #expect(picture.resized(to: extent(1, 1), .crop).pixels == [2])
    let row = PixelImage(extent: extent(4, 1), pixels: [0, 30, 90, 240])
    // (3 * 0 + 30) / 4, (2 * 30 + 2 * 90) / 4, (90 + 3 * 240) / 4.
    #expect(row.resized(to: extent(3, 1), .stretch).pixels == [8, 60, 203])
  }

  @Test("keep their channels apart, and grow by repetition")
  func channelsAndEnlargement() {
    let picture = PixelImage(extent: extent(2, 1, 3), pixels: [255, 0, 10, 0, 255, 20])
    let large = picture.resized(to: extent(4, 2, 3), .stretch)
    let row: [UInt8] = [255, 0, 10, 255, 0, 10, 0, 255, 20, 0, 255, 20]
    #expect(large.pixels == row + row)
    #expect(picture.resized(to: extent(1, 1, 3), .stretch).pixels == [128, 128, 15])
  }

  @Test("are the same where nothing changes", arguments: Resize.allCases)
  func identity(_ resize: Resize) {
    let picture = PixelImage(extent: extent(5, 3), pixels: (0..<15).map { UInt8($0 * 17) })
    #expect(picture.resized(to: extent(5, 3), resize) == picture)
  }

  @Test("are refused unless somebody says what to do, in files and in arrays")
  func refused() throws {
    let folder = try TemporaryFolder()
    let pixels = (0..<36).map { UInt8($0 * 7) }
    let path = try folder.write(array("(1, 6, 6)", pixels), to: "a-images.npy")
    try folder.write(array("(1,)", [1]), to: "a-labels.npy")
    let error = #expect(throws: DataError.self) { try DataSet(path: path, labels: ["a", "b"], extent: extent(3, 3)) }
    #expect(error?.fault == .wrongSize(found: extent(6, 6), wanted: extent(3, 3)))
    let set = try DataSet(path: path, labels: ["a", "b"], extent: extent(3, 3), resize: .crop)
    #expect(
      try set.sample(0).image == PixelImage(extent: extent(6, 6), pixels: pixels).resized(to: extent(3, 3), .crop))
    // Another count of channels is no matter of size.
    #expect(throws: DataError.self) {
      try DataSet(path: path, labels: ["a", "b"], extent: extent(3, 3, 3), resize: .stretch)
    }
  }
}
