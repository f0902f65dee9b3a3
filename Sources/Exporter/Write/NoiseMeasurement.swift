import EdgeRuntime
import Foundation
import Quantize

/// Signal and quantisation noise at each operation's output, over calibration images.
struct NoiseMeasurement: Sendable {
  /// More images change a figure by less than it varies between halves of the data.
  static let imageLimit = 64
  /// An output without any error counts as this many hundredths of a dB.
  static let mostCentibels: Int32 = 20_000

  /// Sums of squares by operation.
  private var signal: [Double]
  private var noise: [Double]

  /// Runs images through the float graph and the encoded model side by side.
  init(
    _ graph: FixedGraph, file: [UInt8], images: CalibrationImages, makeRunner: @Sendable () throws -> FloatRunner,
    progress: ExportProgress
  ) throws {
    let chosen = images.spread(Self.imageLimit)
    let parts = try concurrently { thread, threads in
      let float = try makeRunner()
      let fixed = try ModelRunner(file, instructionSet: .fastest)
      var part = NoiseMeasurement(operations: graph.operations.count)
      for position in stride(from: thread, to: chosen.count, by: threads) {
        try part.add(try images.pixels(chosen[position]), graph, float, fixed)
        progress(.measuring, 1)
      }
      return part
    }
    self.init(operations: graph.operations.count)
    for part in parts {
      for index in signal.indices {
        signal[index] += part.signal[index]
        noise[index] += part.noise[index]
      }
    }
  }

  private init(operations: Int) {
    signal = Array(repeating: 0, count: operations)
    noise = Array(repeating: 0, count: operations)
  }

  private mutating func add(
    _ pixels: [UInt8], _ graph: FixedGraph, _ float: FloatRunner, _ fixed: ModelRunner
  ) throws {
    let wanted = Dictionary(
      uniqueKeysWithValues: graph.operations.enumerated().map { ($1.floatValue, $0) })
    var exact = [[Float]](repeating: [], count: graph.operations.count)
    try float(pixels) { value, numbers in
      if let operation = wanted[value] { exact[operation] = numbers }
    }
    fixed.steps(pixels) { operation, output in
      for (number, reference) in zip(output, exact[operation]) {
        let difference = Double(reference) - number
        signal[operation] += Double(reference) * Double(reference)
        noise[operation] += difference * difference
      }
    }
  }

  /// Hundredths of a dB by operation; nil where the float output was zero throughout.
  var centibels: [Int32?] {
    zip(signal, noise).map { signal, noise in
      if signal == 0 { return nil }
      let ratio = noise == 0 ? Double.infinity : 1000 * log10(signal / noise)
      return Int32(min(max(ratio.rounded(), -Double(Self.mostCentibels)), Double(Self.mostCentibels)))
    }
  }
}
