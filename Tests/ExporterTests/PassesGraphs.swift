import Quantize

/// Builds seeded graphs in which every pass finds work. Weights keep values near 1.
struct RandomNetwork {
  private(set) var graph: FloatGraph
  private var state: UInt64
  private var current = 0

  /// - Parameter seed: the same seed, the same graph.
  init(seed: UInt64) {
    state = seed
    let image = Shape(height: 16, width: 16, channels: 2)
    graph = FloatGraph(
      values: [FloatGraph.Value(name: "input", shape: image)], nodes: [], input: 0, output: 0,
      preparation: InputPreparation(mean: [0, 0], standardDeviation: [1, 1]), labels: [])
    for _ in 0..<3 { block() }
    let side = current
    block()
    if integer(0...1) == 0 { join(side) }
    add(.flatten, shape: .vector(shape(current).count))
    linear(outputs: 7)
    if integer(0...1) == 0 { normalise() }
    clip()
    linear(outputs: 3)
    graph.outputs[0].value = current
    dead()
  }

  /// Convolution, perhaps batch-norms, then clip and max-pool in either order; identities now and then.
  private mutating func block() {
    let input = shape(current)
    let channels = integer(1...4)
    let convolution = FloatConvolution(
      weights: floats(channels * 9 * input.channels, 1 / Float(3 * input.channels)), bias: floats(channels, 0.5),
      kernel: Extent(3, 3), padding: Padding(top: 1, left: 1, bottom: 1, right: 1))
    add(.convolution(convolution), shape: Shape(height: input.height, width: input.width, channels: channels))
    for _ in 0..<integer(0...2) { normalise() }
    switch integer(0...3) {
    case 0:
      pool()
      clip()
    case 1:
      clip()
      pool()
    case 2:
      clip()
      normalise()
    default:
      clip()
    }
    if integer(0...2) == 0 { add(.clip(least: -.infinity, greatest: .infinity), shape: shape(current)) }
  }

  private mutating func normalise() {
    let channels = shape(current).channels
    add(.batchNormalization(scale: floats(channels, 1.5), shift: floats(channels, 0.5)), shape: shape(current))
  }

  private mutating func clip() {
    add(.clip(least: 0, greatest: integer(0...1) == 0 ? .infinity : 0.75), shape: shape(current))
  }

  private mutating func pool() {
    let input = shape(current)
    guard input.height > 2 else { return }
    let output = Shape(height: input.height / 2, width: input.width / 2, channels: input.channels)
    add(.maxPool(FloatPool(kernel: Extent(2, 2), stride: Extent(2, 2))), shape: output)
  }

  private mutating func linear(outputs: Int) {
    let inputs = shape(current).count
    let weights = floats(inputs * outputs, 1 / Float(inputs).squareRoot())
    add(.fullyConnected(weights: weights, bias: floats(outputs, 0.5)), shape: .vector(outputs))
  }

  /// Concatenates an earlier value of the same extents, which thereby gets a second reader.
  private mutating func join(_ side: Int) {
    let (one, other) = (shape(side), shape(current))
    guard one.height == other.height else { return }
    let latest = current
    add(
      .concatenate, shape: Shape(height: one.height, width: one.width, channels: one.channels + other.channels),
      inputs: [side, latest])
  }

  /// A layer that the output does not depend on; it reads the first convolution's output.
  private mutating func dead() {
    current = 1
    block()
  }

  private mutating func add(_ operation: FloatOperation, shape: Shape, inputs: [Int]? = nil) {
    graph.values.append(FloatGraph.Value(name: "value\(graph.values.count)", shape: shape))
    graph.nodes.append(
      FloatGraph.Node(
        name: "node\(graph.nodes.count)", operation: operation, inputs: inputs ?? [current],
        output: graph.values.count - 1))
    current = graph.values.count - 1
  }

  private func shape(_ value: Int) -> Shape { graph.values[value].shape }

  mutating func floats(_ count: Int, _ reach: Float) -> [Float] {
    (0..<count).map { _ in (Float(next() >> 40) / Float(1 << 23) - 1) * reach }
  }

  private mutating func integer(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }

  /// SplitMix64 (Steele, Lea and Flood 2014).
  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
