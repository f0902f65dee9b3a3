import Glibc
import Synchronization

/// Writes `Error: message` to standard error.
func printError(_ message: String) { writeError("Error: \(message)\n") }

func printWarning(_ message: String) { writeError("Warning: \(message)\n") }

func writeError(_ text: String) {
  var text = text
  text.withUTF8 { bytes in
    // A message that can't be shown has nowhere else to go.
    _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
  }
}

/// A line on standard error that shows how far long work has come and how long it still takes; silent where no person watches.
final class ProgressBar: Sendable {
  private let total: Int
  private let isShown: Bool
  private let start: (done: Int, time: UInt64)
  private let state: Mutex<(label: String, done: Int)>

  /// - Parameter done: what an earlier run has done of `total`.
  init(_ label: String, total: Int, done: Int = 0) {
    self.total = total
    isShown = total > 1 && isatty(STDERR_FILENO) == 1
    start = (done, Durations.now)
    state = Mutex((label, done))
  }

  /// So much more of `total` is done. From any thread.
  ///
  /// - Parameter label: what is being done, if it is something else than before.
  func advance(by units: Int = 1, label: String? = nil) {
    guard isShown, units > 0 else { return }
    state.withLock { state in
      let before = state
      guard before.done < total else { return }
      state = (label ?? state.label, min(state.done + units, total))
      let (label, done) = state
      let percent = 100 * done / total
      guard done == total || percent != 100 * before.done / total || label != before.label else { return }
      let filled = percent * 30 / 100
      let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
      // The control sequence wipes out what is left of a longer line.
      writeError("\r\(label) [\(bar)] \(percent) %\(done == total ? "\u{1B}[K\n" : ", \(left(done)) left\u{1B}[K")")
    }
  }

  /// All is done, although fewer steps were needed than expected.
  func finish() {
    advance(by: total - state.withLock(\.done))
  }

  /// `12 s`, `3 min` or `2 h`, if it goes on as it has since the start.
  private func left(_ done: Int) -> String {
    let passed = Double(Durations.now - start.time) / 1e9
    let seconds = passed * Double(total - done) / Double(max(done - start.done, 1))
    switch seconds {
    case ..<100: return "\(seconds.decimals(0)) s"
    case ..<6000: return "\((seconds / 60).decimals(0)) min"
    default: return "\((seconds / 3600).decimals(0)) h"
    }
  }
}

/// The system's words for an error number.
func systemMessage(_ error: Int32) -> String { unsafe String(cString: strerror(error)) }
