import ArgumentParser
import EdgeRuntime

/// `ferrite bench`: time per frame and per layer, and the frames' heap allocations.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Times a model per frame and per layer, or against another model.",
    discussion: """
      Frames are the model's test vectors in turn, after 20 frames of warm-up. A frame's time runs from pixels to logits; the \
      clock is read after each layer. Times are microseconds; a percentile is the least time that so many frames don't exceed. \
      Allocations are all calls of malloc and its kin, on all threads, during the timed frames; page faults and context \
      switches are the process's during the same. The peak is what the instruction set's multiplying instructions could do at \
      the clock that was measured just before the frames (not the reported one, which a throttling board may not correct).

      With --compare, frames of both models take turns, and the ratio is the median of the pairs' ratios with its 95 % interval.
      """)

  private static let warmUpFrames = 20

  @Argument(help: "The model file (.fxm).")
  var model: String

  @Option(help: "Another model file, timed in turns with the first.")
  var compare: String?

  @Option(help: "Timed frames, 1 to 1000000.")
  var frames = 500

  @OptionGroup var sharing: ThreadsOption

  @OptionGroup var instructionSet: InstructionSetOption

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    guard 1...1_000_000 ~= frames else { throw ValidationError("--frames \(frames): 1 to 1000000 can be timed") }
  }

  func run() throws {
    let paths = [model] + (compare.map { [$0] } ?? [])
    var timers = try paths.map {
      try FrameTimer(
        LoadedModel(path: $0), instructionSet: instructionSet.isa, threads: sharing.threads, frames: frames)
    }
    let peak = MultiplyPeak(instructionSet.isa, threads: sharing.threads)
    for _ in 0..<Self.warmUpFrames { measure(&timers, frame: 0) }
    let start = ResourceUsage.current
    for frame in 0..<frames { measure(&timers, frame: frame) }
    let usage = ResourceUsage.current.since(start)

    let clock = ProcessorClock.cyclesPerMicrosecond()
    let machine = Machine.current
    let reports = timers.map { timer in
      BenchReport(
        model: timer.model, frames: SortedDurations(timer.frames), frameCount: frames, threads: sharing.threads,
        layerMedians: timer.layerMedians, warmUpFrames: Self.warmUpFrames, usage: usage, machine: machine, peak: peak,
        cyclesPerMicrosecondAfter: clock)
    }
    if reports.count == 1 {
      print(json ? reports[0].json.description + "\n" : reports[0].text, terminator: "")
    } else {
      show(reports, PairedRatio(timers[0].frames, to: timers[1].frames))
    }
  }

  /// A frame of each model; every other time in the other order, so that none is always the first.
  private func measure(_ timers: inout [FrameTimer], frame: Int) {
    for turn in timers.indices {
      timers[frame % 2 == 0 ? turn : timers.count - 1 - turn].measure(frame: frame)
    }
  }

  private func show(_ reports: [BenchReport], _ ratio: PairedRatio) {
    if json {
      let document: JSON = [
        "models": JSON(reports.map(\.json)), "ratio": .rounded(ratio.median, digits: 4),
        "interval": JSON([ratio.interval.lowerBound, ratio.interval.upperBound].map { .rounded($0, digits: 4) }),
      ]
      print(document)
    } else {
      for report in reports { print(report.text) }
      let (low, high) = (ratio.interval.lowerBound.decimals(3), ratio.interval.upperBound.decimals(3))
      print(
        "\(reports[0].model.path) takes \(ratio.median.decimals(3)) times as long as \(reports[1].model.path) "
          + "(95 % interval \(low) to \(high), \(frames) pairs)")
    }
  }
}
