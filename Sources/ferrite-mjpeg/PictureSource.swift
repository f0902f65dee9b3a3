import CLinux
import CMJPEG
import EdgeProgram

/// Where pictures come from, the newest first: what came meanwhile is dropped and counted.
@safe
struct PictureSource: ~Copyable {
  @safe private enum Source {
    case camera(OpaquePointer, Word)
    /// Pictures in a byte stream, found by a thread that reads it.
    case stream(OpaquePointer, pictures: OpaquePointer)
  }

  private let source: Source

  init(_ settings: Settings) throws(MJPEGError) {
    if let camera = settings.camera {
      source = try Self.open(camera, settings)
    } else {
      source = try Self.readStandardInput(settings)
    }
  }

  /// Opens and starts a camera, and says on standard error what it gives.
  private static func open(_ path: Word, _ settings: Settings) throws(MJPEGError) -> Source {
    var format = linux_camera_format()
    var offers = InlineArray<16, UInt32>(repeating: 0)
    var opened: OpaquePointer?
    var span = offers.mutableSpan
    let size = settings.cameraSize
    let error = unsafe span.withUnsafeMutableBufferPointer { offers in
      unsafe linux_open_camera(
        path.start, linux_camera_pictures, UInt32(size.width), UInt32(size.height), &opened, &format,
        offers.baseAddress!)
    }
    guard error == 0, let opened = unsafe opened else { throw .camera(path, systemError: error, offers: offers) }
    confine()
    let given = CameraSize(width: Int(format.width), height: Int(format.height))
    guard let divisor = given.divisor(to: settings.size) else {
      throw .size(path, given: given, wanted: settings.size)
    }
    var writer = TextWriter.standardError
    writer.text("ferrite-mjpeg: ")
    writer.text(path)
    writer.text(": ")
    writer.cameraFormat(format.code)
    writer.text(", ")
    writer.extents(given.width, given.height)
    if divisor > 1 {
      writer.text(", reduced by ")
      writer.integer(divisor)
    }
    writer.text("\n")
    writer.flush()
    return unsafe .camera(opened, path)
  }

  private static func readStandardInput(_ settings: Settings) throws(MJPEGError) -> Source {
    let room = Int(mjpeg_longest_picture)
    guard let pictures = unsafe mjpeg_find_pictures(0), let memory = unsafe linux_pages(linux_frames_bytes(room))
    else { throw .noMemory }
    // Before the thread that reads.
    confine()
    // Of a file none is dropped, as of raw frames.
    let every = settings.every || linux_is_file(0)
    var started: OpaquePointer?
    let error = unsafe linux_start_frames_of(
      mjpeg_next_picture, UnsafeMutableRawPointer(pictures), memory, room, every, &started)
    guard error == 0, let started = unsafe started else { throw .input(systemError: error) }
    return unsafe .stream(started, pictures: pictures)
  }

  /// Gives up what a decoder doesn't need, when all is open; a kernel that can't is no hindrance, and is told of.
  private static func confine() {
    let error = mjpeg_confine()
    guard error != 0 else { return }
    var writer = TextWriter.standardError
    writer.text("ferrite-mjpeg: warning: unconfined: ")
    writer.systemError(error)
    writer.text("\n")
    writer.flush()
  }

  /// Waits for a picture and takes the newest.
  ///
  /// - Returns: one without bytes at the end of the input.
  func next() throws(MJPEGError) -> linux_frame {
    switch source {
    case .camera(let camera, let path):
      let frame = unsafe linux_next_camera_frame(camera)
      guard unsafe frame.bytes != nil else { throw .unplugged(path, systemError: unsafe frame.error) }
      return unsafe frame
    case .stream(let frames, _):
      let frame = unsafe linux_next_frame(frames)
      guard unsafe frame.error == 0 else { throw .input(systemError: unsafe frame.error) }
      return unsafe frame
    }
  }

  /// Pictures that were cut short by the next one or by the end, so far.
  var cutPictures: UInt64 {
    switch source {
    case .camera: 0
    case .stream(_, let pictures): unsafe mjpeg_cut_pictures(pictures)
    }
  }

  /// Whether standard input had any byte so far; a camera has pictures.
  var hasBytes: Bool {
    switch source {
    case .camera: true
    case .stream(_, let pictures): unsafe mjpeg_bytes(pictures) > 0
    }
  }
}

extension CameraSize {
  /// By what both extents are divided, the result rounded up, to become another size's: 1, 2, 4 or 8; nil for none.
  func divisor(to other: CameraSize) -> Int? {
    var divisor = 1
    while divisor <= 8 {
      if (width + divisor - 1) / divisor == other.width, (height + divisor - 1) / divisor == other.height {
        return divisor
      }
      divisor *= 2
    }
    return nil
  }
}
