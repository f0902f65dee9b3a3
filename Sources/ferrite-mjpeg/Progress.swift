import CMJPEG
import EdgeProgram
import EdgeRuntime

/// What the pictures so far have come to: counts, and how long each stage of a frame took.
struct Progress {
  private(set) var frames: UInt64 = 0
  /// Pictures that newer ones overtook.
  var dropped: UInt64 = 0
  /// Pictures that were not whole in the stream.
  var cut: UInt64 = 0
  private var broken: UInt64 = 0
  private var ofAnotherSize: UInt64 = 0
  private var ofAnotherKind: UInt64 = 0
  private var wait = LatencyHistogram()
  private var decode = LatencyHistogram()
  private var write = LatencyHistogram()
  private var whole = LatencyHistogram()

  /// Takes a frame that has been written, by the monotonic clock.
  mutating func add(captured: UInt64, taken: UInt64, decoded: UInt64, written: UInt64) {
    // A driver's own clock may run ahead.
    wait.add(nanoseconds: taken > captured ? taken - captured : 0)
    decode.add(nanoseconds: decoded - taken)
    write.add(nanoseconds: written - decoded)
    whole.add(nanoseconds: written > captured ? written - captured : 0)
    frames += 1
  }

  /// Counts a picture that made no frame, and tells of the first of each sort.
  mutating func leaveOut(_ picture: mjpeg_picture) {
    var writer = TextWriter.standardError
    switch unsafe picture.outcome {
    case mjpeg_of_another_size:
      ofAnotherSize += 1
      guard ofAnotherSize == 1 else { return }
      writer.text("ferrite-mjpeg: a picture of ")
      unsafe writer.extents(Int(picture.width), Int(picture.height))
      writer.text(" is left out, and any other whose size is not --size nor 2, 4 or 8 times that\n")
    case mjpeg_of_another_kind:
      ofAnotherKind += 1
      guard ofAnotherKind == 1 else { return }
      writer.text("ferrite-mjpeg: a picture is left out, and any other like it: ")
      writer.text("progressive, in several scans, or of a code that no camera uses\n")
    default:
      broken += 1
      guard broken == 1 else { return }
      writer.text("ferrite-mjpeg: a broken picture is left out, and any other: ")
      unsafe writer.text(Word(picture.message))
      writer.text("\n")
    }
    writer.flush()
  }

  /// For people.
  func report(to writer: inout TextWriter) {
    writer.text("ferrite-mjpeg: ")
    writer.integer(frames)
    writer.text(" frames, ")
    writer.integer(dropped)
    writer.text(" dropped")
    count(broken + cut, " broken", &writer)
    count(ofAnotherSize, " of another size", &writer)
    count(ofAnotherKind, " of another kind", &writer)
    guard frames > 0 else { return writer.text("\n") }
    writer.text("; from capture to a frame written\n")
    writer.stagesHead()
    writer.stage("wait") { wait.percentile(permille: UInt64($0.permille)) }
    writer.stage("decode") { decode.percentile(permille: UInt64($0.permille)) }
    writer.stage("write") { write.percentile(permille: UInt64($0.permille)) }
    writer.stage("whole") { whole.percentile(permille: UInt64($0.permille)) }
  }

  private func count(_ count: UInt64, _ what: StaticString, _ writer: inout TextWriter) {
    guard count > 0 else { return }
    writer.text(", ")
    writer.integer(count)
    writer.text(what)
  }
}
