import Quantize

/// Pow-7 to 15 with a constant exponent.
func importPower(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let exponents: [Float] =
    if case .integers(let array) = try node.input(1) { array.elements.map { Float($0) } } else {
      try node.weights(1).elements
    }
  guard let exponent = exponents.first, exponents.allSatisfy({ $0 == exponent }) else {
    throw node.fail("its exponents differ; one number is supported")
  }
  return try importPointwise(node, &builder, .binary(.power, .argument, .constant(Double(exponent))))
}

/// Max and Min (8 to 13) of a value and constants: one number is a clip, one for each channel a function by channel; of two
/// functions of one value a function of it; of constants alone they are computed.
func importExtreme(
  _ node: ONNXNode, _ builder: inout GraphBuilder, isMaximum: Bool
) throws(ONNXError) -> Operand {
  let operation = isMaximum ? PointwiseFunction.Binary.maximum : .minimum
  guard node.inputs.count == 2 else {
    if node.inputs.count == 1 { return try node.input(0) }
    throw node.fail("it has \(node.inputs.count) inputs; 1 and 2 are supported")
  }
  let (left, right) = (try node.input(0), try node.input(1))
  guard let dims = broadcast(left.dims, right.dims) else {
    throw node.fail("dims \(left.dims) and \(right.dims) don't fit")
  }
  switch (left, right) {
  case (.integers(let first), .integers(let second)):
    let pairs = zip(first.expanded(to: dims).elements, second.expanded(to: dims).elements)
    return .integers(NDArray(dims, pairs.map { isMaximum ? max($0, $1) : min($0, $1) }))
  case (.floats(let first), .floats(let second)):
    let pairs = zip(first.expanded(to: dims).elements, second.expanded(to: dims).elements)
    return .floats(NDArray(dims, pairs.map { isMaximum ? max($0, $1) : min($0, $1) }))
  case (.activation(let activation), .floats(let bound)), (.floats(let bound), .activation(let activation)):
    guard activation.dims == dims, !bound.elements.contains(where: \.isNaN) else {
      throw node.fail("its bound of dims \(bound.dims) does not fit \(activation.dims)")
    }
    return try importBound(node, &builder, activation, bound.expanded(to: dims), operation)
  default:
    if let joined = try importJoined(node, &builder, [left, right], by: { .binary(operation, $0[0], $0[1]) }) {
      return joined
    }
    throw node.fail("the extreme of two values that depend on the image in different ways is not supported")
  }
}

private func importBound(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ activation: Activation, _ bound: NDArray<Float>,
  _ operation: PointwiseFunction.Binary
) throws(ONNXError) -> Operand {
  var activation = activation
  if let end = bound.elements.first, bound.elements.allSatisfy({ $0 == end }) {
    let isLeast = operation == .maximum
    activation.value = try builder.add(
      .clip(least: isLeast ? end : -.infinity, greatest: isLeast ? .infinity : end), [activation.value],
      shape: builder.shape(activation.value), for: node)
    return .activation(activation)
  }
  let constant = try builder.channelConstant(&activation, bound, for: node)
  activation.value = try builder.apply(.binary(operation, .argument, constant), to: activation.value, for: node)
  return .activation(activation)
}
