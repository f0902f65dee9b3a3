import Quantize

extension Passes {
  /// Moves a clip in front of the max-pools between it and the convolution they follow: convolution, clip, max-pool.
  ///
  /// Both are monotone, so they commute: the greatest of clipped values is the clipped greatest value. In this order the
  /// clip joins the convolution whether or not the runtime computes the pool along with it.
  static func clippingBeforeMaxPools(_ graph: FloatGraph) -> FloatGraph {
    var result = graph
    while let (pool, clip) = result.clippedPool() { result.exchange(pool: pool, clip: clip) }
    return result
  }
}

extension FloatGraph {
  /// A max-pool, on the way from a convolution, whose only reader is a clip.
  fileprivate func clippedPool() -> (pool: Int, clip: Int)? {
    for (index, node) in nodes.enumerated() {
      if case .maxPool = node.operation, let clip = onlyReader(of: node.output),
        case .clip = nodes[clip].operation, leadsFromConvolution(node.inputs[0])
      {
        return (index, clip)
      }
    }
    return nil
  }

  /// True if a value is a convolution's output, but for clips and max-pools, and nothing else reads it on the way.
  private func leadsFromConvolution(_ value: Int) -> Bool {
    guard onlyReader(of: value) != nil, let maker = maker(of: value) else { return false }
    switch nodes[maker].operation {
    case .convolution: return true
    case .clip, .maxPool: return leadsFromConvolution(nodes[maker].inputs[0])
    case .batchNormalization, .pointwise, .averagePool, .fullyConnected, .flatten, .affineGridSample, .concatenate,
      .add,
      .multiply, .rearrange, .quantize:
      return false
    }
  }

  /// Turns pool, then clip into clip, then pool. The value between the two takes the pool's input's extents.
  fileprivate mutating func exchange(pool: Int, clip: Int) {
    let between = nodes[pool].output
    let whole = nodes[pool].inputs[0]
    let final = nodes[clip].output
    var (poolNode, clipNode) = (nodes[pool], nodes[clip])
    (clipNode.inputs, clipNode.output) = ([whole], between)
    (poolNode.inputs, poolNode.output) = ([between], final)
    (nodes[pool], nodes[clip]) = (clipNode, poolNode)
    values[between] = Value(name: clipNode.name, shape: values[whole].shape)
  }
}
