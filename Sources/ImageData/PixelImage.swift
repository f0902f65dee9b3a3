/// An 8-bit picture: `height x width x channels`, rows from the top, channels last (1: luma, 3: red, green, blue).
public struct PixelImage: Equatable, Sendable {
  public var extent: ImageExtent
  /// `extent.count` bytes.
  public var pixels: [UInt8]

  public init(extent: ImageExtent, pixels: [UInt8]) {
    precondition(pixels.count == extent.count, "as many pixels as the extent says")
    self.extent = extent
    self.pixels = pixels
  }
}

/// The size of a picture.
public struct ImageExtent: Equatable, Sendable, CustomStringConvertible {
  public var width: Int
  public var height: Int
  public var channels: Int

  public init(width: Int, height: Int, channels: Int) {
    self.width = width
    self.height = height
    self.channels = channels
  }

  public var count: Int { width * height * channels }

  /// `48x48`, or `48x48x3` when it has more than one channel: width first, as pictures are spoken of.
  public var description: String { channels == 1 ? "\(width)x\(height)" : "\(width)x\(height)x\(channels)" }
}

extension PixelImage {
  /// The luma of an RGB picture by ITU-R BT.601 (0.299, 0.587, 0.114), the weights that JPEG files carry, in 16 bits.
  public func luma() -> PixelImage {
    precondition(extent.channels == 3, "luma is made of three channels")
    var grey: [UInt8] = []
    grey.reserveCapacity(extent.width * extent.height)
    for index in stride(from: 0, to: pixels.count, by: 3) {
      let sum = 19595 * Int(pixels[index]) + 38470 * Int(pixels[index + 1]) + 7471 * Int(pixels[index + 2])
      grey.append(UInt8((sum + 32768) >> 16))
    }
    return PixelImage(extent: ImageExtent(width: extent.width, height: extent.height, channels: 1), pixels: grey)
  }

  /// A grey picture as one of equal red, green and blue.
  func replicated() -> PixelImage {
    precondition(extent.channels == 1, "only a grey picture is replicated")
    return PixelImage(
      extent: ImageExtent(width: extent.width, height: extent.height, channels: 3),
      pixels: pixels.flatMap { [$0, $0, $0] })
  }
}
