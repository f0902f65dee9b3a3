import Quantize

/// Seeded numbers: SplitMix64 (Steele, Lea and Flood 2014), the same on every machine.
struct SeededNumbers: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func floats(_ count: Int, in range: ClosedRange<Float> = -1...1) -> [Float] {
    (0..<count).map { _ in Float.random(in: range, using: &self) }
  }

  mutating func integer(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
}

extension FloatGraph {
  /// A graph that takes an image and has no nodes yet.
  init(input shape: Shape) {
    self.init(
      values: [Value(name: "input", shape: shape)], nodes: [], input: 0, output: 0,
      preparation: InputPreparation(
        mean: Array(repeating: 0, count: shape.channels),
        standardDeviation: Array(repeating: 1, count: shape.channels)), labels: [])
  }

  /// Adds a node, whose value becomes the graph's output; returns the value's index.
  @discardableResult
  mutating func add(_ operation: FloatOperation, of inputs: [Int], shape: Shape) -> Int {
    values.append(Value(name: "value\(values.count)", shape: shape))
    nodes.append(Node(name: "node\(nodes.count)", operation: operation, inputs: inputs, output: values.count - 1))
    outputs[0].value = values.count - 1
    return output
  }

  /// The output for one image.
  func output(for image: [Float]) -> [Float] {
    let reference = FloatReference(self)
    reference.run(image)
    return reference.output
  }
}

/// The greatest difference between two lists of the same length; infinite if the lengths differ.
func greatestDifference(_ numbers: [Float], _ expected: [Double]) -> Double {
  guard numbers.count == expected.count else { return .infinity }
  return zip(numbers, expected).map { abs(Double($0) - $1) }.max() ?? 0
}
