import EdgeRuntime

/// How long a camera's frames took: as a whole, and where faces are looked for its stages.
struct FrameLatencies {
  /// From a frame, whole in memory, to its decision on the lines.
  private(set) var whole = LatencyHistogram()
  /// From a frame, taken, to what it shows at the model's size.
  private(set) var detection = LatencyHistogram()
  /// From there to the network's answer, for frames that show somebody.
  private(set) var inference = LatencyHistogram()
  /// From the answer to the lines.
  private(set) var decision = LatencyHistogram()
  private(set) var nobody = 0
  private(set) var areFacesSought = false

  var total: UInt64 { whole.total }

  /// - Parameters: nanoseconds of one clock, in their order.
  mutating func add(
    _ sight: Sight, captured: UInt64, taken: UInt64, seen: UInt64, inferred: UInt64, shown: UInt64
  ) {
    whole.add(nanoseconds: shown &- captured)
    decision.add(nanoseconds: shown &- inferred)
    switch sight {
    case .square: return
    case .nobody: nobody += 1
    case .face: inference.add(nanoseconds: inferred &- seen)
    }
    areFacesSought = true
    detection.add(nanoseconds: seen &- taken)
  }
}

extension TextWriter {
  /// A line for the whole, and one for each stage where faces were looked for.
  mutating func latencies(_ latencies: FrameLatencies) {
    text("from frame to line at most ")
    microseconds(latencies.whole.percentile(permille: 500))
    text(" us for half of them, ")
    microseconds(latencies.whole.percentile(permille: 990))
    text(" for 99%, ")
    microseconds(latencies.whole.percentile(permille: 999))
    text(" for 99.9%, ")
    microseconds(latencies.whole.greatest)
    text(" for all\n")
    guard latencies.areFacesSought else { return }
    text("nobody on ")
    integer(latencies.nobody)
    text(" of them; microseconds at most for half, for 99%, for all\n")
    stage("  detect  ", latencies.detection)
    stage("  infer   ", latencies.inference)
    stage("  decide  ", latencies.decision)
  }

  private mutating func stage(_ name: StaticString, _ histogram: LatencyHistogram) {
    text(name)
    microseconds(histogram.percentile(permille: 500))
    text(" ")
    microseconds(histogram.percentile(permille: 990))
    text(" ")
    microseconds(histogram.greatest)
    text("\n")
  }

  /// Nanoseconds as whole microseconds, rounded up.
  private mutating func microseconds(_ nanoseconds: UInt64) { integer((nanoseconds + 999) / 1000) }
}
