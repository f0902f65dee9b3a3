import EdgeProgram
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
    microseconds(whole.percentile(.half))
    text(" us for half of them, ")
    microseconds(whole.percentile(.ninetyNine))
    text(" for 99%, ")
    microseconds(whole.percentile(.mostOfAll))
    text(" for 99.9%, ")
    microseconds(whole.greatest)
    text(" for all\n")
    stagesHead()
    for index in 0..<FrameStatistics.stages {
      guard let stage = FrameStatistics.Stage(rawValue: index) else { continue }
      let histogram = statistics.histogram(stage)
      self.stage(stage.name) { histogram.percentile($0) }
    }
    guard let deadline else { return }
    text("  deadline ")
    integer(deadline / 1_000_000)
    text(" ms: ")
    integer(statistics.deadlineMisses)
    text(" missed\n")
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
      text("\":")
      let histogram = statistics.histogram(stage)
      percentiles(Percentile.ofStages, fractionDigits: 0) { histogram.percentile($0) }
    }
    text("}}}\n")
  }
}

extension LatencyHistogram {
  func percentile(_ percentile: Percentile) -> UInt64 { self.percentile(permille: UInt64(percentile.permille)) }
}
