import EdgeProgram
import EdgeRuntime

/// What `watch` tells beside its lines, and to whom: `--deadline MS`, `--metrics FILE.prom`, `--watchdog-device PATH`.
struct TellingOptions {
  /// From capture to pin.
  private(set) var deadlineNanoseconds: UInt64?
  private(set) var metrics: Word?
  var watchdog: Word?

  mutating func setDeadline(_ value: Word) throws(EdgeError) {
    guard let number = value.number, 1...60_000 ~= number else {
      throw .usage("--deadline takes 1 to 60000 milliseconds, not", value)
    }
    deadlineNanoseconds = UInt64(number) * 1_000_000
  }

  mutating func setMetrics(_ value: Word) throws(EdgeError) {
    // node_exporter's textfile collector reads no other.
    guard value.hasSuffix(".prom") else { throw .usage("--metrics takes a file whose name ends in .prom, not", value) }
    guard value.count <= MetricsFile.longestPath else { throw .usage("--metrics takes a shorter path than", value) }
    metrics = value
  }
}

extension Word {
  func hasSuffix(_ suffix: StaticString) -> Bool {
    let start = count - suffix.utf8CodeUnitCount
    guard start >= 0 else { return false }
    for index in start..<count where unsafe self[index] != suffix.utf8Start[index - start] { return false }
    return true
  }
}
