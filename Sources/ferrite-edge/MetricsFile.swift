import CLinux
import EdgeProgram
import EdgeRuntime

/// A text file of Prometheus's exposition format, as node_exporter's textfile collector reads it: written anew beside its place each
/// time and then put there at once, so that a reader always finds a whole one.
@safe
struct MetricsFile {
  static let longestPath = 4000

  private let path: Word
  private let classCount: Int
  /// Of the model's labels, which lie in its file's memory as long as the program runs.
  private let labels: UnsafePointer<UnsafeRawBufferPointer>
  private var isFailing = false

  init(_ path: Word, _ model: borrowing ModelFile) throws(EdgeError) {
    self.path = path
    classCount = model.classCount
    let memory = unsafe try pages(classCount * MemoryLayout<UnsafeRawBufferPointer>.stride)
    guard let base = memory.baseAddress else { throw .noMemory }
    let places = unsafe base.bindMemory(to: UnsafeRawBufferPointer.self, capacity: classCount)
    for index in 0..<classCount { unsafe (places + index).initialize(to: model.unsafeLabel(index)) }
    unsafe labels = UnsafePointer(places)
  }

  /// Replaces the file. Where that fails, the one before it stays, and standard error hears of it, once until it works again.
  mutating func write(_ statistics: FrameStatistics, deadline: UInt64?, droppedLines: UInt64) {
    let file = unsafe linux_create_beside(path.start)
    var error = file < 0 ? -file : 0
    if error == 0 {
      var writer = TextWriter(descriptor: file)
      text(statistics, deadline, droppedLines, to: &writer)
      writer.flush()
      error = unsafe linux_close_and_replace(file, writer.systemError, path.start)
    }
    if error != 0, !isFailing {
      var writer = TextWriter.standardError
      writer.text("ferrite-edge: warning: ")
      writer.text(path)
      writer.text(": not written: ")
      writer.systemError(error)
      writer.text("\n")
      writer.flush()
    }
    isFailing = error != 0
  }

  private func text(
    _ statistics: FrameStatistics, _ deadline: UInt64?, _ droppedLines: UInt64, to writer: inout TextWriter
  ) {
    writer.metric("frames_total", counter: statistics.frames, "Frames that were shown on the lines.")
    writer.metric("frames_dropped_total", counter: statistics.dropped, "Frames that newer ones overtook.")
    writer.metric("lines_dropped_total", counter: droppedLines, "Lines of output that nobody took in time.")
    if let deadline {
      writer.metric("deadline_misses_total", counter: statistics.deadlineMisses, "Frames later than the deadline.")
      writer.family("deadline_seconds", "gauge", "From capture to pin, as --deadline has it.")
      writer.sample("deadline_seconds", nanoseconds: deadline)
    }
    writer.family("decided_frames_total", "counter", "Frames after which a class was the decision.")
    for index in 0..<classCount {
      unsafe writer.sample("decided_frames_total", class: labels[index], statistics.frames(decidedFor: index))
    }
    let decision = statistics.decision
    writer.family("decision", "gauge", "1 for the class that is decided on.")
    for index in 0..<classCount {
      unsafe writer.sample("decision", class: labels[index], decision == index ? 1 : 0)
    }
    if statistics.lastNanoseconds != 0 {
      writer.family("last_frame_age_seconds", "gauge", "Since the last frame was shown, when this was written.")
      writer.sample("last_frame_age_seconds", nanoseconds: linux_nanoseconds() &- statistics.lastNanoseconds)
    }
    writer.family("latency_seconds", "summary", "What a frame's time goes to; whole is from capture to pin.")
    for index in 0..<FrameStatistics.stages {
      guard let stage = FrameStatistics.Stage(rawValue: index) else { continue }
      writer.latency(stage, statistics.histogram(stage), sum: statistics.sum(stage))
    }
  }
}

extension TextWriter {
  fileprivate mutating func family(_ name: StaticString, _ kind: StaticString, _ help: StaticString) {
    text("# HELP ferrite_")
    text(name)
    text(" ")
    text(help)
    text("\n# TYPE ferrite_")
    text(name)
    text(" ")
    text(kind)
    text("\n")
  }

  fileprivate mutating func metric(_ name: StaticString, counter: UInt64, _ help: StaticString) {
    family(name, "counter", help)
    text("ferrite_")
    text(name)
    text(" ")
    integer(counter)
    text("\n")
  }

  fileprivate mutating func sample(_ name: StaticString, nanoseconds: UInt64) {
    text("ferrite_")
    text(name)
    text(" ")
    seconds(nanoseconds)
    text("\n")
  }

  fileprivate mutating func sample(_ name: StaticString, class label: UnsafeRawBufferPointer, _ value: UInt64) {
    text("ferrite_")
    text(name)
    text("{class=\"")
    for index in label.indices {
      let character = unsafe label[index]
      if character == UInt8(ascii: "\"") || character == UInt8(ascii: "\\") { byte(UInt8(ascii: "\\")) }
      byte(character)
    }
    text("\"} ")
    integer(value)
    text("\n")
  }

  fileprivate mutating func latency(_ stage: FrameStatistics.Stage, _ histogram: LatencyHistogram, sum: UInt64) {
    let percentiles = Percentile.ofStages
    for index in percentiles.indices {
      quantile(stage, percentiles[index].quantile, histogram.percentile(percentiles[index]))
    }
    text("ferrite_latency_seconds_sum{stage=\"")
    text(stage.key)
    text("\"} ")
    seconds(sum)
    text("\nferrite_latency_seconds_count{stage=\"")
    text(stage.key)
    text("\"} ")
    integer(histogram.total)
    text("\n")
  }

  private mutating func quantile(_ stage: FrameStatistics.Stage, _ quantile: StaticString, _ nanoseconds: UInt64) {
    text("ferrite_latency_seconds{stage=\"")
    text(stage.key)
    text("\",quantile=\"")
    text(quantile)
    text("\"} ")
    seconds(nanoseconds)
    text("\n")
  }

  private mutating func seconds(_ nanoseconds: UInt64) {
    decimal(Int64(clamping: nanoseconds), fractionDigits: 9)
  }
}
