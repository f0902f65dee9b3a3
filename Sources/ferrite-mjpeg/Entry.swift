import CLinux
import EdgeProgram

/// The program's entry: the name under which SwiftPM links an executable's `main`, and scripts/build-linked.sh the device's.
///
/// A camera's JPEG pictures become grey frames for `ferrite-edge watch --stdin grey`, in a process apart: libjpeg-turbo allocates, and
/// reads what comes over a cable or a network.
@c(ferrite_mjpeg_main)
public func ferriteMJPEGMain(
  _ argumentCount: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
) -> CInt {
  var words = unsafe Words(count: argumentCount, arguments)
  _ = words.next()
  do throws(MJPEGError) {
    guard let settings = try Settings(words) else {
      var output = TextWriter.standardOutput
      output.text(Settings.usage)
      output.text("\n")
      output.flush()
      return 0
    }
    var converter = try Converter(settings)
    try converter.run()
    return 0
  } catch {
    var writer = TextWriter.standardError
    writer.text("ferrite-mjpeg: ")
    error.report(to: &writer)
    writer.text("\n")
    writer.flush()
    return error.exitCode
  }
}

/// Why the program ends early.
enum MJPEGError: Error {
  case usage(StaticString, Word?)
  /// `offers` are the formats of a camera that has no JPEG, else zeros.
  case camera(Word, systemError: Int32, offers: InlineArray<16, UInt32>)
  /// The camera gives pictures of which frames of the size that was asked for can't be made.
  case size(Word, given: CameraSize, wanted: CameraSize)
  /// The camera's stream broke off.
  case unplugged(Word, systemError: Int32)
  case input(systemError: Int32)
  /// The input had bytes, and none of them made a frame.
  case noFrame
  case output(systemError: Int32)
  case noMemory

  /// 64 for a wrong command line, 65 for wrong data (sysexits.h).
  var exitCode: CInt { if case .usage = self { 64 } else { 65 } }

  func report(to writer: inout TextWriter) {
    switch self {
    case .usage(let message, let word):
      writer.wrongCall(message, word, usage: Settings.usage)
    case .camera(let path, let systemError, let offers):
      writer.camera(
        path, systemError: systemError, offers: offers,
        needs: "MJPG or JPEG is needed (GREY, NV12, YU12 and YUYV are for ferrite-edge watch --camera)")
    case .size(let path, let given, let wanted):
      writer.text(path)
      writer.text(": gives ")
      writer.extents(given.width, given.height)
      writer.text(", which is not --size ")
      writer.extents(wanted.width, wanted.height)
      writer.text(" nor 2, 4 or 8 times that; --camera-size asks for another")
    case .unplugged(let path, let systemError):
      writer.file(path, systemError: systemError)
    case .input(let systemError):
      writer.text("standard input: ")
      writer.systemError(systemError)
    case .noFrame:
      writer.text("standard input: no JPEG in it made a frame")
    case .output(let systemError):
      writer.text("standard output: ")
      writer.systemError(systemError)
    case .noMemory:
      writer.text("no memory")
    }
  }
}
