import CImage
import FoundationEssentials

extension PixelImage {
  /// Larger pictures are refused before memory is taken for them: 2^26 pixels.
  static let maximumPixels = 1 << 26

  /// Reads a JPEG, PNG or PGM file, told apart by their first bytes.
  ///
  /// - Parameter channels: 1 for luma (BT.601 for colour pictures), 3 for RGB.
  public init(path: String, channels: Int = 1) throws(DataError) {
    try self.init(decoding: contents(of: path), file: path, channels: channels)
  }

  /// Reads a JPEG, PNG or PGM file.
  ///
  /// - Parameter resize: what makes it one of `extent`; nil where it must be one already.
  public init(path: String, extent: ImageExtent, resize: Resize? = nil) throws(DataError) {
    try self.init(path: path, channels: extent.channels)
    guard self.extent != extent else { return }
    guard let resize else { throw DataError(path, .wrongSize(found: self.extent, wanted: extent)) }
    self = resized(to: extent, resize)
  }

  /// Decodes a JPEG, PNG or PGM picture. `file` is its name for messages.
  ///
  /// A damaged or truncated picture is an error even where its library would make one up; a PNG file is whole with its last
  /// pixel, whatever follows.
  public init(decoding data: Data, file: String, channels: Int = 1) throws(DataError) {
    guard channels == 1 || channels == 3 else {
      throw DataError(
        file, .unsupported("pictures for a network of \(channels) channels; arrays (.npy) have any number"))
    }
    if data.starts(with: [0xFF, 0xD8, 0xFF]) {
      self = try PixelImage.decodeJPEG(data, file: file, channels: channels)
    } else if data.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      let image = try PixelImage.decodePNG(data, file: file, channels: channels)
      self = image.extent.channels > channels ? image.luma() : image
    } else if data.starts(with: Array("P5".utf8)) || data.starts(with: Array("P2".utf8)) {
      let image = try PixelImage.decodePGM(data, file: file)
      self = channels == 3 ? image.replicated() : image
    } else {
      throw DataError(file, .unknownImageKind)
    }
  }

  private static func decodeJPEG(_ data: Data, file: String, channels: Int) throws(DataError) -> PixelImage {
    unsafe try decode(file: file, messageBytes: image_message_bytes) {
      (pixels: UnsafeMutablePointer<UInt8>?, extent, message) in
      var width: UInt32 = 0
      var height: UInt32 = 0
      let succeeded = unsafe data.withUnsafeBytes { bytes in
        unsafe image_read_jpeg(
          bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, pixels, Int32(channels), &width,
          &height, message)
      }
      extent = ImageExtent(width: Int(width), height: Int(height), channels: channels)
      return succeeded != 0
    }
  }

  /// Of three channels if the file has colour, whatever is wanted: libpng would weigh them in linear light.
  private static func decodePNG(_ data: Data, file: String, channels: Int) throws(DataError) -> PixelImage {
    unsafe try decode(file: file, messageBytes: 64) { (pixels: UnsafeMutablePointer<UInt8>?, extent, message) in
      var width: UInt32 = 0
      var height: UInt32 = 0
      var hasColor: Int32 = 0
      let succeeded = unsafe data.withUnsafeBytes { bytes in
        unsafe image_read_png(
          bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count, pixels, Int32(extent.channels), &width,
          &height, &hasColor, message)
      }
      extent = ImageExtent(width: Int(width), height: Int(height), channels: hasColor != 0 ? 3 : channels)
      return succeeded != 0
    }
  }

  /// Asks `read` for the size, then for the pixels of that size.
  private static func decode(
    file: String, messageBytes: Int,
    _ read: (UnsafeMutablePointer<UInt8>?, inout ImageExtent, UnsafeMutablePointer<CChar>) -> Bool
  ) throws(DataError) -> PixelImage {
    var message = [CChar](repeating: 0, count: messageBytes)
    var extent = ImageExtent(width: 0, height: 0, channels: 1)
    guard unsafe message.withUnsafeMutableBufferPointer({ unsafe read(nil, &extent, $0.baseAddress!) }) else {
      throw DataError(file, .damagedImage(reason: text(message)))
    }
    guard extent.width > 0, extent.height > 0, extent.width <= maximumPixels / extent.height else {
      throw DataError(file, .imageTooLarge(extent))
    }
    var pixels = [UInt8](repeating: 0, count: extent.count)
    let succeeded = unsafe pixels.withUnsafeMutableBufferPointer { pixels in
      unsafe message.withUnsafeMutableBufferPointer { unsafe read(pixels.baseAddress, &extent, $0.baseAddress!) }
    }
    guard succeeded else { throw DataError(file, .damagedImage(reason: text(message))) }
    return PixelImage(extent: extent, pixels: pixels)
  }

  private static func text(_ message: [CChar]) -> String {
    String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
