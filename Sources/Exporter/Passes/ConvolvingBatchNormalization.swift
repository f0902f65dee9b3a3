import Quantize

extension Passes {
  /// Writes a batch-norm that could not be folded as what it is: a 1x1 convolution with a group for each channel.
  static func convolvingBatchNormalization(_ graph: FloatGraph) -> FloatGraph {
    var result = graph
    for index in graph.nodes.indices {
      guard case .batchNormalization(let scale, let shift) = graph.nodes[index].operation else { continue }
      result.nodes[index].operation = .convolution(
        FloatConvolution(weights: scale, bias: shift, kernel: Extent(1, 1), groups: scale.count))
    }
    return result
  }
}
