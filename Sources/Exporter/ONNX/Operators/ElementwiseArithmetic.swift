import Quantize

/// Add, Sub, Mul, Div (7 to 14). Of constants it is done now. Of an image's value and a constant that is one number for
/// each channel it becomes a batch-norm, which the passes fold. Of two
/// functions of one value, element by element, it is another function of it; of two other values a sum, or a product (not Div). Of theta
/// and a constant it is a step towards a grid.
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
    case .divide:
      var quotient = activation
      let numerator = try builder.channelConstant(&quotient, constant, for: node)
      quotient.value = try builder.apply(numerator / .argument, to: quotient.value, for: node)
      return .activation(quotient)
    }
  case (.floats(let factor), let variable), (let variable, .floats(let factor)):
    guard operation == .multiply else {
      throw node.fail("a constant of dims \(factor.dims) is not one number for each channel of \(variable.dims)")
    }
    let form = try builder.linearForm(variable, for: node)
    let pairs = zip(factor.expanded(to: dims).elements, form.array.expanded(to: dims).elements)
    return .linear(LinearForm(value: form.value, array: NDArray(dims, pairs.map { $0 * $1 })))
  case (.activation(let first), .activation(let second)):
    // A value that is added to itself is a sum like any other.
    if operation != .add || first.value != second.value,
      let joined = try importJoined(node, &builder, [left, right], by: { .binary(operation.pointwise, $0[0], $0[1]) })
    {
      return joined
    }
    switch operation {
    case .add: return try importSum(node, &builder, first, second)
    case .subtract:
      let count = second.dims.reduce(1, *)
      let negated = try importChannelwise(
        node, &builder, second, NDArray(second.dims, Array(repeating: (Float(-1), Float(0)), count: count)),
        suffix: "/negated")
      guard case .activation(let negated) = negated else { preconditionFailure("a scaled activation is one") }
      return try importSum(node, &builder, first, negated)
    case .multiply: return try importProduct(node, &builder, first, second)
    case .divide:
      throw node.fail("a quotient of two values that depend on the image in different ways is not supported")
    }
  default:
    throw node.fail(
      "dims \(left.dims) and \(right.dims): arithmetic on a sampling grid or on what is quantised is not supported")
  }
}

/// Sum-8 and 13: one addition after the other.
func importVariadicSum(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  var sum = try node.input(0)
  for index in node.inputs.indices.dropFirst() {
    var addition = node
    addition.inputs = [sum, try node.input(index)]
    addition.inputNames = [node.output, node.inputNames[index]]
    sum = try importArithmetic(.add, addition, &builder)
  }
  return sum
}

/// The sum of two images, as at the end of a residual block, whose extents are the same or 1 in one of them; or of two vectors of the
/// same dims.
private func importSum(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ first: Activation, _ second: Activation
) throws(ONNXError) -> Operand {
  if let images = try builder.imagesOfOneSize(first, second, for: node) {
    let left = try builder.spread(images.first, to: images.shape, for: node)
    let right = try builder.spread(images.second, to: images.shape, for: node)
    let sum = try builder.add(.add, [left, right], shape: images.shape, for: node)
    return builder.asImage(sum)
  }
  if first.dims != second.dims {
    guard let lists = try builder.listsOfOneSize(first, second, for: node) else {
      throw node.fail("a sum of dims \(first.dims) and \(second.dims) is not supported: up to three beside 1s are")
    }
    let left = try builder.spread(lists.first, to: lists.shape, for: node)
    let right = try builder.spread(lists.second, to: lists.shape, for: node)
    let sum = try builder.add(.add, [left, right], shape: lists.shape, for: node)
    return .activation(Activation(inOrder: sum, dims: lists.dims, lists.shape))
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

/// The product of two images whose extents are the same or 1 in one of them, as in a squeeze and excitation; or of two vectors of the same
/// dims.
private func importProduct(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ first: Activation, _ second: Activation
) throws(ONNXError) -> Operand {
  if let images = try builder.imagesOfOneSize(first, second, for: node) {
    // The runtime repeats the second factor by itself.
    let (whole, part) =
      builder.shape(images.first) == images.shape ? (images.first, images.second) : (images.second, images.first)
    let left = try builder.spread(whole, to: images.shape, for: node)
    let product = try builder.add(.multiply, [left, part], shape: images.shape, for: node)
    return builder.asImage(product)
  }
  if first.dims != second.dims, let lists = try builder.listsOfOneSize(first, second, for: node) {
    let isFirstWhole = builder.shape(lists.first) == lists.shape
    let (whole, part) = isFirstWhole ? (lists.first, lists.second) : (lists.second, lists.first)
    let left = try builder.spread(whole, to: lists.shape, for: node)
    let product = try builder.add(.multiply, [left, part], shape: lists.shape, for: node)
    return .activation(Activation(inOrder: product, dims: lists.dims, lists.shape))
  }
  let (whole, part) = (first, second)
  let order = whole.order(builder.shape(whole.value)).elements
  guard whole.dims == part.dims, order == part.order(builder.shape(part.value)).elements else {
    throw node.fail(
      "a product of dims \(first.dims) and \(second.dims), whose elements are in different orders, is not supported")
  }
  let (left, right) = (try builder.vector(whole, for: node), try builder.vector(part, for: node))
  var product = whole
  product.value = try builder.add(.multiply, [left, right], shape: builder.shape(left), for: node)
  product.positions = order.elementsEqual(0..<order.count) ? nil : order
  return .activation(product)
}

/// Neg-6 and 13.
func importNegation(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  switch try node.input(0) {
  case .floats(let array): return .floats(array.map { -$0 })
  case .integers(let array):
    return .integers(try combine(.subtract, array.map { _ in 0 }, array, node))
  case .activation(let activation):
    let count = activation.dims.reduce(1, *)
    return try importChannelwise(
      node, &builder, activation, NDArray(activation.dims, Array(repeating: (Float(-1), Float(0)), count: count)))
  case .linear, .quantized:
    throw node.fail("the negation of a sampling grid or of what is quantised is not supported")
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
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ activation: Activation, _ factors: NDArray<(Float, Float)>,
  suffix: String = ""
) throws(ONNXError) -> Operand {
  var activation = activation
  let pairs = try builder.byChannel(&activation, factors, for: node, ==)
  activation.value = try builder.add(
    .batchNormalization(scale: pairs.map(\.0), shift: pairs.map(\.1)), [activation.value],
    shape: builder.shape(activation.value), for: node, suffix: suffix)
  return .activation(activation)
}

extension GraphBuilder {
  /// Two images and the extents that they have together; nil where one is none.
  fileprivate func imagesOfOneSize(
    _ first: Activation, _ second: Activation, for node: ONNXNode
  ) throws(ONNXError) -> (first: Int, second: Int, shape: Shape)? {
    guard first.dims.count == 4, second.dims.count == 4 else {
      // Axes that one lacks are 1, in front of its own.
      guard max(first.dims.count, second.dims.count) == 4 else { return nil }
      let both = [first, second].map { activation in
        let missing = Array(repeating: 1, count: 4 - activation.dims.count)
        return Activation(value: activation.value, dims: missing + activation.dims, positions: activation.positions)
      }
      guard both.allSatisfy({ $0.isImage(shape($0.value)) }) else { return nil }
      return shape(first.value).joined(with: shape(second.value)).map { (first.value, second.value, $0) }
    }
    let ((left, own), (right, other)) = (try image(first, for: node), try image(second, for: node))
    return own.joined(with: other).map { (left, right, $0) }
  }

  /// A constant of an activation's dims as a function's: one number, or one for each channel.
  mutating func channelConstant(
    _ activation: inout Activation, _ constant: NDArray<Float>, for node: ONNXNode
  ) throws(ONNXError) -> PointwiseFunction {
    if let number = constant.elements.first, constant.elements.allSatisfy({ $0 == number }) {
      return .constant(Double(number))
    }
    return .constant(try byChannel(&activation, constant, for: node, ==).map(Double.init))
  }

  /// What is given for each of ONNX's elements, by channel of the value. A vector behind an image is flattened first: it may
  /// differ from element to element, so that each must be a channel.
  ///
  /// - Throws: `ONNXError.invalidNode` where it differs inside a channel.
  fileprivate mutating func byChannel<Element>(
    _ activation: inout Activation, _ elements: NDArray<Element>, for node: ONNXNode,
    _ isSame: (Element, Element) -> Bool
  ) throws(ONNXError) -> [Element] {
    let order = activation.order(shape(activation.value)).elements
    if activation.dims.count != 4 {
      activation.value = try vector(activation, for: node)
      activation.positions = order
      activation = activation.normalized(shape(activation.value))
    }
    let channels = shape(activation.value).channels
    var found = [Element?](repeating: nil, count: channels)
    for (position, element) in zip(order, elements.elements) {
      guard found[position % channels].map({ isSame($0, element) }) ?? true else {
        throw node.fail("its constant differs inside a channel; one number for each channel is supported")
      }
      found[position % channels] = element
    }
    // Every channel has elements, since a value has one at each position.
    return found.compactMap { $0 }
  }
}
