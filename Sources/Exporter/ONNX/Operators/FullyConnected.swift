import Quantize

/// Gemm-11 to 13 with constant weights: `alpha * A * B + beta * C`. One row is a fully connected layer, several are a convolution.
func importGemm(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  var activation = try node.activation(0)
  var weights = try node.weights(1)
  guard activation.dims.count == 2, weights.dims.count == 2 else {
    throw node.fail("\(activation.dims) by \(weights.dims): two matrices are supported")
  }
  if try node.flag("transA", default: false) {
    activation = activation.transposed([1, 0], builder.shape(activation.value))
  }
  let hasOutputsFirst = try node.flag("transB", default: false)
  if !hasOutputsFirst { weights = weights.transposed([1, 0]) }
  let alpha = try node.float("alpha", default: 1)
  let beta = try node.float("beta", default: 1)
  let (rows, outputs) = (activation.dims[0], weights.dims[0])
  var bias = [Float](repeating: 0, count: outputs)
  var addend: NDArray<Float>?
  if node.optionalInput(2) != nil {
    let given = try node.weights(2).map { beta * $0 }
    if broadcast(given.dims, [1, outputs]) == [1, outputs] {
      bias = given.expanded(to: [1, outputs]).elements
    } else {
      guard broadcast(given.dims, [rows, outputs]) == [rows, outputs] else {
        throw node.fail("its addend has dims \(given.dims) for \(rows) x \(outputs) outputs")
      }
      addend = given.expanded(to: [rows, outputs])
    }
  }
  let grid = try node.weightGrid(1, axis: hasOutputsFirst ? 0 : 1, outputs: outputs, builder)
  if alpha != 1 {
    guard grid == nil else { throw node.reject("alpha", alpha, supported: "1 with quantised weights") }
    weights = weights.map { alpha * $0 }
  }
  if rows == 1 {
    return try importFullyConnected(node, &builder, activation, weights: weights, bias: bias, grid: grid)
  }
  let product = try importRows(
    node, &builder, activation, weights: weights, bias: bias, grid: grid, suffix: addend == nil ? "" : "/product")
  guard let addend, case .activation(let product) = product else { return product }
  return try importChannelwise(node, &builder, product, addend.map { (1, $0) })
}

/// MatMul-9 and 13: a row by constant weights is a fully connected layer, rows are a convolution; theta by a constant is a step towards a
/// grid.
func importMatMul(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  switch (try node.input(0), try node.input(1)) {
  case (.activation(let activation), .floats(let weights))
  where activation.dims.dropLast().allSatisfy { $0 == 1 } && weights.dims.count == 2:
    _ = try node.weights(1)
    let result = try importFullyConnected(
      node, &builder, activation, weights: weights.transposed([1, 0]),
      bias: Array(repeating: 0, count: weights.dims[1]),
      grid: try node.weightGrid(1, axis: 1, outputs: weights.dims[1], builder))
    return result.reshaped(activation.dims.dropLast() + [weights.dims[1]])
  case (.activation(let activation), .floats(let weights)) where activation.dims.reduce(1, *) > LinearForm.valueLimit:
    _ = try node.weights(1)
    if activation.dims.count < 2 || weights.dims.count != 2 {
      return try importBatchedProduct(node, &builder, activation, weights)
    }
    let outputs = weights.dims[1]
    return try importRows(
      node, &builder, activation, weights: weights.transposed([1, 0]), bias: Array(repeating: 0, count: outputs),
      grid: try node.weightGrid(1, axis: 1, outputs: outputs, builder))
  case (.activation(let activation), .floats(let weights)) where activation.dims.count == 1 || weights.dims.count == 1:
    _ = try node.weights(1)
    return try importBatchedProduct(node, &builder, activation, weights)
  case (.floats(let left), .floats(let right)):
    return .floats(try product(node, left, right) { $0 * $1 })
  case (.floats(let left), let right):
    let form = try builder.linearForm(right, for: node)
    return .linear(LinearForm(value: form.value, array: try product(node, left, form.array) { $0 * $1 }))
  case (let left, .floats(let right)):
    let form = try builder.linearForm(left, for: node)
    return .linear(LinearForm(value: form.value, array: try product(node, form.array, right) { $1 * $0 }))
  default:
    throw node.fail("a product of two values that both depend on the image is not supported")
  }
}

/// - Parameter weights: outputs x inputs, the inputs in ONNX's order.
private func importFullyConnected(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ activation: Activation, weights: NDArray<Float>, bias: [Float],
  grid: WeightGrid?
) throws(ONNXError) -> Operand {
  let order = activation.order(builder.shape(activation.value)).elements
  guard weights.dims[1] == order.count else {
    throw node.fail("weights for \(weights.dims[1]) inputs meet a vector of \(order.count)")
  }
  let outputs = weights.dims[0]
  var permuted = [Float](repeating: 0, count: weights.count)
  for output in 0..<outputs {
    let row = output * order.count
    for (index, position) in order.enumerated() { permuted[row + position] = weights.elements[row + index] }
  }
  let vector = try builder.vector(activation, for: node)
  let output = try builder.add(
    .fullyConnected(weights: permuted, bias: bias), [vector], shape: .vector(outputs), for: node, grid: grid)
  return .activation(Activation(value: output, dims: [1, outputs], positions: nil))
}

/// A matrix product; axes before the last two must be 1.
private func product<Left, Right, Element: AdditiveArithmetic>(
  _ node: ONNXNode, _ left: NDArray<Left>, _ right: NDArray<Right>, multiply: (Left, Right) -> Element
) throws(ONNXError) -> NDArray<Element> {
  let rank = max(left.dims.count, right.dims.count)
  guard left.dims.count >= 2, right.dims.count >= 2,
    (left.dims.dropLast(2) + right.dims.dropLast(2)).allSatisfy({ $0 == 1 }),
    left.dims[left.dims.count - 1] == right.dims[right.dims.count - 2]
  else { throw node.fail("\(left.dims) by \(right.dims): one matrix by one matrix is supported") }
  let (rows, depth) = (left.dims[left.dims.count - 2], left.dims[left.dims.count - 1])
  let columns = right.dims[right.dims.count - 1]
  guard elementCount([rows, columns]) != nil else { throw node.fail("the product is too large") }
  var elements: [Element] = []
  for row in 0..<rows {
    for column in 0..<columns {
      var sum = Element.zero
      for index in 0..<depth {
        sum += multiply(left.elements[row * depth + index], right.elements[index * columns + column])
      }
      elements.append(sum)
    }
  }
  return NDArray(Array(repeating: 1, count: rank - 2) + [rows, columns], elements)
}
