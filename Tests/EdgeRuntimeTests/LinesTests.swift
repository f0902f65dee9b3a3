import CLinux
import Foundation
import Testing

/// The last line, which a signal's handler puts behind those that are whole.
@Suite struct LinesTests {
  private static let second: UInt64 = 1_000_000_000
  private static let last = "{\"last\":true}\n"

  private func lines(to file: Int32, waits: Bool) throws -> OpaquePointer {
    var started: OpaquePointer?
    #expect(unsafe linux_start_lines(file, waits, &started) == 0)
    return unsafe try #require(started)
  }

  private func add(_ text: String, to lines: OpaquePointer) {
    let bytes = Array(text.utf8)
    unsafe bytes.withUnsafeBytes { unsafe linux_add_to_line(lines, $0.baseAddress!, bytes.count) }
  }

  private func putLast(to lines: OpaquePointer, patience: UInt64 = second) {
    unsafe linux_put_last_line(lines, Self.last, Self.last.utf8.count, patience)
  }

  /// What a pipe holds when its writing end is closed.
  private func text(of pipe: Pipe) -> String {
    pipe.fileHandleForWriting.closeFile()
    return String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  }

  @Test(arguments: [false, true])
  func aLineThatIsEndedStaysBeforeTheLastOne(waits: Bool) throws {
    let pipe = Pipe()
    let lines = try lines(to: pipe.fileHandleForWriting.fileDescriptor, waits: waits)
    add("one\n", to: lines)
    unsafe linux_end_line(lines)
    putLast(to: lines)
    #expect(text(of: pipe) == "one\n\(Self.last)")
  }

  @Test func aLineAtHandIsGivenUpWhereItWaits() throws {
    let pipe = Pipe()
    let lines = try lines(to: pipe.fileHandleForWriting.fileDescriptor, waits: false)
    add("one\n", to: lines)
    unsafe linux_end_line(lines)
    add("half a li", to: lines)
    putLast(to: lines)
    #expect(text(of: pipe) == "one\n\(Self.last)")
  }

  @Test func aLineThatIsPartlyOutGetsItsEnd() throws {
    let pipe = Pipe()
    let lines = try lines(to: pipe.fileHandleForWriting.fileDescriptor, waits: true)
    add("half a li", to: lines)
    putLast(to: lines)
    #expect(text(of: pipe) == "half a li\n\(Self.last)")
  }

  @Test func aLineThatFoundNoRoomDoesNotTakeTheLastOneWithIt() throws {
    let pipe = Pipe()
    let lines = try lines(to: pipe.fileHandleForWriting.fileDescriptor, waits: false)
    add(String(repeating: "x", count: 1 << 17), to: lines)
    putLast(to: lines)
    #expect(text(of: pipe) == Self.last)
  }

  @Test(arguments: [false, true])
  func aReaderWhoReadsNothingIsWaitedForNoLongerThanAsked(waits: Bool) throws {
    let pipe = Pipe()
    let file = pipe.fileHandleForWriting.fileDescriptor
    let size = Int(fcntl(file, 1031, 4096))  // F_SETPIPE_SZ
    _ = unsafe [UInt8](repeating: 120, count: size).withUnsafeBytes { unsafe write(file, $0.baseAddress!, size) }
    let lines = try lines(to: file, waits: waits)
    let start = linux_nanoseconds()
    putLast(to: lines, patience: Self.second / 20)
    let waited = linux_nanoseconds() - start
    #expect(waited >= Self.second / 20 && waited < Self.second)
    _ = pipe.fileHandleForReading.availableData
    // The thread of the ring has it still.
    if !waits { unsafe linux_drain_lines(lines, Self.second) }
    #expect(text(of: pipe) == (waits ? "" : Self.last))
  }

  @Test func whatCannotBeWrittenIsKnown() throws {
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    for waits in [false, true] {
      let lines = try lines(to: full, waits: waits)
      add("one\n", to: lines)
      unsafe linux_end_line(lines)
      unsafe linux_finish_lines(lines, Self.second)
      #expect(unsafe linux_lines_error(lines) == ENOSPC)
    }
  }
}
