import Quantize

/// Add, Sub, Mul, Div (7 to 14). Of constants it is done now. Of an image's value and a constant that is one number for
/// each channel it becomes a batch-norm, which the passes fold. Of two values of an image's it is a sum (Add alone). Of theta and a constant it is a step towards a grid.
func importArithmetic(
  _ operation: Arithmetic, _ node: ONNXNode, _ builder: inout GraphBuilder
) throws(ONNXError) -> Operand {
  let (left, right) = (try node.input(0), try node.input(1))
  guard let dims = broadcast(left.dims, right.dims) else {
    throw node.fail("dims \(left.dims) and \(right.dims) don't fit")
  }
  switch (left, right) {
  case (.integers(let left), .integers(let right)):
    return .integers(try combine(operation, left.expanded(to: dims), right.expanded(to: dims), node))
  case (.floats(let left), .floats(let right)):
    let pairs = zip(left.expanded(to: dims).elements, right.expanded(to: dims).elements)
    return .floats(NDArray(dims, pairs.map { operation($0, $1) }))
  case (.activation(let activation), .floats) where activation.dims == dims:
    let constant = try node.weights(1).expanded(to: dims)
    switch operation {
    case .add: return try importChannelwise(node, &builder, activation, constant.map { (1, $0) })
    case .subtract: return try importChannelwise(node, &builder, activation, constant.map { (1, -$0) })
    case .multiply: return try importChannelwise(node, &builder, activation, constant.map { ($0, 0) })
    case .divide:
      guard !constant.elements.contains(0) else { throw node.fail("it divides by zero") }
      return try importChannelwise(node, &builder, activation, constant.map { (1 / $0, 0) })
    }
  case (.floats, .activation(let activation)) where activation.dims == dims:
    let constant = try node.weights(0).expanded(to: dims)
    switch operation {
    case .add: return try importChannelwise(node, &builder, activation, constant.map { (1, $0) })
    case .subtract: return try importChannelwise(node, &builder, activation, constant.map { (-1, $0) })
    case .multiply: return try importChannelwise(node, &builder, activation, constant.map { ($0, 0) })
    case .divide: throw node.fail("a division by a value that depends on the image is not supported")
    }
  case (.floats(let factor), let variable), (let variable, .floats(let factor)):
    guard operation == .multiply else {
      throw node.fail("a constant of dims \(factor.dims) is not one number for each channel of \(variable.dims)")
    }
    let form = try builder.linearForm(variable, for: node)
    let pairs = zip(factor.expanded(to: dims).elements, form.array.expanded(to: dims).elements)
    return .linear(LinearForm(value: form.value, array: NDArray(dims, pairs.map { $0 * $1 })))
  case (.activation(let first), .activation(let second)) where operation == .add:
    return try importSum(node, &builder, first, second)
  default:
    throw node.fail("a product, quotient or difference of two values that both depend on the image is not supported")
  }
}

/// The sum of two images or vectors of the same dims, as at the end of a residual block.
private func importSum(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ first: Activation, _ second: Activation
) throws(ONNXError) -> Operand {
  guard first.dims == second.dims else {
    throw node.fail("a sum of dims \(first.dims) and \(second.dims) is not supported: they must be equal")
  }
  if first.dims.count == 4 {
    let ((left, shape), (right, _)) = (try builder.image(first, for: node), try builder.image(second, for: node))
    let sum = try builder.add(.add, [left, right], shape: shape, for: node)
    return builder.asImage(sum)
  }
  let order = first.order(builder.shape(first.value)).elements
  guard order == second.order(builder.shape(second.value)).elements else {
    throw node.fail("a sum of two vectors whose elements were put in different orders is not supported")
  }
  let (left, right) = (try builder.vector(first, for: node), try builder.vector(second, for: node))
  var sum = first
  sum.value = try builder.add(.add, [left, right], shape: builder.shape(left), for: node)
  sum.positions = order.elementsEqual(0..<order.count) ? nil : order
  return .activation(sum)
}

/// Neg-6 and 13 of a constant.
func importNegation(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  switch try node.input(0) {
  case .floats(let array): return .floats(array.map { -$0 })
  case .integers(let array):
    return .integers(try combine(.subtract, array.map { _ in 0 }, array, node))
  case .activation, .linear, .quantized:
    throw node.fail("the negation of a value that depends on the image is not supported")
  }
}

private func combine(
  _ operation: Arithmetic, _ left: NDArray<Int>, _ right: NDArray<Int>, _ node: ONNXNode
) throws(ONNXError) -> NDArray<Int> {
  var elements: [Int] = []
  for (l, r) in zip(left.elements, right.elements) {
    guard let result = operation(l, r) else { throw node.fail("\(l) and \(r) give no 64-bit integer") }
    elements.append(result)
  }
  return NDArray(left.dims, elements)
}

/// `y = x * scale + shift`, the pair given for each of ONNX's elements.
func importChannelwise(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ activation: Activation, _ factors: NDArray<(Float, Float)>
) throws(ONNXError) -> Operand {
  var activation = activation
  let order = activation.order(builder.shape(activation.value)).elements
  // What ONNX sees as a vector may differ from element to element, so that each must be a channel.
  if activation.dims.count != 4 {
    activation.value = try builder.vector(activation, for: node)
    activation.positions = order.elementsEqual(0..<order.count) ? nil : order
  }
  let shape = builder.shape(activation.value)
  var scale = [Float?](repeating: nil, count: shape.channels)
  var shift = [Float](repeating: 0, count: shape.channels)
  for (position, factor) in zip(order, factors.elements) {
    let channel = position % shape.channels
    guard scale[channel] == nil || (scale[channel] == factor.0 && shift[channel] == factor.1) else {
      throw node.fail("its constant differs inside a channel; one number for each channel is supported")
    }
    (scale[channel], shift[channel]) = (factor.0, factor.1)
  }
  activation.value = try builder.add(
    .batchNormalization(scale: scale.map { $0 ?? 1 }, shift: shift), [activation.value], shape: shape, for: node)
  return .activation(activation)
}
