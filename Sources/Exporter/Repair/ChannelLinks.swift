import Quantize

/// A convolution, a fully connected layer or the graph's input, whose channels can be multiplied by positive factors because
/// all that read them can undo it. Where values are added up, the layers that make them take the same factors.
struct ChannelLink {
  /// A node that divides its weights by the factors.
  struct Reader {
    var node: Int
    /// For each input channel (of a convolution) or input (of a fully connected layer) the producer's channel, or -1.
    var channels: [Int]
  }

  /// Indices of the producers in the graph's nodes; none for the input.
  var nodes: [Int] = []
  var readers: [Reader] = []
  /// Values that the channels flow through, with the producer's channel of each of theirs, or -1.
  var values: [(value: Int, channels: [Int])] = []
}

extension FloatGraph {
  /// The link of a node; nil if a reader can't undo factors: theta, a clip between finite bounds, a function that bends
  /// elsewhere than at zero, a given format or grid,
  /// an output of the graph's.
  ///
  /// ReLU, leaky ReLU, pooling, sampling, flattening and concatenation commute with a positive factor for each channel, and a sum with
  /// one that both of its sides have.
  func link(ofNode index: Int) -> ChannelLink? {
    guard isScalable(index) else { return nil }
    var link = ChannelLink(nodes: [index])
    let channels = Array(0..<values[nodes[index].output].shape.channels)
    return follow(nodes[index].output, channels, &link) ? link : nil
  }

  /// The link of the graph's input; nil if a reader can't undo factors.
  func linkOfInput() -> ChannelLink? {
    var link = ChannelLink()
    return follow(input, Array(0..<values[input].shape.channels), &link) ? link : nil
  }

  /// Whether a node's own weights and bias can be multiplied.
  private func isScalable(_ index: Int) -> Bool {
    switch nodes[index].operation {
    case .convolution, .fullyConnected: nodes[index].grid == nil
    default: false
    }
  }

  /// Adds to a link what makes `value`, which is to take the same factors.
  ///
  /// - Returns: false if that can't be done: for the graph's input, or what mixes channels.
  private func tie(_ value: Int, _ channels: [Int], _ link: inout ChannelLink) -> Bool {
    if link.values.contains(where: { $0.value == value }) { return true }
    guard let maker = maker(of: value) else { return false }
    switch nodes[maker].operation {
    case .convolution, .fullyConnected:
      guard isScalable(maker) else { return false }
      link.nodes.append(maker)
      return follow(value, channels, &link)
    // Following the input leads through the node to `value`.
    case .clip, .maxPool, .averagePool, .add: return tie(nodes[maker].inputs[0], channels, &link)
    case .pointwise(let function):
      return function.isHomogeneous && tie(nodes[maker].inputs[0], channels, &link)
    case .batchNormalization, .flatten, .affineGridSample, .concatenate, .multiply, .rearrange, .quantize: return false
    }
  }

  /// - Returns: false at a reader that can't undo factors.
  private func follow(_ value: Int, _ channels: [Int], _ link: inout ChannelLink) -> Bool {
    if isOutput(value) { return false }
    if link.values.contains(where: { $0.value == value && $0.channels == channels }) { return true }
    link.values.append((value, channels))
    for (index, node) in nodes.enumerated() {
      for position in node.inputs.indices where node.inputs[position] == value {
        switch node.operation {
        case .clip(let least, let greatest):
          guard least == 0 || least == -.infinity, greatest == .infinity else { return false }
          guard follow(node.output, channels, &link) else { return false }
        case .pointwise(let function):
          guard function.isHomogeneous, follow(node.output, channels, &link) else { return false }
        case .maxPool, .averagePool:
          guard follow(node.output, channels, &link) else { return false }
        case .flatten:
          guard let seen = values[node.output].shape.channels(seenThrough: channels, count: values[value].shape.count),
            follow(node.output, seen, &link)
          else { return false }
        case .affineGridSample:
          guard position == 0, follow(node.output, channels, &link) else { return false }
        case .concatenate:
          let before = node.inputs[..<position].reduce(0) { $0 + values[$1].shape.channels }
          var joined = [Int](repeating: -1, count: values[node.output].shape.channels)
          for (channel, source) in channels.enumerated() { joined[before + channel] = source }
          guard follow(node.output, joined, &link) else { return false }
        case .add:
          // The input's map has offsets, too, which a sum would change.
          guard !link.nodes.isEmpty, channels == Array(channels.indices),
            tie(node.inputs[1 - position], channels, &link), follow(node.output, channels, &link)
          else { return false }
        case .convolution, .fullyConnected:
          guard node.grid == nil else { return false }
          link.readers.append(ChannelLink.Reader(node: index, channels: channels))
        case .rearrange(let rearrangement):
          // A fill other than zero would have to be scaled, too.
          guard rearrangement.fill == 0 else { return false }
          let moved = (0..<values[node.output].shape.channels).map { channel in
            let source = channel + rearrangement.firstChannel
            return channels.indices ~= source ? channels[source] : -1
          }
          guard follow(node.output, moved, &link) else { return false }
        case .batchNormalization, .multiply, .quantize: return false
        }
      }
    }
    return true
  }

  /// Multiplies a link's channels by factors and divides its readers' weights by them. The input's own preparation stays.
  mutating func scale(_ link: ChannelLink, by factors: [Float]) {
    for node in link.nodes { nodes[node].operation.multiplyOutputs(by: factors) }
    for reader in link.readers {
      let divisors = reader.channels.map { $0 < 0 ? 1 : factors[$0] }
      nodes[reader.node].operation.divideInputs(by: divisors)
    }
  }

  /// Adds a constant to each of a link's channels, which its readers' biases take off again. Not so at zeros that a
  /// padding or a sampler adds around an image: they keep standing for zero.
  mutating func shift(_ link: ChannelLink, by offsets: [Float]) {
    for reader in link.readers {
      nodes[reader.node].operation.subtractFromInputs(reader.channels.map { $0 < 0 ? 0 : offsets[$0] })
    }
  }
}

extension Shape {
  /// The channels of a view of this shape, by those of the value that it shows, of `count` elements; nil where one of its channels holds elements of
  /// several.
  fileprivate func channels(seenThrough channels: [Int], count: Int) -> [Int]? {
    var seen = [Int?](repeating: nil, count: self.channels)
    for element in 0..<count {
      let (channel, source) = (element % self.channels, channels[element % channels.count])
      if seen[channel] == nil { seen[channel] = source }
      if seen[channel] != source { return nil }
    }
    return seen.compactMap { $0 }
  }
}

extension FloatOperation {
  /// Weights, bias and the number of inputs to each output of a convolution or fully connected layer.
  var linear: (weights: [Float], bias: [Float])? {
    switch self {
    case .convolution(let convolution): (convolution.weights, convolution.bias)
    case .fullyConnected(let weights, let bias): (weights, bias)
    default: nil
    }
  }

  /// The same operation with other numbers.
  func with(weights: [Float], bias: [Float]) -> FloatOperation {
    switch self {
    case .convolution(var convolution):
      (convolution.weights, convolution.bias) = (weights, bias)
      return .convolution(convolution)
    case .fullyConnected: return .fullyConnected(weights: weights, bias: bias)
    default: return self
    }
  }

  fileprivate mutating func multiplyOutputs(by factors: [Float]) {
    guard let (weights, bias) = linear else { return }
    let taps = weights.count / factors.count
    self = with(
      weights: weights.indices.map { weights[$0] * factors[$0 / taps] }, bias: zip(bias, factors).map { $0 * $1 })
  }

  /// - Parameter divisors: by input channel of a convolution, by input of a fully connected layer.
  fileprivate mutating func divideInputs(by divisors: [Float]) {
    guard let (weights, bias) = linear else { return }
    let place = inputChannel(of: divisors.count)
    self = with(weights: weights.indices.map { weights[$0] / divisors[place($0)] }, bias: bias)
  }

  /// - Parameter offsets: by input channel of a convolution, by input of a fully connected layer.
  fileprivate mutating func subtractFromInputs(_ offsets: [Float]) {
    guard let (weights, bias) = linear else { return }
    let place = inputChannel(of: offsets.count)
    let taps = weights.count / bias.count
    self = with(
      weights: weights,
      bias: bias.indices.map { output in
        Float(
          (output * taps..<(output + 1) * taps).reduce(Double(bias[output])) {
            $0 - Double(weights[$1]) * Double(offsets[place($1)])
          })
      })
  }

  /// Which of the `inputs` channels a weight, by its index, is multiplied with.
  private func inputChannel(of inputs: Int) -> (Int) -> Int {
    guard let (weights, bias) = linear else { return { _ in 0 } }
    var perGroup = inputs
    var outputsPerGroup = bias.count
    if case .convolution(let convolution) = self {
      perGroup /= convolution.groups
      outputsPerGroup /= convolution.groups
    }
    let taps = weights.count / bias.count
    return { $0 / taps / outputsPerGroup * perGroup + $0 % perGroup }
  }
}
