import Quantize

extension Passes {
  /// Drops nodes that return their input: clips without ends, flattened vectors, pools of one pixel, batch-norms that scale
  /// by one, clips where no pixel is. Their readers read the input instead.
  static func droppingIdentities(_ graph: FloatGraph) -> FloatGraph {
    var result = graph
    result.nodes = []
    // Where each value is to be read; a node's inputs are settled before it, in the order of execution.
    var source = Array(graph.values.indices)
    for var node in graph.nodes {
      node.inputs = node.inputs.map { source[$0] }
      if node.operation.isIdentity(from: graph.values[node.inputs[0]].shape, to: graph.values[node.output].shape)
        || graph.leavesPixels(node)
      {
        source[node.output] = node.inputs[0]
      } else {
        result.nodes.append(node)
      }
    }
    for index in graph.outputs.indices { result.outputs[index].value = source[graph.outputs[index].value] }
    return result
  }
}

extension FloatGraph {
  /// Whether a node clips the input where no pixel is, but for half a 255th of the range: a quantisation of 8 bits ends that much inside
  /// of what it covers.
  fileprivate func leavesPixels(_ node: Node) -> Bool {
    guard case .clip(let least, let greatest) = node.operation, node.inputs == [input] else { return false }
    let range = Double(greatest) - Double(least)
    let slack = range.isFinite ? range / 510 : 0
    return preparation.mean.indices.allSatisfy { channel in
      [0, 255].allSatisfy { pixel in
        let number = preparation.prepared(pixel: pixel, channel: channel)
        return number >= Double(least) - slack && number <= Double(greatest) + slack
      }
    }
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
