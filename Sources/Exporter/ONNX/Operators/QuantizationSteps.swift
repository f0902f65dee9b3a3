import EdgeRuntime
import Quantize

// QuantizeLinear and DequantizeLinear whose scales are no powers of two, or whose zero points are not 0: no format of this runtime holds their
// steps, so that what they compute stays as it is, and formats are chosen anew.

extension ONNXNode {
  /// Whether the steps of a QuantizeLinear or DequantizeLinear are those of a format: powers of two around 0, not by blocks.
  ///
  /// - Throws: `ONNXError` for a scale that is not above 0.
  var hasExactSteps: Bool {
    get throws(ONNXError) {
      let scales = try weights(1).elements
      if let bad = scales.first(where: { !($0 > 0) }) { throw fail("its scale \(bad) is not above 0") }
      let zeros = optionalInput(2) == nil ? [] : try integers(2).elements
      let block = try integer("block_size", default: 0)
      return block == 0 && zeros.allSatisfy { $0 == 0 }
        && scales.allSatisfy { $0.isNormal && $0.significand == 1 && abs(Int($0.exponent)) <= 64 }
    }
  }

  /// Scale and zero point of each element of a tensor of `dims`: one for all, one for each index of `axis`, or one for each block along it.
  fileprivate func steps(_ dims: [Int]) throws(ONNXError) -> (scale: NDArray<Float>, zero: NDArray<Float>) {
    let scale = try weights(1)
    let zero = optionalInput(2) == nil ? scale.map { _ in 0 } : try integers(2).map { Float($0) }
    guard zero.dims == scale.dims else {
      throw fail("its scales have dims \(scale.dims), its zero points \(zero.dims)")
    }
    if scale.count == 1 {
      return (scale.reshaped([]).expanded(to: dims), zero.reshaped([]).expanded(to: dims))
    }
    let axis = try axis(try integer("axis", default: 1), rank: dims.count)
    let block = try integer("block_size", default: 0)
    if block > 0 {
      var blocks = dims
      blocks[axis] = (dims[axis] + block - 1) / block
      guard scale.dims == blocks else {
        throw fail("scales of dims \(scale.dims) don't fit blocks of \(block) of dims \(dims)")
      }
      let indices = NDArray(vector: (0..<dims[axis]).map { $0 / block })
      return (scale.gathered(axis: axis, indices: indices), zero.gathered(axis: axis, indices: indices))
    }
    guard scale.dims == [dims[axis]] else {
      throw fail("scales of dims \(scale.dims) don't fit axis \(axis) of dims \(dims)")
    }
    var along = Array(repeating: 1, count: dims.count)
    along[axis] = dims[axis]
    return (scale.reshaped(along).expanded(to: dims), zero.reshaped(along).expanded(to: dims))
  }
}

/// A QuantizeLinear of a value that the image decides: its integers, as a function of the value.
func importSteps(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ activation: Activation, _ type: (width: Int, isSigned: Bool)
) throws(ONNXError) -> Operand {
  var activation = activation
  let (scale, zero) = try node.steps(activation.dims)
  let (scales, zeros) = (
    try builder.channelConstant(&activation, scale, for: node),
    try builder.channelConstant(&activation, zero, for: node)
  )
  let format = FixedFormat(width: type.width, fraction: 0, isSigned: type.isSigned)
  let steps = PointwiseFunction.clip(
    .unary(.roundedToEven, .argument / scales) + zeros, least: Double(format.minimumRaw),
    greatest: Double(format.maximumRaw))
  activation.value = try builder.apply(steps, to: activation.value, for: node)
  builder.notes.append(
    "node \"\(node.place.node)\": its scale is no power of two, or its zero point not 0: a table keeps its steps, and the "
      + "value's format is chosen anew")
  return .activation(activation)
}

/// A DequantizeLinear of integers: the numbers that they stand for.
func importNumbers(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  switch try node.input(0) {
  case .integers(let array):
    let (scale, zero) = try node.steps(array.dims)
    let numbers = array.elements.indices.map { (Float(array.elements[$0]) - zero.elements[$0]) * scale.elements[$0] }
    builder.notes.append(
      "\"\(node.inputNames[0])\": its scales are no powers of two, or its zero points not 0: it is rounded anew")
    return .floats(NDArray(array.dims, numbers))
  case .activation(var activation):
    let (scale, zero) = try node.steps(activation.dims)
    let zeros = try builder.channelConstant(&activation, zero, for: node)
    let scales = try builder.channelConstant(&activation, scale, for: node)
    activation.value = try builder.apply((.argument - zeros) * scales, to: activation.value, for: node)
    return .activation(activation)
  case .quantized:
    throw node.fail("its scale is not that of the QuantizeLinear which made \"\(node.inputNames[0])\"")
  case .floats, .linear: throw node.fail("\"\(node.inputNames[0])\" is not quantised")
  }
}
