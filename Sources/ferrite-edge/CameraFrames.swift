import CLinux
import EdgeRuntime

/// How a camera's frames stand in a byte stream, one after another, with nothing between them. Of all of them only the
/// brightness is looked at.
enum CameraEncoding {
  /// A byte for each pixel.
  case grey
  /// A plane of brightness, then two of colour, a quarter as large each, apart (yuv420, I420) or interleaved (NV12).
  case planar420
  /// Brightness and colour by turns (YUYV, YUY2).
  case yuyv

  init?(named word: Word) {
    if word == "grey" {
      self = .grey
    } else if word == "yuv420" || word == "nv12" {
      self = .planar420
    } else if word == "yuyv" {
      self = .yuyv
    } else {
      return nil
    }
  }

  /// Bytes of a frame; extents are even where colours are shared.
  func bytes(_ size: CameraSize) -> Int {
    switch self {
    case .grey: size.width * size.height
    case .planar420: size.width * size.height * 3 / 2
    case .yuyv: size.width * size.height * 2
    }
  }

  var pixelStep: Int { self == .yuyv ? 2 : 1 }
  var sharesColours: Bool { self != .grey }
}

struct CameraSize {
  var width: Int
  var height: Int

  /// From `WIDTHxHEIGHT`, each 16 to 4096.
  init?(_ word: Word) {
    var extents = (0, 0)
    var digits = 0
    var isSecond = false
    for index in 0..<word.count {
      if word[index] == UInt8(ascii: "x"), !isSecond, digits > 0 {
        isSecond = true
        digits = 0
        continue
      }
      guard case UInt8(ascii: "0")...UInt8(ascii: "9") = word[index], digits < 4 else { return nil }
      let digit = Int(word[index] - UInt8(ascii: "0"))
      if isSecond { extents.1 = 10 * extents.1 + digit } else { extents.0 = 10 * extents.0 + digit }
      digits += 1
    }
    guard isSecond, 16...SquareReduction.greatestSide ~= extents.0, 16...SquareReduction.greatestSide ~= extents.1
    else { return nil }
    (width, height) = extents
  }
}

/// A camera's frames from standard input, the newest first: what came meanwhile is dropped and counted. Of each the central
/// square is reduced to the model's input.
@safe
struct CameraFrames: ~Copyable {
  private let frames: OpaquePointer
  private let encoding: CameraEncoding
  private let size: CameraSize
  private let reduction: SquareReduction
  private let frameBytes: Int
  /// Of the last frame.
  private(set) var nanoseconds: UInt64 = 0
  private(set) var dropped: UInt64 = 0
  private(set) var count = 0

  /// Starts to read.
  ///
  /// - Parameters:
  ///   - input: the model's; of one channel and square.
  ///   - every: whether no frame may be dropped.
  init(_ encoding: CameraEncoding, _ size: CameraSize, to input: FrameSize, every: Bool) throws(EdgeError) {
    guard input.channels == 1, input.width == input.height else {
      throw .usage("a camera's frames need a model of one channel and of equal width and height", nil)
    }
    let bytes = encoding.bytes(size)
    let side = min(size.width, size.height)
    guard let columns = unsafe try pages(side * 4).baseAddress,
      let memory = unsafe try pages(linux_frames_bytes(bytes)).baseAddress
    else { throw .noMemory }
    var started: OpaquePointer?
    let error = unsafe linux_start_frames(0, memory, bytes, every ? 1 : 0, &started)
    guard error == 0, let started = unsafe started else { throw .frame(nil, FrameError(.system(error), at: 0)) }
    unsafe frames = started
    self.encoding = encoding
    self.size = size
    reduction = unsafe SquareReduction(side: side, to: input.width, unsafeMemory: columns)
    frameBytes = bytes
  }

  /// Fills `pixels`, a square of the model's size, with the next frame.
  ///
  /// - Returns: false at the end of the input.
  /// - Throws: `FrameError` where the input can't be read or ends within a frame.
  mutating func next(into pixels: UnsafeMutableRawBufferPointer) throws(FrameError) -> Bool {
    let frame = unsafe linux_next_frame(frames)
    unsafe dropped = frame.dropped
    guard let bytes = unsafe frame.bytes, let output = pixels.baseAddress else {
      let place = unsafe (count + Int(dropped)) * frameBytes + Int(frame.rest)
      if unsafe frame.error != 0 { throw FrameError(.system(unsafe frame.error), at: place) }
      if unsafe frame.rest != 0 { throw FrameError(.truncated, at: place) }
      return false
    }
    count += 1
    unsafe nanoseconds = frame.nanoseconds
    let rowStep = size.width * encoding.pixelStep
    let (left, top) = ((size.width - reduction.side) / 2, (size.height - reduction.side) / 2)
    unsafe reduction.run(
      unsafeSource: bytes + (top * rowStep + left * encoding.pixelStep), pixelStep: encoding.pixelStep,
      rowStep: rowStep, to: output)
    return true
  }
}
