import CLinux
import Foundation
import Testing

/// The last line, which a signal's handler puts behind those that are whole.
@Suite struct LinesTests {
  private static let second: UInt64 = 1_000_000_000
  private static let last = "{\"last\":true}\n"

  /// Lines to a descriptor.
  @safe private struct Lines {
    private let pointer: OpaquePointer

    init(to file: Int32, waits: Bool) throws {
      var started: OpaquePointer?
      #expect(unsafe linux_start_lines(file, waits, &started) == 0)
      unsafe pointer = try #require(started)
    }

    func add(_ text: String) { unsafe linux_add_to_line(pointer, text, text.utf8.count) }
    func end() { unsafe linux_end_line(pointer) }

    func putLast(patience: UInt64 = second) {
      unsafe linux_put_last_line(pointer, last, last.utf8.count, patience)
    }

    func drain() { unsafe linux_drain_lines(pointer, second) }
    func finish() { unsafe linux_finish_lines(pointer, second) }
    var error: Int32 { unsafe linux_lines_error(pointer) }
  }

  /// What a pipe holds when its writing end is closed.
  private func text(of pipe: Pipe) -> String {
    pipe.fileHandleForWriting.closeFile()
    return String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }

  @Test(arguments: [false, true])
  func aLineThatIsEndedStaysBeforeTheLastOne(waits: Bool) throws {
    let pipe = Pipe()
    let lines = try Lines(to: pipe.fileHandleForWriting.fileDescriptor, waits: waits)
    lines.add("one\n")
    lines.end()
    lines.putLast()
    #expect(text(of: pipe) == "one\n\(Self.last)")
  }

  @Test func aLineAtHandIsGivenUpWhereItWaits() throws {
    let pipe = Pipe()
    let lines = try Lines(to: pipe.fileHandleForWriting.fileDescriptor, waits: false)
    lines.add("one\n")
    lines.end()
    lines.add("half a li")
    lines.putLast()
    #expect(text(of: pipe) == "one\n\(Self.last)")
  }

  @Test func aLineThatIsPartlyOutGetsItsEnd() throws {
    let pipe = Pipe()
    let lines = try Lines(to: pipe.fileHandleForWriting.fileDescriptor, waits: true)
    lines.add("half a li")
    lines.putLast()
    #expect(text(of: pipe) == "half a li\n\(Self.last)")
  }

  @Test func aLineThatFoundNoRoomDoesNotTakeTheLastOneWithIt() throws {
    let pipe = Pipe()
    let lines = try Lines(to: pipe.fileHandleForWriting.fileDescriptor, waits: false)
    lines.add(String(repeating: "x", count: 1 << 17))
    lines.putLast()
    #expect(text(of: pipe) == Self.last)
  }

  @Test(arguments: [false, true])
  func aReaderWhoReadsNothingIsWaitedForNoLongerThanAsked(waits: Bool) throws {
    let pipe = Pipe()
    let file = pipe.fileHandleForWriting.fileDescriptor
    let size = Int(fcntl(file, 1031, 4096))  // F_SETPIPE_SZ
    pipe.fileHandleForWriting.write(Data(repeating: 120, count: size))
    let lines = try Lines(to: file, waits: waits)
    let start = linux_nanoseconds()
    lines.putLast(patience: Self.second / 20)
    let waited = linux_nanoseconds() - start
    #expect(waited >= Self.second / 20 && waited < Self.second)
    _ = pipe.fileHandleForReading.availableData
    // The thread of the ring has it still.
    if !waits { lines.drain() }
    #expect(text(of: pipe) == (waits ? "" : Self.last))
  }

  @Test func whatCannotBeWrittenIsKnown() throws {
    let full = unsafe open("/dev/full", O_WRONLY)
    defer { close(full) }
    for waits in [false, true] {
      let lines = try Lines(to: full, waits: waits)
      lines.add("one\n")
      lines.end()
      lines.finish()
      #expect(lines.error == ENOSPC)
    }
  }
}
