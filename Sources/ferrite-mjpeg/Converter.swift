import CLinux
import CMJPEG
import EdgeProgram

/// Pictures to frames, one by one, until the input ends, a reader goes away or a signal comes.
@safe
struct Converter: ~Copyable {
  private let source: PictureSource
  private let decoder: OpaquePointer
  private let pixels: UnsafeMutableRawPointer
  private let pixelCount: Int
  /// In memory that stays, for the handlers of signals.
  private let progress: UnsafeMutablePointer<Progress>

  init(_ settings: Settings) throws(MJPEGError) {
    guard linux_is_terminal(1) == false else {
      throw .usage("frames are bytes for another program: pipe them into ferrite-edge watch", nil)
    }
    let size = settings.size
    let pixelCount = size.width * size.height
    guard let decoder = unsafe mjpeg_make_decoder(UInt32(size.width), UInt32(size.height)),
      let pixels = unsafe linux_pages(pixelCount),
      let page = unsafe linux_pages(MemoryLayout<Progress>.stride)
    else { throw .noMemory }
    let source = try PictureSource(settings)
    let progress = unsafe page.bindMemory(to: Progress.self, capacity: 1)
    unsafe progress.initialize(to: Progress())
    unsafe self.decoder = decoder
    unsafe self.pixels = pixels
    self.pixelCount = pixelCount
    unsafe self.progress = progress
    self.source = source
    // Signals end it between two frames, with a report; SIGUSR1 asks for one.
    unsafe linux_before_ending(
      Int32(linux_ending_parting),
      { context in
        if let context = unsafe context { unsafe Converter.report(context) }
        return 0
      }, progress)
    unsafe linux_on_request(
      { context in if let context = unsafe context { unsafe Converter.report(context) } }, progress)
  }

  mutating func run() throws(MJPEGError) {
    do throws(MJPEGError) {
      while try convertNext() {}
    } catch {
      finish()
      throw error
    }
    finish()
    if unsafe progress.pointee.frames == 0, source.hasBytes { throw .noFrame }
  }

  /// - Returns: false at the end of the input.
  private func convertNext() throws(MJPEGError) -> Bool {
    let picture = unsafe try source.next()
    unsafe progress.pointee.cut = source.cutPictures
    guard let bytes = unsafe picture.bytes else { return false }
    let taken = linux_nanoseconds()
    let outcome = unsafe mjpeg_decode(
      decoder, bytes, picture.length, pixels.assumingMemoryBound(to: UInt8.self))
    let decoded = linux_nanoseconds()
    unsafe progress.pointee.dropped = picture.dropped
    guard unsafe outcome.outcome == mjpeg_decoded else {
      unsafe progress.pointee.leaveOut(outcome)
      return true
    }
    mjpeg_hold_signals()
    defer { mjpeg_let_signals() }
    let error = unsafe mjpeg_write_frame(1, pixels, pixelCount)
    guard error == 0 else { throw .output(systemError: error) }
    unsafe progress.pointee.add(
      captured: picture.nanoseconds, taken: taken, decoded: decoded, written: linux_nanoseconds())
    return true
  }

  private func finish() {
    // The report that follows counts what a signal would report twice.
    linux_before_ending(Int32(linux_ending_parting), nil, nil)
    unsafe progress.pointee.cut = source.cutPictures
    var writer = TextWriter.standardError
    unsafe progress.pointee.report(to: &writer)
    writer.flush()
  }

  /// In the handler of a signal, on the thread of frames.
  private static func report(_ context: UnsafeMutableRawPointer) {
    var writer = TextWriter(impatientDescriptor: 2)
    unsafe context.assumingMemoryBound(to: Progress.self).pointee.report(to: &writer)
    writer.flush()
  }
}
