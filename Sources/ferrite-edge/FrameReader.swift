import CLinux
import EdgeProgram

/// How frames stand in a byte stream.
enum FrameEncoding {
  /// Binary PGM images (netpbm's P5) of 8 bits a pixel, one after another.
  case pgm
  /// Frames of the model's input size, one byte for each value, with nothing between them.
  case raw
}

/// A model's input.
struct FrameSize {
  var height: Int
  var width: Int
  var channels: Int
  var bytes: Int { height * width * channels }
}

/// Reads frames from a descriptor through a buffer of fixed size.
struct FrameReader: ~Copyable {
  let descriptor: Int32
  let encoding: FrameEncoding
  let size: FrameSize
  private var buffer = InlineArray<4096, UInt8>(repeating: 0)
  private var position = 0
  private var filled = 0
  private var bytesBefore: UInt64 = 0

  init(descriptor: Int32, _ encoding: FrameEncoding, _ size: FrameSize) {
    self.descriptor = descriptor
    self.encoding = encoding
    self.size = size
  }

  /// Waits for the next frame's first bytes, but no longer than to a time of the monotonic clock.
  ///
  /// - Returns: whether they are there, or the end or an error is.
  func isReady(by nanoseconds: UInt64) -> Bool { position < filled || linux_await_readable(descriptor, nanoseconds) }

  /// Fills `pixels`, which has the size's bytes, with the next frame.
  ///
  /// - Returns: false at the end of the input.
  /// - Throws: `FrameError` with the byte's place in the input.
  mutating func next(into pixels: UnsafeMutableRawBufferPointer) throws(FrameError) -> Bool {
    guard let first = try byte() else { return false }
    var pixel = 0
    switch encoding {
    case .raw:
      unsafe pixels[0] = first
      pixel = 1
    case .pgm:
      guard size.channels == 1 else { throw error(.notGrey(channels: size.channels)) }
      let (width, height) = try header(first)
      guard width == size.width, height == size.height else { throw error(.size(width: width, height: height, size)) }
    }
    while pixel < size.bytes {
      unsafe pixels[pixel] = try required()
      pixel += 1
    }
    return true
  }

  /// Fills the start of `pixels` with the next PGM image, whatever its size.
  ///
  /// - Returns: its extents, each 16 to 4096; nil at the end of the input.
  mutating func nextPicture(into pixels: UnsafeMutableRawBufferPointer) throws(FrameError) -> CameraSize? {
    guard let first = try byte() else { return nil }
    let (width, height) = try header(first)
    let size = CameraSize(width: width, height: height)
    guard size.isInRange, width * height <= pixels.count else {
      throw error(.outOfRange(width: width, height: height))
    }
    for pixel in 0..<width * height { unsafe pixels[pixel] = try required() }
    return size
  }

  /// A PGM header behind its first byte: width, height and maximum, and the one blank before the pixels.
  private mutating func header(_ first: UInt8) throws(FrameError) -> (width: Int, height: Int) {
    guard first == UInt8(ascii: "P"), try required() == UInt8(ascii: "5"), isBlank(try required()) else {
      throw error(.notPGM)
    }
    let width = try number()
    let height = try number()
    let maximum = try number()
    guard maximum == 255 else { throw error(.maximum(maximum)) }
    return (width, height)
  }

  /// A decimal number after blanks and comments; takes the one byte behind it, which must be a blank.
  private mutating func number() throws(FrameError) -> Int {
    var byte = try required()
    while isBlank(byte) || byte == UInt8(ascii: "#") {
      if byte == UInt8(ascii: "#") {
        while byte != UInt8(ascii: "\n") { byte = try required() }
      }
      byte = try required()
    }
    var value = 0
    var digits = 0
    while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
      value = 10 * value + Int(byte - UInt8(ascii: "0"))
      digits += 1
      guard digits <= 5 else { throw error(.notPGM) }
      byte = try required()
    }
    guard digits > 0, isBlank(byte) else { throw error(.notPGM) }
    return value
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (9...13).contains(byte) }

  private func error(_ fault: FrameError.Fault) -> FrameError {
    FrameError(fault, at: bytesBefore + UInt64(position))
  }

  private mutating func required() throws(FrameError) -> UInt8 {
    guard let byte = try byte() else { throw error(.truncated) }
    return byte
  }

  /// The next byte, or nil at the end.
  private mutating func byte() throws(FrameError) -> UInt8? {
    if position == filled {
      try fill()
      if filled == 0 { return nil }
    }
    position += 1
    return buffer[position - 1]
  }

  private mutating func fill() throws(FrameError) {
    bytesBefore += UInt64(filled)
    position = 0
    filled = 0
    var storage = buffer.mutableSpan
    let got = unsafe storage.withUnsafeMutableBytes { unsafe linux_read(descriptor, $0.baseAddress, $0.count) }
    guard got >= 0 else { throw error(.system(Int32(-got))) }
    filled = got
  }
}
