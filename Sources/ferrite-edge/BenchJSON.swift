import EdgeProgram
import EdgeRuntime

extension TextWriter {
  /// A benchmark as one JSON document, with the keys of `ferrite bench --json`.
  mutating func json(_ results: borrowing BenchResults, _ classifier: borrowing Classifier) {
    text("{")
    key("frames", first: true)
    integer(results.frames)
    key("threads")
    integer(results.threads)
    key("isa")
    quoted(results.peak.instructionSet.name)
    key("latency_us")
    percentiles(Percentile.ofFrames, fractionDigits: 3) { results.nanoseconds(permille: $0.permille) }
    key("allocations")
    integer(results.allocations)
    key("layers")
    text("[")
    for layer in 0..<classifier.model.operationCount {
      if layer > 0 { text(",") }
      self.layer(layer, results, classifier)
    }
    text("]")
    usage(results)
    rates(classifier.multiplyAccumulates, results.nanoseconds(permille: 500), results)
    peak(results)
    histogram(results)
    key("machine")
    machine(results.machine)
    text("}\n")
  }

  private mutating func layer(
    _ layer: Int, _ results: borrowing BenchResults, _ classifier: borrowing Classifier
  ) {
    let record = classifier.model.operation(layer)
    let median = results.median(layer: layer)
    text("{")
    key("name", first: true)
    unsafe string(classifier.model.unsafeName(record.name))
    key("op")
    quoted(record.operation.kind.name)
    key("p50_us")
    microseconds(median, fractionDigits: 3)
    key("macs")
    integer(record.multiplyAccumulates)
    rates(record.multiplyAccumulates, median, results)
    text("}")
  }

  private mutating func usage(_ results: borrowing BenchResults) {
    key("warm_up_frames")
    integer(BenchResults.warmUpFrames)
    key("page_faults")
    integer(results.usage.pageFaults)
    key("minor_page_faults")
    integer(results.usage.minorPageFaults)
    key("major_page_faults")
    integer(results.usage.majorPageFaults)
    key("context_switches")
    integer(results.usage.contextSwitches)
    key("voluntary_context_switches")
    integer(results.usage.voluntaryContextSwitches)
    key("involuntary_context_switches")
    integer(results.usage.involuntaryContextSwitches)
  }

  /// `macs_per_second` and `share_of_peak`; null where nothing is multiplied.
  private mutating func rates(_ macs: UInt64, _ nanoseconds: UInt64, _ results: borrowing BenchResults) {
    let share = results.share(macs, nanoseconds: nanoseconds)
    key("macs_per_second")
    optional(share.map { $0 * results.peak.multiplyAccumulatesPerMicrosecond * 1e6 }, fractionDigits: 0)
    key("share_of_peak")
    optional(share, fractionDigits: 4)
  }

  private mutating func peak(_ results: borrowing BenchResults) {
    key("peak")
    text("{")
    key("macs_per_second", first: true)
    optional(results.peak.multiplyAccumulatesPerMicrosecond * 1e6, fractionDigits: 0)
    key("macs_per_cycle")
    integer(results.peak.multiplyAccumulatesPerCycle)
    key("megahertz")
    optional(results.peak.cyclesPerMicrosecond, fractionDigits: 0)
    key("megahertz_from")
    quoted("measured")
    key("megahertz_after")
    optional(results.cyclesPerMicrosecondAfter, fractionDigits: 0)
    text("}")
  }

  private mutating func histogram(_ results: borrowing BenchResults) {
    let bounds = results.bounds
    key("histogram")
    text("[")
    for bin in 0..<bounds.bins {
      text(bin == 0 ? "{" : ",{")
      key("from_us", first: true)
      optional(bounds.lowerEnd(bin) / 1000, fractionDigits: 3)
      key("to_us")
      optional(bounds.lowerEnd(bin + 1) / 1000, fractionDigits: 3)
      key("frames")
      integer(results.durations.count(0, bin: bin, of: bounds))
      text("}")
    }
    text("]")
  }

  private mutating func machine(_ machine: Machine) {
    text("{")
    key("processor", first: true)
    optional(machine.processor)
    key("cores")
    integer(machine.cores)
    key("kernel")
    optional(machine.kernel)
    key("governor")
    optional(machine.governor)
    thousandth("megahertz", machine.kilohertz)
    thousandth("minimum_megahertz", machine.minimumKilohertz)
    thousandth("maximum_megahertz", machine.maximumKilohertz)
    thousandth("celsius", machine.millidegrees)
    key("throttled")
    if let flags = machine.throttled { integer(flags) } else { text("null") }
    key("under_voltage")
    if let isLow = machine.isUnderVoltage { text(isLow ? "true" : "false") } else { text("null") }
    text("}")
  }

  private mutating func thousandth(_ name: StaticString, _ value: Int?) {
    key(name)
    if let value { decimal(Int64(value), fractionDigits: 3) } else { text("null") }
  }

  private mutating func quoted(_ value: StaticString) {
    text("\"")
    text(value)
    text("\"")
  }

  private mutating func optional(_ value: SystemText?) {
    if let value { string(value) } else { text("null") }
  }

  private mutating func optional(_ value: Double?, fractionDigits: Int) {
    if let value { self.value(value, fractionDigits: fractionDigits) } else { text("null") }
  }
}
