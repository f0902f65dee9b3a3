import Glibc
import Synchronization

/// Writes `Error: message` to standard error.
func printError(_ message: String) { writeError("Error: \(message)\n") }

func writeError(_ text: String) {
  var text = text
  text.withUTF8 { bytes in
    // A message that can't be shown has nowhere else to go.
    _ = unsafe write(STDERR_FILENO, bytes.baseAddress, bytes.count)
  }
}

/// A line on standard error that shows how far long work has come; silent where no person watches.
final class ProgressBar: Sendable {
  private let label: String
  private let total: Int
  private let isShown: Bool
  private let done = Mutex(0)

  init(_ label: String, total: Int) {
    self.label = label
    self.total = total
    isShown = total > 1 && isatty(STDERR_FILENO) == 1
  }

  /// One more of `total` is done. From any thread.
  func advance() {
    guard isShown else { return }
    done.withLock { done in
      done += 1
      let percent = 100 * done / total
      guard done == total || percent != 100 * (done - 1) / total else { return }
      let filled = percent * 30 / 100
      let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
      writeError("\r\(label) [\(bar)] \(done)/\(total)\(done == total ? "\n" : "")")
    }
  }
}

/// The system's words for an error number.
func systemMessage(_ error: Int32) -> String { unsafe String(cString: strerror(error)) }
