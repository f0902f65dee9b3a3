import CLinux

/// Tells a service manager such as systemd how far the program is: ready, alive with each finished frame, stopping. Nothing where
/// none listens.
struct ServiceManager {
  /// At most so often a sign of life is sent: often enough for a watchdog of seconds.
  private static let period: UInt64 = 250_000_000

  private var lastSign: UInt64 = 0

  func ready() { notify("READY=1") }
  func stopping() { notify("STOPPING=1") }

  /// After a frame has been decided and shown.
  mutating func frameFinished(at nanoseconds: UInt64) {
    guard lastSign == 0 || nanoseconds &- lastSign >= Self.period else { return }
    lastSign = nanoseconds
    notify("WATCHDOG=1")
  }

  private func notify(_ state: StaticString) { unsafe linux_notify(Word(state).start) }
}
