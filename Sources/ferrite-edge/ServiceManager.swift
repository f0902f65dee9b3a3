import CLinux
import EdgeProgram

/// Tells a service manager such as systemd how far the program is: ready, alive with each finished frame, stopping. Nothing where
/// none listens. A hardware watchdog is fed by finished frames alone, too.
struct ServiceManager {
  /// At most so often a sign of life is sent: often enough for a watchdog of seconds.
  private static let period: UInt64 = 250_000_000

  private var lastSign: UInt64 = 0
  private var watchdog: Int32?

  /// Opens a hardware watchdog, which starts it, and says how long it waits. It stops with an orderly end, by the end of the input or a
  /// signal that asks for one; after an error or a fault it resets the board unless somebody feeds it in time.
  mutating func open(watchdog path: Word) throws(EdgeError) {
    var seconds: UInt32 = 0
    let file = unsafe linux_open_watchdog(path.start, &seconds)
    guard file >= 0 else { throw .watchdog(path, systemError: -file) }
    watchdog = file
    var writer = TextWriter.standardError
    writer.text("ferrite-edge: ")
    writer.text(path)
    writer.text(": resets the board after ")
    writer.integer(seconds)
    writer.text(" s without a frame\n")
    writer.flush()
  }

  /// The watchdog's descriptor, for who stops it at an ending signal.
  var watchdogDescriptor: Int32? { watchdog }

  /// Before an orderly end.
  func stopWatchdog() { if let watchdog { _ = linux_stop_watchdog(watchdog) } }

  func ready() { notify("READY=1") }
  func stopping() { notify("STOPPING=1") }

  /// After a frame has been decided and shown.
  mutating func frameFinished(at nanoseconds: UInt64) {
    guard lastSign == 0 || nanoseconds &- lastSign >= Self.period else { return }
    lastSign = nanoseconds
    notify("WATCHDOG=1")
    if let watchdog { _ = linux_feed_watchdog(watchdog) }
  }

  private func notify(_ state: StaticString) { unsafe linux_notify(Word(state).start) }
}
