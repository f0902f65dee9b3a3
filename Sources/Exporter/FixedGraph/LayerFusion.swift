import EdgeRuntime
import Quantize

extension LayerGraph {
  /// Joins what the runtime computes in one step.
  ///
  /// A convolution takes the clips and one 2x2 max-pool that follow it, in either order (both are monotone, so they
  /// commute); a fully connected layer, a sum, a product and an element-wise function take their clips. Every layer takes the format that its output is quantised to. A
  /// value that something else reads, too, ends the chain.
  ///
  /// - Throws: `ExportError.unsupported` for a batch-norm that the passes left; `.notFinite` for a weight or bias.
  public init(fusing graph: FloatGraph) throws(ExportError) {
    self.graph = graph
    layers = []
    storage = Array(graph.values.indices)
    var isTaken = [Bool](repeating: false, count: graph.nodes.count)
    for (index, node) in graph.nodes.enumerated() where !isTaken[index] {
      if case .flatten = node.operation {
        storage[node.output] = storage[node.inputs[0]]
        continue
      }
      if case .quantize(let format) = node.operation, graph.inputs.contains(node.inputs[0]),
        graph.onlyReader(of: node.inputs[0]) == index
      {
        storage[node.output] = node.inputs[0]
        inputFormats[node.inputs[0]] = format
        continue
      }
      var layer = try Layer(node)
      while let next = graph.onlyReader(of: layer.output), layer.absorb(graph.nodes[next]) {
        isTaken[next] = true
      }
      layers.append(layer)
    }
    guard !layers.isEmpty else {
      throw .unsupported(layer: graph.values[graph.output].name, reason: "the network computes nothing of its input")
    }
  }
}

extension LayerGraph.Layer {
  fileprivate init(_ node: FloatGraph.Node) throws(ExportError) {
    name = node.name
    inputs = node.inputs
    output = node.output
    (least, greatest) = (-.infinity, .infinity)
    grid = node.grid
    switch node.operation {
    case .convolution(let convolution):
      try Self.checkFinite(convolution.weights, convolution.bias, of: node.name)
      operation = .convolution(convolution, hasMaxPool: false)
    case .fullyConnected(let weights, let bias):
      try Self.checkFinite(weights, bias, of: node.name)
      operation = .fullyConnected(weights: weights, bias: bias)
    case .maxPool(let pool): operation = .maxPool(pool)
    case .averagePool(let pool): operation = .averagePool(pool)
    case .affineGridSample(let sampler): operation = .affineGridSample(sampler)
    case .concatenate: operation = .concatenate
    case .add: operation = .add
    case .pointwise(let function): operation = .table(function)
    case .multiply: operation = .multiply
    case .rearrange(let rearrangement): operation = .rearrange(rearrangement)
    case .clip(let least, let greatest):
      operation = .clip
      (self.least, self.greatest) = (least, greatest)
    case .quantize(let format):
      operation = .clip
      self.format = format
    case .batchNormalization:
      throw .unsupported(layer: node.name, reason: "a batch normalisation that follows no convolution")
    case .flatten: preconditionFailure("a flattening is no layer")
    }
  }

  /// Here, since a calibration with such a weight would only find that some tensor far behind it is not finite.
  private static func checkFinite(_ weights: [Float], _ bias: [Float], of name: String) throws(ExportError) {
    let taps = weights.count / bias.count
    if let bad = weights.firstIndex(where: { !$0.isFinite }) { throw .notFinite(layer: name, channel: bad / taps) }
    if let bad = bias.firstIndex(where: { !$0.isFinite }) { throw .notFinite(layer: name, channel: bad) }
  }

  /// Takes the node that follows into this layer if the runtime computes both at once.
  fileprivate mutating func absorb(_ node: FloatGraph.Node) -> Bool {
    switch (operation, node.operation) {
    case (_, .quantize(let wanted)):
      guard format == nil || format == wanted else { return false }
      format = wanted
    case (_, .clip(let low, let high)) where format?.holds(low, high) == false:
      // The format comes first, so that what it rounds could leave a bound that it does not hold.
      return false
    case (.convolution, .clip(let low, let high)), (.fullyConnected, .clip(let low, let high)),
      (.clip, .clip(let low, let high)), (.add, .clip(let low, let high)), (.table, .clip(let low, let high)),
      (.multiply, .clip(let low, let high)):
      least = min(max(least, low), high)
      greatest = max(min(greatest, high), low)
    case (.convolution(let convolution, hasMaxPool: false), .maxPool(let pool)) where pool.isTwoByTwo:
      operation = .convolution(convolution, hasMaxPool: true)
    default:
      return false
    }
    output = node.output
    return true
  }
}

extension FixedFormat {
  /// True if each end of a clip is infinite or a value of the format: then clipping and rounding commute.
  fileprivate func holds(_ ends: Float...) -> Bool {
    ends.allSatisfy { $0.isInfinite || number(raw(Double($0))) == Double($0) }
  }
}

extension FloatPool {
  /// 2x2 of stride 2 without padding: the pool that a convolution's kernel takes along.
  var isTwoByTwo: Bool {
    kernel == Extent(2, 2) && stride == Extent(2, 2) && padding == Padding() && dilation == Extent(1, 1)
  }
}
