import Quantize

/// SplitMix64: seeds make tests repeat.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Builds float graphs with random weights.
struct NetworkBuilder {
  var values: [FloatGraph.Value]
  var nodes: [FloatGraph.Node] = []
  var random: SplitMix

  init(size: Int, seed: UInt64) {
    values = [FloatGraph.Value(name: "image", shape: Shape(height: size, width: size, channels: 1))]
    random = SplitMix(state: seed)
  }

  mutating func weights(_ count: Int, reach: Float) -> [Float] {
    (0..<count).map { _ in Float.random(in: -reach...reach, using: &random) }
  }

  mutating func add(_ name: String, _ operation: FloatOperation, _ inputs: [Int], _ shape: Shape) -> Int {
    values.append(FloatGraph.Value(name: name, shape: shape))
    nodes.append(FloatGraph.Node(name: name, operation: operation, inputs: inputs, output: values.count - 1))
    return values.count - 1
  }

  /// 3x3, padding 1.
  mutating func convolution(_ name: String, _ input: Int, _ outputs: Int) -> Int {
    var shape = values[input].shape
    let taps = 9 * shape.channels
    let convolution = FloatConvolution(
      weights: weights(outputs * taps, reach: (6 / Float(taps)).squareRoot()), bias: weights(outputs, reach: 0.2),
      kernel: Extent(3, 3), padding: Padding(top: 1, left: 1, bottom: 1, right: 1))
    shape.channels = outputs
    return add(name, .convolution(convolution), [input], shape)
  }

  mutating func relu(_ input: Int) -> Int {
    add(values[input].name + "/relu", .clip(least: 0, greatest: .infinity), [input], values[input].shape)
  }

  mutating func pool(_ input: Int, average: Bool = false) -> Int {
    let pool = FloatPool(kernel: Extent(2, 2), stride: Extent(2, 2))
    var shape = values[input].shape
    (shape.height, shape.width) = (shape.height / 2, shape.width / 2)
    return add(values[input].name + "/pool", average ? .averagePool(pool) : .maxPool(pool), [input], shape)
  }

  /// Each channel by a 3x3 filter of its own, padding 1.
  mutating func depthwise(_ name: String, _ input: Int) -> Int {
    let channels = values[input].shape.channels
    let convolution = FloatConvolution(
      weights: weights(9 * channels, reach: 0.8), bias: weights(channels, reach: 0.2), kernel: Extent(3, 3),
      padding: Padding(top: 1, left: 1, bottom: 1, right: 1), groups: channels)
    return add(name, .convolution(convolution), [input], values[input].shape)
  }

  mutating func sum(_ name: String, _ first: Int, _ second: Int) -> Int {
    add(name, .add, [first, second], values[first].shape)
  }

  mutating func flatten(_ input: Int) -> Int {
    add(values[input].name + "/flat", .flatten, [input], .vector(values[input].shape.count))
  }

  mutating func connected(_ name: String, _ input: Int, _ outputs: Int) -> Int {
    let inputs = values[input].shape.count
    let operation = FloatOperation.fullyConnected(
      weights: weights(outputs * inputs, reach: (6 / Float(inputs)).squareRoot()), bias: weights(outputs, reach: 0.2))
    return add(name, operation, [input], .vector(outputs))
  }

  /// A spatial transformer around the identity.
  mutating func transformer(_ name: String, _ input: Int) -> Int {
    let features = pool(relu(convolution(name + "/features", input, 8)))
    let hidden = relu(connected(name + "/hidden", flatten(features), 8))
    let regression = FloatOperation.fullyConnected(
      weights: weights(48, reach: 0.05), bias: [1, 0.1, 0, -0.1, 1, 0.05])
    let theta = add(name + "/theta", regression, [hidden], .vector(6))
    return add(
      name + "/sample", .affineGridSample(FloatSampler(alignCorners: false)), [input, theta], values[input].shape)
  }

  func graph(output: Int) -> FloatGraph {
    FloatGraph(
      values: values, nodes: nodes, input: 0, output: output,
      preparation: InputPreparation(mean: [0.508], standardDeviation: [0.255]),
      labels: (0..<values[output].shape.count).map { "class \($0)" })
  }
}

extension FloatGraph {
  /// An SDL network of 16 x 16 pixels: every operation of the large one, two branches, a transformer.
  static func miniature(seed: UInt64 = 1) -> FloatGraph {
    var builder = NetworkBuilder(size: 16, seed: seed)
    let straight = builder.transformer("sdl", 0)
    let sdl = builder.pool(builder.relu(builder.convolution("sdl/conv", straight, 8)), average: true)
    // The order that training uses here: pool, then ReLU.
    let plain = builder.relu(builder.pool(builder.convolution("plain/1", 0, 16)))
    let deep = builder.pool(builder.relu(builder.convolution("plain/2", plain, 24)))
    let joined = [builder.flatten(sdl), builder.flatten(deep)]
    let width = joined.reduce(0) { $0 + builder.values[$1].shape.channels }
    let features = builder.add("join", .concatenate, joined, .vector(width))
    let hidden = builder.relu(builder.connected("hidden", features, 20))
    let logits = builder.connected("classifier", hidden, 7)
    return builder.graph(output: logits)
  }

  /// Two residual blocks of 16 x 16 pixels: one with a ReLU behind the sum, as in ResNet, one without, as in MobileNetV2.
  static func residual(seed: UInt64 = 1) -> FloatGraph {
    var builder = NetworkBuilder(size: 16, seed: seed)
    let stem = builder.relu(builder.convolution("stem", 0, 16))
    let inner = builder.convolution("block/2", builder.relu(builder.convolution("block/1", stem, 16)), 16)
    let block = builder.pool(builder.relu(builder.sum("block", stem, inner)))
    let narrow = builder.convolution("narrow", block, 8)
    let wide = builder.relu(builder.depthwise("depthwise", builder.relu(builder.convolution("expand", narrow, 24))))
    let bottleneck = builder.sum("bottleneck", builder.convolution("project", wide, 8), narrow)
    let features = builder.relu(builder.convolution("features", bottleneck, 20))
    let logits = builder.connected("classifier", builder.flatten(builder.pool(features, average: true)), 7)
    return builder.graph(output: logits)
  }
}

/// Blurred noise of varied contrast: neighbours are alike, as in photographs.
func picture(_ index: Int, size: Int) -> [UInt8] {
  var random = SplitMix(state: UInt64(index) &* 977 &+ 5)
  let coarse = (0..<25).map { _ in Double.random(in: 0...255, using: &random) }
  return (0..<size * size).map { pixel in
    let (y, x) = (Double(pixel / size) * 4 / Double(size), Double(pixel % size) * 4 / Double(size))
    let (row, column) = (Int(y), Int(x))
    let (v, u) = (y - Double(row), x - Double(column))
    let upper = coarse[row * 5 + column] * (1 - u) + coarse[row * 5 + column + 1] * u
    let lower = coarse[row * 5 + 5 + column] * (1 - u) + coarse[row * 5 + 6 + column] * u
    return UInt8(upper * (1 - v) + lower * v)
  }
}
