import EdgeProgram
import EdgeRuntime

extension TextWriter {
  /// A benchmark for a person: the layers, the histogram of the frames, and what bears on them.
  mutating func table(_ results: borrowing BenchResults, _ classifier: borrowing Classifier) {
    text(" median us    share  MACs/ns  of peak  layer\n")
    for layer in 0..<classifier.model.operationCount { row(layer, results, classifier) }
    histogram(results)
    frames(results)
    speed(results, classifier)
    usage(results)
    machine(results.machine)
  }

  private mutating func row(_ layer: Int, _ results: borrowing BenchResults, _ classifier: borrowing Classifier) {
    let record = classifier.model.operation(layer)
    let median = results.median(layer: layer)
    let whole = max(1, results.nanoseconds(permille: 500))
    decimal(Int64(median / 100), fractionDigits: 1, width: 10)
    value(100 * Double(median) / Double(whole), fractionDigits: 1, width: 7)
    text(" %")
    if let share = results.share(record.multiplyAccumulates, nanoseconds: median) {
      value(share * results.peak.multiplyAccumulatesPerMicrosecond / 1000, fractionDigits: 2, width: 9)
      value(share * 100, fractionDigits: 0, width: 7)
      text(" %")
    } else {
      blanks(18)
    }
    text("  ")
    unsafe text(classifier.model.unsafeName(record.name))
    text(" (")
    text(record.operation.kind.name)
    text(")\n")
  }

  private mutating func histogram(_ results: borrowing BenchResults) {
    let bounds = results.bounds
    text("\n frames     from us      to us\n")
    for bin in 0..<bounds.bins {
      let count = results.durations.count(0, bin: bin, of: bounds)
      decimal(Int64(count), fractionDigits: 0, width: 7)
      value(bounds.lowerEnd(bin) / 1000, fractionDigits: 1, width: 12)
      value(bounds.lowerEnd(bin + 1) / 1000, fractionDigits: 1, width: 11)
      text("  ")
      // A bin that isn't empty shows at least one mark.
      for _ in 0..<(count == 0 ? 0 : max(1, count * 40 / results.frames)) { text("#") }
      text("\n")
    }
  }

  private mutating func frames(_ results: borrowing BenchResults) {
    text("\n")
    integer(results.frames)
    text(" frames after ")
    integer(BenchResults.warmUpFrames)
    text(" of warm-up, ")
    integer(results.threads)
    text(results.threads == 1 ? " thread, " : " threads, ")
    text(results.peak.instructionSet.name)
    text("; microseconds: median ")
    microseconds(results.nanoseconds(permille: 500), fractionDigits: 3)
    text(", p90 ")
    microseconds(results.nanoseconds(permille: 900), fractionDigits: 3)
    text(", p99 ")
    microseconds(results.nanoseconds(permille: 990), fractionDigits: 3)
    text(", p99.9 ")
    microseconds(results.nanoseconds(permille: 999), fractionDigits: 3)
    text(", greatest ")
    microseconds(results.nanoseconds(permille: 1000), fractionDigits: 3)
    text("\n")
  }

  private mutating func speed(_ results: borrowing BenchResults, _ classifier: borrowing Classifier) {
    guard
      let share = results.share(classifier.multiplyAccumulates, nanoseconds: results.nanoseconds(permille: 500))
    else { return }
    let peak = results.peak.multiplyAccumulatesPerMicrosecond / 1000
    text("speed: ")
    value(share * peak, fractionDigits: 2)
    text(" MACs/ns, ")
    value(share * 100, fractionDigits: 0)
    text(" % of the peak of ")
    value(peak, fractionDigits: 2)
    text(": ")
    integer(results.peak.multiplyAccumulatesPerCycle)
    text(" a cycle at ")
    value(results.peak.cyclesPerMicrosecond, fractionDigits: 0)
    text(" MHz, measured before the frames (")
    value(results.cyclesPerMicrosecondAfter, fractionDigits: 0)
    text(" after)\n")
  }

  private mutating func usage(_ results: borrowing BenchResults) {
    text("heap calls during these frames: ")
    integer(results.allocations)
    text("\npage faults: ")
    integer(results.usage.minorPageFaults)
    text(" minor, ")
    integer(results.usage.majorPageFaults)
    text(" major; context switches: ")
    integer(results.usage.voluntaryContextSwitches)
    text(" voluntary, ")
    integer(results.usage.involuntaryContextSwitches)
    text(" not\n")
  }

  private mutating func machine(_ machine: Machine) {
    text("machine: ")
    if let processor = machine.processor { text(processor) } else { text("unknown processor") }
    text(", ")
    integer(machine.cores)
    text(machine.cores == 1 ? " core" : " cores")
    if let kernel = machine.kernel {
      text(", Linux ")
      text(kernel)
    }
    if let governor = machine.governor {
      text(", governor ")
      text(governor)
    }
    if let kilohertz = machine.kilohertz {
      text(", ")
      integer(kilohertz / 1000)
      text(" MHz")
    }
    if let low = machine.minimumKilohertz, let high = machine.maximumKilohertz {
      text(" of ")
      integer(low / 1000)
      text(" to ")
      integer(high / 1000)
    }
    if let millidegrees = machine.millidegrees {
      text(", ")
      decimal(Int64(millidegrees / 100), fractionDigits: 1)
      text(" C")
    }
    trouble(machine)
    text("\n")
  }

  /// What a Raspberry Pi's flags say; nothing while all is well or nothing is known.
  private mutating func trouble(_ machine: Machine) {
    let flags = machine.throttled ?? (machine.isUnderVoltage == true ? 1 : 0)
    if flags == 0 { return }
    text(", TROUBLE:")
    flag(flags, 0, " under-voltage")
    flag(flags, 1, " frequency capped")
    flag(flags, 2, " throttled")
    flag(flags, 3, " soft temperature limit")
  }

  private mutating func flag(_ flags: UInt32, _ bit: UInt32, _ name: StaticString) {
    if flags >> bit & 1 == 1 {
      text(name)
      text(" now;")
    } else if flags >> (bit + 16) & 1 == 1 {
      text(name)
      text(" since boot;")
    }
  }
}
