import CLinux
import Foundation
import Testing

/// What `linux_before_ending` promises. A case runs in a process of its own; an action that itself exits with 42 shows that
/// it was called: nothing else in the process exits so.
@Suite struct EndingTests {
  private static let faults = [SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGSYS]
  private static let others = [
    SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTERM, SIGSTKFLT, SIGXCPU, SIGVTALRM, SIGPROF, SIGIO, SIGPWR,
  ]
  private static let realTime = Array(Int32(34)...64)

  @Test(arguments: faults + others + realTime)
  func anySignalThatEndsTheProgramCallsTheAction(number: Int32) async {
    await #expect(processExitsWith: .exitCode(42)) { [number] in
      unsafe linux_before_ending(0, { _ in _exit(42) }, nil)
      raise(number)
    }
  }

  @Test func theActionGetsItsContext() async {
    await #expect(processExitsWith: .exitCode(42)) {
      let context = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
      unsafe context.initialize(to: 42)
      unsafe linux_before_ending(0, { unsafe _exit($0!.load(as: Int32.self)) }, context)
      raise(SIGTERM)
    }
  }

  @Test func theExitCodeSaysWhetherTheActionFailed() async {
    await #expect(processExitsWith: .exitCode(0)) {
      unsafe linux_before_ending(0, { _ in 0 }, nil)
      raise(SIGTERM)
    }
    await #expect(processExitsWith: .exitCode(65)) {
      unsafe linux_before_ending(0, { _ in EIO }, nil)
      raise(SIGTERM)
    }
    await #expect(processExitsWith: .exitCode(0)) {
      unsafe linux_before_ending(0, { _ in EIO }, nil)
      linux_before_ending(0, nil, nil)
      raise(SIGTERM)
    }
  }

  @Test(arguments: faults)
  func aFaultEndsTheProgramByItsSignalAfterTheAction(number: Int32) async throws {
    let result = await #expect(processExitsWith: .signal(number), observing: [\.standardOutputContent]) { [number] in
      unsafe linux_before_ending(0, { _ in Int32(truncatingIfNeeded: unsafe write(1, "acted", 5)) }, nil)
      raise(number)
    }
    let output = try #require(result).standardOutputContent
    #expect(String(decoding: output, as: UTF8.self).hasSuffix("acted"))
  }

  @Test func signalsThatAParentBlockedOrIgnoredCountToo() async {
    await #expect(processExitsWith: .exitCode(42)) {
      var blocked = sigset_t()
      unsafe sigfillset(&blocked)
      unsafe pthread_sigmask(SIG_SETMASK, &blocked, nil)
      signal(SIGINT, SIG_IGN)
      unsafe linux_before_ending(0, { _ in _exit(42) }, nil)
      raise(SIGINT)
    }
  }

  @Test func aProgramThatBlocksInOpenEndsAtOnce() async {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    unsafe mkfifo(path, 0o600)
    defer { unsafe unlink(path) }
    await #expect(processExitsWith: .exitCode(42)) { [path = path as String] in
      unsafe linux_before_ending(0, { _ in _exit(42) }, nil)
      alarm(1)
      _ = unsafe path.withCString { unsafe linux_open($0) }
    }
  }

  @Test func aProgramThatBlocksInWriteEndsAtOnce() async {
    await #expect(processExitsWith: .exitCode(42)) {
      var ends: [Int32] = [0, 0]
      unsafe pipe(&ends)
      unsafe linux_before_ending(0, { _ in _exit(42) }, nil)
      alarm(1)
      let bytes = [UInt8](repeating: 0, count: 1 << 20)
      _ = unsafe bytes.withUnsafeBytes { unsafe linux_write(ends[1], $0.baseAddress, $0.count) }
    }
  }

  @Test func writingWhereNobodyReadsFailsInsteadOfEndingTheProgram() async {
    await #expect(processExitsWith: .exitCode(EPIPE)) {
      var ends: [Int32] = [0, 0]
      unsafe pipe(&ends)
      close(ends[0])
      unsafe linux_before_ending(0, { _ in 0 }, nil)
      exit(-Int32(unsafe linux_write(ends[1], "x", 1)))
    }
  }

  @Test(arguments: [SIGPIPE, SIGXFSZ, SIGCHLD, SIGCONT, SIGURG, SIGWINCH])
  func whatEndsNothingDoesNotCallTheAction(number: Int32) async {
    await #expect(processExitsWith: .exitCode(7)) { [number] in
      unsafe linux_before_ending(0, { _ in _exit(42) }, nil)
      raise(number)
      exit(7)
    }
  }

  @Test(arguments: [(SIGTERM, "012", ExitTest.Condition.exitCode(65)), (SIGSEGV, "01", .signal(SIGSEGV))])
  func actionsAreDoneInTheirOrderTheLastOneOnlyWithoutAFault(
    number: Int32, expected: String, end: ExitTest.Condition
  ) async throws {
    let result = await #expect(processExitsWith: end, observing: [\.standardOutputContent]) { [number] in
      unsafe linux_before_ending(
        2, { _ in Int32(truncatingIfNeeded: unsafe write(1, "2", 1)) - 1 }, nil)
      // The first fails, and the others are done nonetheless.
      unsafe linux_before_ending(0, { _ in Int32(truncatingIfNeeded: unsafe write(1, "0", 1)) }, nil)
      unsafe linux_before_ending(1, { _ in Int32(truncatingIfNeeded: unsafe write(1, "1", 1)) - 1 }, nil)
      raise(number)
    }
    let output = try #require(result).standardOutputContent
    #expect(String(decoding: output, as: UTF8.self).hasSuffix(expected))
  }

  @Test func aRequestEndsNothingAndGetsItsContext() async {
    await #expect(processExitsWith: .exitCode(7)) {
      let context = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
      unsafe context.initialize(to: 0)
      unsafe linux_on_request({ unsafe $0!.assumingMemoryBound(to: Int32.self).pointee += 1 }, context)
      // Preparing an end afterwards doesn't take it away.
      unsafe linux_before_ending(0, { _ in _exit(42) }, nil)
      for _ in 0..<7 { raise(SIGUSR1) }
      exit(unsafe context.pointee)
    }
  }
}
