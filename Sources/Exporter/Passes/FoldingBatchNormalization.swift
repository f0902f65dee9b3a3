import Quantize

extension Passes {
  /// Folds each batch-norm into the convolution, fully connected layer or element-wise function before it, unless something else reads that
  /// layer's output, too: `scale * (w x + b) + shift = (scale * w) x + (scale * b + shift)`, by output channel.
  /// Each new weight and bias is rounded once. Weights that lie on a grid of the source stay on it: only a
  /// shift is folded into their layer.
  static func foldingBatchNormalization(_ graph: FloatGraph) -> FloatGraph {
    var result = graph
    var isFolded = [Bool](repeating: false, count: graph.nodes.count)
    for index in graph.nodes.indices {
      while let next = result.onlyReader(of: result.nodes[index].output),
        case .batchNormalization(let scale, let shift) = result.nodes[next].operation,
        result.nodes[index].grid == nil || scale.allSatisfy({ $0 == 1 }),
        let folded = result.nodes[index].operation.followed(byScale: scale, shift: shift)
      {
        result.nodes[index].operation = folded
        result.nodes[index].output = result.nodes[next].output
        // It no longer counts as a reader; it goes below.
        result.nodes[next].inputs = []
        isFolded[next] = true
      }
    }
    result.nodes = zip(result.nodes, isFolded).filter { !$1 }.map(\.0)
    return result
  }
}

extension FloatOperation {
  /// The operation with `x * scale + shift` by output channel after it; nil unless it has weights to take it in.
  fileprivate func followed(byScale scale: [Float], shift: [Float]) -> FloatOperation? {
    func scaled(_ weights: [Float]) -> [Float] {
      // Weights lie output channel by output channel in both layouts.
      let perChannel = weights.count / scale.count
      return weights.indices.map { weights[$0] * scale[$0 / perChannel] }
    }
    func shifted(_ bias: [Float]) -> [Float] {
      bias.indices.map { Float(Double(bias[$0]) * Double(scale[$0]) + Double(shift[$0])) }
    }
    switch self {
    case .convolution(var convolution):
      convolution.weights = scaled(convolution.weights)
      convolution.bias = shifted(convolution.bias)
      return .convolution(convolution)
    case .fullyConnected(let weights, let bias):
      return .fullyConnected(weights: scaled(weights), bias: shifted(bias))
    case .pointwise(let function): return .pointwise(.channelwise(scale: scale, shift: shift).of(function))
    case .batchNormalization, .clip, .maxPool, .averagePool, .flatten, .affineGridSample, .concatenate, .add, .multiply,
      .rearrange, .quantize:
      return nil
    }
  }
}
