import Quantize

/// What the float network makes of images, all outputs of it, to measure fixed-point forms by.
struct OutputReference: Sendable {
  /// By image: the values of all outputs, one after the other.
  private let values: [[Float]]
  /// Where each output's values are.
  private let parts: [Range<Int>]
  /// What an output's squared differences are multiplied with: 1 of a single output, else such that its signal is 1.
  private let weights: [Double]

  /// - Parameters:
  ///   - image: the pixels of one of `count` images.
  ///   - makeRunner: runs the graph, for each thread.
  init(
    _ graph: FloatGraph, count: Int, image: @Sendable (Int) throws -> [UInt8],
    _ makeRunner: @Sendable () throws -> FloatRunner
  ) throws {
    values = try concurrentMap(count, prepare: makeRunner) { run, index in
      try graph.outputs(of: run, try image(index)).flatMap { $0 }
    }
    var start = 0
    parts = graph.outputs.map { output in
      defer { start += graph.values[output.value].shape.count }
      return start..<start + graph.values[output.value].shape.count
    }
    let isOne = parts.count == 1
    weights = parts.map { [values] part in
      if isOne { return 1 }
      let signal = values.reduce(0) { $0 + $1[part].reduce(0) { $0 + Double($1) * Double($1) } }
      return signal > 0 ? 1 / signal : 1
    }
  }

  /// By output, nothing yet.
  var noSums: [Double] { Array(repeating: 0, count: parts.count) }

  /// Adds an image's squared differences by output.
  ///
  /// - Parameter raws: of all outputs, as `ModelRunner.outputs` gives them.
  func add(_ raws: [Int32], of graph: FixedGraph, image: Int, to sums: inout [Double]) {
    for (index, part) in parts.enumerated() {
      let format = graph.tensors[graph.outputs[index].tensor].format
      var sum = sums[index]
      for element in part {
        let difference = format.number(Int64(raws[element])) - Double(values[image][element])
        sum += difference * difference
      }
      sums[index] = sum
    }
  }

  /// The weighted sum over the outputs of what several threads have found.
  func error(_ found: [[Double]]) -> Double {
    weights.indices.reduce(0) { sum, index in sum + weights[index] * found.map { $0[index] }.reduce(0, +) }
  }
}

extension FloatGraph {
  /// The values of each output for an image.
  func outputs(of run: FloatRunner, _ pixels: [UInt8]) throws -> [[Float]] {
    var found = [[Float]](repeating: [], count: outputs.count)
    try run(pixels) { value, numbers in
      for index in outputs.indices where outputs[index].value == value { found[index] = numbers }
    }
    return found
  }
}
