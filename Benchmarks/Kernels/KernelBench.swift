import EdgeRuntime

/// Times the kernels on the medium SDL network's layers, then on layers of other shapes, one thread, weights and activations warm:
/// `swift run -c release kernel-bench [REPETITIONS]`.
@main
struct KernelBench {
  static func main() {
    let repetitions = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 200
    print("median of \(repetitions)")
    for set in InstructionSet.allCases where set.isAvailable && set != .scalar {
      let peak = MultiplyPeak(set, threads: 1)
      print(
        "\n\(set.name): at most \(peak.multiplyAccumulatesPerCycle) multiply-accumulates a cycle, "
          + "at \(decimals(peak.cyclesPerMicrosecond / 1000, 2)) GHz")
      print(row("layer", "MMAC", "us", "GMAC/s", "MAC/cycle", "of peak", "cycles/out"))
      var total = Measurement(macs: 0, outputs: 0, microseconds: 0)
      for layer in Layer.mediumNetwork() {
        let found = Measurement(
          macs: layer.multiplyAccumulates, outputs: layer.outputs,
          microseconds: medianMicroseconds(layer, set, repetitions))
        total = total + found
        report(layer.name, found, peak)
      }
      report("all", total, peak)
      for layer in Layer.otherShapes() {
        let microseconds = medianMicroseconds(layer, set, repetitions)
        report(
          layer.name,
          Measurement(macs: layer.multiplyAccumulates, outputs: layer.outputs, microseconds: microseconds), peak)
      }
    }
  }

  struct Measurement {
    var macs: Int
    var outputs: Int
    var microseconds: Double

    static func + (left: Measurement, right: Measurement) -> Measurement {
      Measurement(
        macs: left.macs + right.macs, outputs: left.outputs + right.outputs,
        microseconds: left.microseconds + right.microseconds)
    }
  }

  static func report(_ name: String, _ found: Measurement, _ peak: MultiplyPeak) {
    let cycles = found.microseconds * peak.cyclesPerMicrosecond
    let macs = Double(found.macs)
    let share = peak.share(UInt64(found.macs), microseconds: found.microseconds)
    print(
      row(
        name, decimals(macs / 1e6, 2), decimals(found.microseconds, 1),
        share == nil ? "" : decimals(macs / found.microseconds / 1000, 1),
        share == nil ? "" : decimals(macs / cycles, 1), share.map { decimals(100 * $0, 0) + "%" } ?? "",
        decimals(cycles / Double(found.outputs), 2)))
  }

  static func medianMicroseconds(_ layer: Layer, _ set: InstructionSet, _ repetitions: Int) -> Double {
    for _ in 0..<10 { layer.run(set) }
    let times = (0..<repetitions).map { _ in microseconds { layer.run(set) } }
    return times.sorted()[repetitions / 2]
  }

  static func microseconds(_ body: () -> Void) -> Double {
    let duration = ContinuousClock().measure(body)
    return Double(duration.components.attoseconds) / 1e12 + Double(duration.components.seconds) * 1e6
  }

  static func decimals(_ value: Double, _ digits: Int) -> String {
    var scale = 1.0
    for _ in 0..<digits { scale *= 10 }
    let rounded = Int(value * scale + 0.5)
    if digits == 0 { return "\(rounded)" }
    let fraction = String(rounded % Int(scale))
    return "\(rounded / Int(scale))." + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  static func row(_ name: String, _ columns: String...) -> String {
    let padded = columns.map { String(repeating: " ", count: max(1, 11 - $0.count)) + $0 }
    return name + String(repeating: " ", count: max(1, 22 - name.count)) + padded.joined()
  }
}
