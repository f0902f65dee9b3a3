import CLinux
import EdgeProgram
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

  /// 'YUYV' of Video4Linux2.
  static let yuyvCode: UInt32 = 0x5659_5559

  var pixelStep: Int { self == .yuyv ? 2 : 1 }
  var sharesColours: Bool { self != .grey }
}

/// What a frame shows to a model.
enum Sight {
  /// The central square: nothing has been looked for.
  case square
  case face(Detection)
  case nobody
}

/// A camera's frames, the newest first: what came meanwhile is dropped and counted. Of each the central square, or the square around
/// a face, is brought to the model's size.
@safe
struct CameraFrames: ~Copyable {
  @safe private enum Source {
    /// Frames on standard input, read by a thread.
    case stream(OpaquePointer)
    case device(OpaquePointer, Word)
  }

  private let source: Source
  private let layout: FrameLayout
  /// Width and height of the model's input.
  private let inputSide: Int
  /// For a square of any side within a frame.
  private let columns: UnsafeMutableRawPointer
  private var finder: FaceFinder?
  /// Of the last frame: when it was whole in memory, when it was taken, and when it was known whom it shows.
  private(set) var nanoseconds: UInt64 = 0
  private(set) var takenNanoseconds: UInt64 = 0
  private(set) var foundNanoseconds: UInt64 = 0
  private(set) var dropped: UInt64 = 0
  private(set) var count: UInt64 = 0

  /// How a frame's brightness lies in it.
  private struct FrameLayout {
    var size: CameraSize
    var bytes: Int
    var rowStep: Int
    var pixelStep: Int
  }

  /// Starts to read standard input.
  ///
  /// - Parameters:
  ///   - input: the model's; of one channel and square.
  ///   - every: whether no frame may be dropped.
  ///   - pool: shares the search for faces, and outlives this value.
  init(
    _ encoding: CameraEncoding, _ size: CameraSize, to input: FrameSize, _ detection: DetectionOptions, every: Bool,
    on pool: borrowing ThreadPool
  ) throws(EdgeError) {
    let bytes = encoding.bytes(size)
    try Self.check(input)
    let columns = unsafe try Self.columns(size)
    let finder = try Self.finder(detection, size, pool)
    guard let memory = unsafe try pages(linux_frames_bytes(bytes)).baseAddress else { throw .noMemory }
    var started: OpaquePointer?
    let error = unsafe linux_start_frames(0, memory, bytes, every, &started)
    guard error == 0, let started = unsafe started else { throw .frame(nil, FrameError(.system(error), at: 0)) }
    source = unsafe .stream(started)
    layout = FrameLayout(
      size: size, bytes: bytes, rowStep: size.width * encoding.pixelStep, pixelStep: encoding.pixelStep)
    inputSide = input.width
    unsafe self.columns = columns
    self.finder = finder
  }

  /// Opens and starts a camera, and says on standard error what it gives.
  ///
  /// - Parameter size: nil for what the camera likes.
  init(
    camera path: Word, _ size: CameraSize?, to input: FrameSize, _ detection: DetectionOptions,
    on pool: borrowing ThreadPool
  ) throws(EdgeError) {
    try Self.check(input)
    var format = linux_camera_format()
    var offers = InlineArray<16, UInt32>(repeating: 0)
    var opened: OpaquePointer?
    var span = offers.mutableSpan
    let error = unsafe span.withUnsafeMutableBufferPointer { offers in
      unsafe linux_open_camera(
        path.start, linux_camera_brightness, UInt32(size?.width ?? 0), UInt32(size?.height ?? 0), &opened, &format,
        offers.baseAddress!)
    }
    guard error == 0, let opened = unsafe opened else { throw .camera(path, systemError: error, offers: offers) }
    let given = CameraSize(width: Int(format.width), height: Int(format.height))
    guard given.isInRange else { throw .cameraSize(path, given) }
    let columns = unsafe try Self.columns(given)
    let finder = try Self.finder(detection, given, pool)
    source = unsafe .device(opened, path)
    layout = FrameLayout(
      size: given, bytes: Int(format.frame_bytes), rowStep: Int(format.row_bytes),
      pixelStep: format.code == CameraEncoding.yuyvCode ? 2 : 1)
    inputSide = input.width
    unsafe self.columns = columns
    self.finder = finder
    var writer = TextWriter.standardError
    writer.text("ferrite-edge: ")
    writer.text(path)
    writer.text(": ")
    writer.cameraFormat(format.code)
    writer.text(", ")
    writer.extents(given.width, given.height)
    writer.text("\n")
    writer.flush()
  }

  private static func check(_ input: FrameSize) throws(EdgeError) {
    guard input.channels == 1, input.width == input.height else {
      throw .usage("a camera's frames need a model of one channel and of equal width and height", nil)
    }
  }

  private static func columns(_ size: CameraSize) throws(EdgeError) -> UnsafeMutableRawPointer {
    guard let columns = unsafe try pages(min(size.width, size.height) * 4).baseAddress else { throw .noMemory }
    return unsafe columns
  }

  /// Waits for the next frame, but no longer than to a time of the monotonic clock.
  ///
  /// - Returns: whether it is there, or the end or an error is.
  func isReady(by nanoseconds: UInt64) -> Bool {
    switch source {
    case .stream(let stream): unsafe linux_await_frame(stream, nanoseconds)
    case .device(let camera, _): unsafe linux_await_camera_frame(camera, nanoseconds)
    }
  }

  private static func finder(
    _ detection: DetectionOptions, _ size: CameraSize, _ pool: borrowing ThreadPool
  ) throws(EdgeError) -> FaceFinder? {
    guard let cascade = detection.cascade else { return nil }
    return try FaceFinder(cascade, size, detection, on: pool)
  }

  /// Fills `pixels`, a square of the model's size, with what the next frame shows, if it shows anybody.
  ///
  /// - Returns: nil at the end of the input.
  mutating func next(into pixels: UnsafeMutableRawBufferPointer) throws(EdgeError) -> Sight? {
    guard let bytes = unsafe try nextFrame(), let output = pixels.baseAddress else { return nil }
    takenNanoseconds = linux_nanoseconds()
    count += 1
    let sight = unsafe look(at: bytes)
    foundNanoseconds = finder == nil ? takenNanoseconds : linux_nanoseconds()
    if let square = square(sight) {
      // The square lies in the frame, so its side is within what the columns have room for.
      let place = square.y * layout.rowStep + square.x * layout.pixelStep
      unsafe SquareReduction(side: square.side, to: inputSide, unsafeMemory: columns).run(
        unsafeSource: bytes + place, pixelStep: layout.pixelStep, rowStep: layout.rowStep, to: output)
    }
    return sight
  }

  private mutating func look(at bytes: UnsafeRawPointer) -> Sight {
    guard finder != nil else { return .square }
    unsafe finder?.run(unsafeSource: bytes, pixelStep: layout.pixelStep, rowStep: layout.rowStep)
    switch finder {
    case .some(let finder): return finder.count > 0 ? .face(finder[0]) : .nobody
    case .none: return .square
    }
  }

  private func square(_ sight: Sight) -> FaceSquare? {
    switch sight {
    case .square: FaceSquare(centralIn: layout.size.width, layout.size.height)
    case .face(let face):
      FaceSquare(
        face, margin: FaceSquare.standardMargin, frameWidth: layout.size.width, frameHeight: layout.size.height)
    case .nobody: nil
    }
  }

  private mutating func nextFrame() throws(EdgeError) -> UnsafeRawPointer? {
    switch source {
    case .stream(let stream):
      let frame = unsafe linux_next_frame(stream)
      unsafe (dropped, nanoseconds) = (frame.dropped, frame.nanoseconds)
      if let bytes = unsafe frame.bytes { return unsafe bytes }
      let place = unsafe (count + dropped) * UInt64(layout.bytes) + UInt64(frame.rest)
      if unsafe frame.error != 0 { throw .frame(nil, FrameError(.system(unsafe frame.error), at: place)) }
      if unsafe frame.rest != 0 { throw .frame(nil, FrameError(.truncated, at: place)) }
      return nil
    case .device(let camera, let path):
      let frame = unsafe linux_next_camera_frame(camera)
      unsafe (dropped, nanoseconds) = (frame.dropped, frame.nanoseconds)
      guard let bytes = unsafe frame.bytes else { throw .unreadable(path, systemError: unsafe frame.error) }
      return unsafe bytes
    }
  }
}
