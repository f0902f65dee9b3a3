import CLinux
import Foundation
import Testing

/// Threads beside the frames, and lines that wait for their reader.
@Suite struct AsideTests {
  private static let second: UInt64 = 1_000_000_000

  @Test func whatIsAskedForIsDoneAndTheEndIsWaitedFor() throws {
    let seen = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
    // The thread has ended by then.
    defer { unsafe seen.deallocate() }
    unsafe seen.initialize(to: 0)
    var started: OpaquePointer?
    let error = unsafe linux_start_aside(
      { context, reasons in unsafe context.assumingMemoryBound(to: UInt32.self).pointee |= reasons }, seen, 0, &started)
    #expect(error == 0)
    let aside = unsafe try #require(started)
    for bit in 0..<20 as Range<UInt32> { unsafe linux_ask_aside(aside, 1 << bit) }
    #expect(unsafe linux_finish_aside(aside, 1 << 20, Self.second) == 0)
    #expect(unsafe seen.pointee == (1 << 21) - 1)
  }

  @Test func aPeriodAsksByItself() throws {
    let ends = pipeEnds()
    var started: OpaquePointer?
    let context = unsafe UnsafeMutableRawPointer(bitPattern: Int(ends.writing))
    let error = unsafe linux_start_aside(
      { context, reasons in
        if reasons == UInt32(linux_aside_period) { unsafe write(Int32(Int(bitPattern: context)), "x", 1) }
      }, context!, Self.second / 100, &started)
    #expect(error == 0)
    var bytes: [UInt8] = [0, 0, 0]
    for _ in 0..<3 { #expect(unsafe read(ends.reading, &bytes, 1) == 1) }
    #expect(unsafe linux_finish_aside(try #require(started), 1, Self.second) == 0)
  }

  @Test func whoIsBusyIsNotWaitedForLongerThanAsked() throws {
    let ends = pipeEnds()
    var started: OpaquePointer?
    // Reads from a pipe that nobody writes.
    _ = unsafe linux_start_aside(
      { context, _ in
        var byte: UInt8 = 0
        unsafe read(Int32(Int(bitPattern: context)), &byte, 1)
      }, UnsafeMutableRawPointer(bitPattern: Int(ends.reading))!, 0, &started)
    let start = linux_nanoseconds()
    #expect(unsafe linux_finish_aside(try #require(started), 1, Self.second / 20) == ETIMEDOUT)
    let waited = linux_nanoseconds() - start
    #expect(waited >= Self.second / 20 && waited < Self.second)
    close(ends.writing)
  }

  /// Lines of many lengths, in pieces, read slowly: what comes out is whole lines in their order, and none is missing uncounted.
  @Test(arguments: [1, 7, 4096] as [Int])
  func linesComeWholeOrNotAtAll(seed: Int) throws {
    let ends = pipeEnds()
    var started: OpaquePointer?
    #expect(unsafe linux_start_lines(ends.writing, false, &started) == 0)
    let lines = unsafe try #require(started)
    var random = SeededGenerator(seed: UInt64(seed))
    var sent: [String] = []
    for number in 0..<3000 {
      let line = "\(number) " + String(repeating: "x", count: Int.random(in: 0..<600, using: &random)) + "\n"
      sent.append(line)
      let bytes = Array(line.utf8)
      let cut = Int.random(in: 0...bytes.count, using: &random)
      unsafe bytes.withUnsafeBytes {
        unsafe linux_add_to_line(lines, $0.baseAddress!, cut)
        unsafe linux_add_to_line(lines, $0.baseAddress! + cut, bytes.count - cut)
      }
      unsafe linux_end_line(lines)
    }
    let droppedMeanwhile = unsafe linux_dropped_lines(lines)
    #expect(droppedMeanwhile > 0, "a pipe and a ring hold less than 3000 lines")
    let reading = Thread { [reading = ends.reading] in
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      var text: [UInt8] = []
      while true {
        let got = unsafe read(reading, &buffer, buffer.count)
        if got <= 0 { break }
        text += buffer[..<got]
      }
      Self.received.withLock { $0[seed] = String(decoding: text, as: UTF8.self) }
    }
    reading.start()
    unsafe linux_finish_lines(lines, 10 * Self.second)
    close(ends.writing)
    while !reading.isFinished { usleep(1000) }
    let found = try #require(Self.received.withLock { $0[seed] }).split(separator: "\n").map { $0 + "\n" }
    #expect(found.count + Int(unsafe linux_dropped_lines(lines)) == sent.count)
    #expect(unsafe linux_dropped_lines(lines) == droppedMeanwhile, "all that was kept is written")
    var next = 0
    for line in found {
      while next < sent.count && sent[next] != line { next += 1 }
      #expect(next < sent.count, "a line that was not sent, or not in this order")
    }
  }

  private static let received = Received()

  /// What reading threads found.
  private final class Received: @unchecked Sendable {
    private let lock = NSLock()
    private var texts: [Int: String] = [:]
    func withLock<Result>(_ body: (inout [Int: String]) -> Result) -> Result {
      lock.lock()
      defer { lock.unlock() }
      return body(&texts)
    }
  }

  @Test func linesThatNobodyTookAreCountedAtTheEnd() throws {
    let ends = pipeEnds()
    _ = fcntl(ends.writing, 1031, 4096)  // F_SETPIPE_SZ
    var started: OpaquePointer?
    #expect(unsafe linux_start_lines(ends.writing, false, &started) == 0)
    let lines = unsafe try #require(started)
    let line = String(repeating: "y", count: 99) + "\n"
    for _ in 0..<200 {
      unsafe linux_add_to_line(lines, line, 100)
      unsafe linux_end_line(lines)
    }
    #expect(unsafe linux_dropped_lines(lines) == 0)
    unsafe linux_finish_lines(lines, Self.second / 10)
    // The pipe took what it has whole room for in its 4096 bytes.
    #expect(unsafe linux_dropped_lines(lines) == 160)
  }

  private func pipeEnds() -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [0, 0]
    unsafe pipe(&ends)
    return (ends[0], ends[1])
  }
}
