import EdgeRuntime

/// Times the convolution kernels on the medium SDL network's layers, one thread, weights and activations warm:
/// `swift run -c release kernel-bench [REPETITIONS]`.
@main
struct KernelBench {
  static func main() {
    let repetitions = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 200
    let clock = ProcessorClock.cyclesPerMicrosecond()
    print("clock \(decimals(clock / 1000, 2)) GHz, median of \(repetitions)")
    for set in InstructionSet.allCases where set.isAvailable && set != .scalar {
      print("\n\(set.name): \(set.peakMultiplyAccumulates) multiply-accumulates a cycle at most")
      print(row("layer", "MMAC", "us", "GMAC/s", "MAC/cycle", "of peak"))
      var (totalMacs, totalTime) = (0.0, 0.0)
      for layer in Layer.mediumNetwork {
        let time = medianMicroseconds(layer.problem, set, repetitions)
        totalMacs += Double(layer.problem.multiplyAccumulates)
        totalTime += time
        report(layer.name, Double(layer.problem.multiplyAccumulates), time, clock, set)
      }
      report("all", totalMacs, totalTime, clock, set)
    }
  }

  static func report(_ name: String, _ macs: Double, _ time: Double, _ clock: Double, _ set: InstructionSet) {
    let perCycle = macs / (time * clock)
    print(
      row(
        name, decimals(macs / 1e6, 2), decimals(time, 1), decimals(macs / time / 1000, 1), decimals(perCycle, 1),
        decimals(100 * perCycle / Double(set.peakMultiplyAccumulates), 0) + "%"))
  }

  static func medianMicroseconds(_ problem: ConvolutionProblem, _ set: InstructionSet, _ repetitions: Int) -> Double {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: problem.memoryBytes, alignment: 64)
    defer { unsafe memory.deallocate() }
    let arguments = unsafe problem.prepare(memory)
    for _ in 0..<10 { unsafe Conv2D.run(arguments, instructionSet: set) }
    let times = (0..<repetitions).map { _ in
      microseconds { unsafe Conv2D.run(arguments, instructionSet: set) }
    }
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
    return name + String(repeating: " ", count: max(1, 18 - name.count)) + padded.joined()
  }
}
