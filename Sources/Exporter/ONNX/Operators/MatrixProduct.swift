import Quantize

/// A matrix by constant weights, row by row: `[..., rows, inputs]` becomes `[..., rows, outputs]` by a convolution of single pixels over the
/// list of rows.
///
/// - Parameters:
///   - weights: outputs x inputs.
///   - bias: one for each output.
func importRows(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ activation: Activation, weights: NDArray<Float>, bias: [Float],
  grid: WeightGrid?, suffix: String = ""
) throws(ONNXError) -> Operand {
  let (outputs, inputs) = (weights.dims[0], weights.dims[1])
  guard let depth = activation.dims.last, depth == inputs else {
    throw node.fail("weights for \(inputs) inputs meet dims \(activation.dims)")
  }
  let rows = activation.dims.dropLast().reduce(1, *)
  let value = try builder.inOrder(activation, for: node)
  let list = try builder.view(
    value, as: Shape(height: 1, width: rows, channels: inputs), for: node, suffix: suffix + "/rows")
  let convolution = FloatConvolution(weights: weights.elements, bias: bias, kernel: Extent(1, 1), groups: 1)
  let shape = Shape(height: 1, width: rows, channels: outputs)
  let product = try builder.add(
    .convolution(convolution), [list], shape: shape, for: node, suffix: suffix, grid: grid)
  return .activation(
    Activation(value: product, dims: activation.dims.dropLast() + [outputs], positions: Array(0..<shape.count))
      .normalized(shape))
}

/// MatMul of a value by constants of any rank, by ONNX's (and NumPy's) rules: leading axes are a batch that is broadcast, and a vector is a row
/// before the other factor or a column behind it. Each matrix of a batch is a layer of its own.
func importBatchedProduct(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ activation: Activation, _ weights: NDArray<Float>
) throws(ONNXError) -> Operand {
  guard !activation.dims.isEmpty, !weights.dims.isEmpty else {
    throw node.fail("dims \(activation.dims) by \(weights.dims): a number alone is no matrix")
  }
  let isRow = activation.dims.count == 1
  let isColumn = weights.dims.count == 1
  let left = isRow ? [1] + activation.dims : activation.dims
  let right = isColumn ? weights.reshaped(weights.dims + [1]) : weights
  let (rows, inputs) = (left[left.count - 2], left[left.count - 1])
  let outputs = right.dims[right.dims.count - 1]
  let (leftBatch, rightBatch) = (Array(left.dropLast(2)), Array(right.dims.dropLast(2)))
  guard right.dims[right.dims.count - 2] == inputs, let batch = broadcast(leftBatch, rightBatch) else {
    throw node.fail("dims \(activation.dims) by \(weights.dims): they don't fit")
  }
  let count = batch.reduce(1, *)
  guard count <= mostMatrices else {
    throw node.fail("it multiplies \(count) matrices; \(mostMatrices) at most are supported")
  }
  // Which matrix of either factor each of the batch's products reads.
  func sources(_ dims: [Int]) -> [Int] {
    NDArray(dims, Array(0..<dims.reduce(1, *))).expanded(to: batch).elements
  }
  let value = try builder.inOrder(activation, for: node)
  let flat = try builder.vector(value, for: node)
  var products: [Int] = []
  for (index, (first, second)) in zip(sources(leftBatch), sources(rightBatch)).enumerated() {
    let matrix = try builder.add(
      .rearrange(FloatRearrangement(firstChannel: first * rows * inputs)), [flat], shape: .vector(rows * inputs),
      for: node, suffix: "/matrix\(index)")
    let start = second * inputs * outputs
    let factor = NDArray([inputs, outputs], Array(right.elements[start..<start + inputs * outputs])).transposed([1, 0])
    let product = try importRows(
      node, &builder, Activation(value: matrix, dims: [rows, inputs], positions: nil), weights: factor,
      bias: Array(repeating: 0, count: outputs), grid: nil, suffix: "/product\(index)")
    guard case .activation(let product) = product else { preconditionFailure("a product by rows is an activation") }
    products.append(product.value)
  }
  let joined = count == 1 ? products[0] : try builder.join(products, outer: 1, for: node)
  let dims = batch + (isRow ? [] : [rows]) + (isColumn ? [] : [outputs])
  let positions = Array(0..<builder.shape(joined).count)
  return .activation(Activation(value: joined, dims: dims, positions: positions).normalized(builder.shape(joined)))
}

/// Each is an operation of its own.
private let mostMatrices = 16
