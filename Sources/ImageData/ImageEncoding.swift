import CImage

extension PixelImage {
  /// The picture as a PNG file. Requires one channel (grey) or three (red, green, blue).
  public func png() -> [UInt8] {
    precondition(extent.channels == 1 || extent.channels == 3, "a PNG is written of grey or of red, green and blue")
    var count = 0
    let asked = unsafe encode(into: nil, &count)
    precondition(asked, "libpng measures any picture that is in memory")
    var bytes = [UInt8](repeating: 0, count: count)
    let written = unsafe bytes.withUnsafeMutableBufferPointer { unsafe encode(into: $0.baseAddress, &count) }
    precondition(written && count == bytes.count, "libpng writes what it has measured")
    return bytes
  }

  private func encode(into bytes: UnsafeMutablePointer<UInt8>?, _ count: inout Int) -> Bool {
    unsafe pixels.withUnsafeBufferPointer { pixels in
      unsafe image_write_png(
        pixels.baseAddress, UInt32(extent.width), UInt32(extent.height), UInt32(extent.channels), bytes, &count) != 0
    }
  }
}
