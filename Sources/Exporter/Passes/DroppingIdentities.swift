import Quantize

extension Passes {
  /// Drops nodes that return their input: clips without ends, flattened vectors, pools of one pixel, batch-norms that scale
  /// by one. Their readers read the input instead.
  static func droppingIdentities(_ graph: FloatGraph) -> FloatGraph {
    var result = graph
    result.nodes = []
    // Where each value is to be read; a node's inputs are settled before it, in the order of execution.
    var source = Array(graph.values.indices)
    for var node in graph.nodes {
      node.inputs = node.inputs.map { source[$0] }
      if node.operation.isIdentity(from: graph.values[node.inputs[0]].shape, to: graph.values[node.output].shape) {
        source[node.output] = node.inputs[0]
      } else {
        result.nodes.append(node)
      }
    }
    for index in graph.outputs.indices { result.outputs[index].value = source[graph.outputs[index].value] }
    return result
  }
}

extension FloatOperation {
  /// True if the output is the first input for every image.
  fileprivate func isIdentity(from input: Shape, to output: Shape) -> Bool {
    switch self {
    case .clip(let least, let greatest): least == -.infinity && greatest == .infinity
    case .pointwise(let function): function == .argument
    case .flatten: input == output
    case .maxPool(let pool), .averagePool(let pool):
      pool.kernel == Extent(1, 1) && pool.stride == Extent(1, 1) && pool.padding == Padding()
    case .batchNormalization(let scale, let shift): scale.allSatisfy { $0 == 1 } && shift.allSatisfy { $0 == 0 }
    case .rearrange(let rearrangement): input == output && rearrangement == FloatRearrangement(fill: rearrangement.fill)
    case .convolution, .fullyConnected, .affineGridSample, .concatenate, .add, .multiply, .quantize: false
    }
  }
}
