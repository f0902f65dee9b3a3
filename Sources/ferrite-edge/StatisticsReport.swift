import EdgeRuntime

/// Counts and times of frames as text.
extension TextWriter {
  /// A line with the counts and the whole way's times, and a table of its stages.
  mutating func statistics(_ statistics: FrameStatistics, deadline: UInt64?) {
    let whole = statistics.histogram(.whole)
    integer(statistics.frames)
    text(" frames, ")
    integer(statistics.dropped)
    text(" dropped")
    if statistics.nobody > 0 {
      text(", nobody on ")
      integer(statistics.nobody)
    }
    guard statistics.frames > 0 else { return text("\n") }
    text("; from frame to line at most ")
    microseconds(whole.percentile(permille: 500))
    text(" us for half of them, ")
    microseconds(whole.percentile(permille: 990))
    text(" for 99%, ")
    microseconds(whole.percentile(permille: 999))
    text(" for 99.9%, ")
    microseconds(whole.greatest)
    text(" for all\n  us                 p50       p99     p99.9       max\n")
    for index in 0..<FrameStatistics.stages {
      guard let stage = FrameStatistics.Stage(rawValue: index) else { continue }
      row(stage, statistics.histogram(stage))
    }
    guard let deadline else { return }
    text("  deadline ")
    integer(deadline / 1_000_000)
    text(" ms: ")
    integer(statistics.deadlineMisses)
    text(" missed\n")
  }

  private mutating func row(_ stage: FrameStatistics.Stage, _ histogram: LatencyHistogram) {
    text("  ")
    text(stage.name)
    blanks(12 - stage.name.utf8CodeUnitCount)
    cell(histogram.percentile(permille: 500))
    cell(histogram.percentile(permille: 990))
    cell(histogram.percentile(permille: 999))
    cell(histogram.greatest)
    text("\n")
  }

  private mutating func cell(_ nanoseconds: UInt64) {
    decimal(Self.microseconds(nanoseconds), fractionDigits: 0, width: 10)
  }

  /// `{"summary":{...}}`, a line.
  ///
  /// - Parameter allocations: heap calls of the whole program, all its threads, since the first frame.
  mutating func summary(
    _ statistics: FrameStatistics, deadline: UInt64?, droppedLines: UInt64, allocations: UInt64
  ) {
    text("{\"summary\":{")
    key("frames", first: true)
    integer(statistics.frames)
    key("dropped")
    integer(statistics.dropped)
    key("nobody")
    integer(statistics.nobody)
    key("lines_dropped")
    integer(droppedLines)
    key("allocations")
    integer(allocations)
    key("deadline_ms")
    if let deadline { integer(deadline / 1_000_000) } else { text("null") }
    key("deadline_misses")
    integer(statistics.deadlineMisses)
    key("latency_us")
    for index in 0..<FrameStatistics.stages {
      guard let stage = FrameStatistics.Stage(rawValue: index) else { continue }
      text(index == 0 ? "{\"" : ",\"")
      text(stage.key)
      text("\":{")
      percentiles(statistics.histogram(stage))
    }
    text("}}}\n")
  }

  private mutating func percentiles(_ histogram: LatencyHistogram) {
    key("p50", first: true)
    microseconds(histogram.percentile(permille: 500))
    key("p99")
    microseconds(histogram.percentile(permille: 990))
    key("p999")
    microseconds(histogram.percentile(permille: 999))
    key("max")
    microseconds(histogram.greatest)
    text("}")
  }

  /// Nanoseconds as whole microseconds, rounded up.
  private mutating func microseconds(_ nanoseconds: UInt64) { integer(Self.microseconds(nanoseconds)) }

  private static func microseconds(_ nanoseconds: UInt64) -> Int64 {
    Int64(clamping: nanoseconds / 1000 + (nanoseconds % 1000 == 0 ? 0 : 1))
  }
}
