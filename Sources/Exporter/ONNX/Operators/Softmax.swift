import Quantize

/// Softmax-11 to 13 inside a graph, over axes that are neighbours in memory: `exp(x - max x) / sum exp(x - max x)`, of which functions are
/// tables. Up to opset 12 it is over all axes from `axis` on.
func importSoftmax(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let activation = try node.activation(0)
  let rank = activation.dims.count
  let isOverOneAxis = builder.opset >= 13
  let axis = try node.axis(try node.integer("axis", default: isOverOneAxis ? -1 : 1), rank: rank)
  let list = try builder.list(activation, over: isOverOneAxis ? [axis] : Set(axis..<rank), for: node)
  let shape = builder.shape(list.value)
  let kernel = Extent(1, shape.width)

  let greatest = try builder.pool(list.value, over: kernel, for: node.named("/greatest")) { .maxPool($0) }
  let least = try builder.apply(.argument * .constant(-1), to: greatest, for: node.named("/least"))
  let spread = try builder.spread(least, to: shape, for: node.named("/least"))
  let difference = try builder.add(.add, [list.value, spread], shape: shape, for: node, suffix: "/difference")
  let power = try builder.apply(.unary(.exponential, .argument), to: difference, for: node.named("/power"))
  let mean = try builder.pool(power, over: kernel, for: node.named("/mean")) { .averagePool($0) }
  // The greatest power is 1, so that the sum is no less: at no raw value of the mean the share is out of reach.
  let sum = PointwiseFunction.clip(.argument * .constant(Double(shape.width)), least: 1, greatest: .infinity)
  let share = try builder.apply(.unary(.reciprocal, sum), to: mean, for: node.named("/share"))
  let product = try builder.add(.multiply, [power, share], shape: shape, for: node)
  return try builder.restored(product, list, dims: activation.dims, for: node)
}

extension ONNXNode {
  /// The same node, whose name and output end with a suffix: for one of the operations that it becomes.
  fileprivate func named(_ suffix: String) -> ONNXNode {
    var node = self
    node.place.node += suffix
    node.outputs = [output + suffix]
    return node
  }
}
