import EdgeRuntime
import Quantize

// QuantizeLinear and DequantizeLinear whose scales are no powers of two, or whose zero points are not 0: no format of this runtime holds their
// steps. Where one follows the other, as engines that quantise after training write it, the range of the integers is kept, and formats are chosen
// anew; what a single one computes stays as it is.

/// A QuantizeLinear with such steps, for a DequantizeLinear that follows.
struct QuantizationSteps {
  /// What it quantises.
  var source: Int
  /// One for all elements.
  var scale: Float
  var zero: Float
  /// The numbers that its integers stand for.
  var range: ClosedRange<Float>
}

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
    guard zero.dims == scale.dims || zero.count == 1 && scale.count == 1 else {
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
  let source = activation.value
  activation.value = try builder.apply(steps, to: source, for: node)
  if let scale = scale.onlyElement, let zero = zero.onlyElement {
    let (least, greatest) = (Float(format.minimumRaw), Float(format.maximumRaw))
    builder.steps[activation.value] = QuantizationSteps(
      source: source, scale: scale, zero: zero, range: (least - zero) * scale...(greatest - zero) * scale)
  }
  builder.refitted.append(node.place)
  return .activation(activation)
}

/// A QuantizeLinear of a constant: its integers, halves to even, saturated.
func importSteps(
  _ node: ONNXNode, of array: NDArray<Float>, _ type: (width: Int, isSigned: Bool)
) throws(ONNXError) -> Operand {
  let (scale, zero) = try node.steps(array.dims)
  let format = FixedFormat(width: type.width, fraction: 0, isSigned: type.isSigned)
  let raws = array.elements.indices.map { index in
    let steps = (array.elements[index] / scale.elements[index]).rounded(.toNearestOrEven) + zero.elements[index]
    return Int(min(max(steps, Float(format.minimumRaw)), Float(format.maximumRaw)))
  }
  return .integers(NDArray(array.dims, raws))
}

/// A DequantizeLinear of integers: the numbers that they stand for.
func importNumbers(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  switch try node.input(0) {
  case .integers(let array):
    let (scale, zero) = try node.steps(array.dims)
    let numbers = array.elements.indices.map { (Float(array.elements[$0]) - zero.elements[$0]) * scale.elements[$0] }
    builder.refitted.append(node.place)
    return .floats(NDArray(array.dims, numbers))
  case .activation(var activation):
    let (scale, zero) = try node.steps(activation.dims)
    if let steps = builder.steps[activation.value], steps.scale == scale.onlyElement, steps.zero == zero.onlyElement {
      activation.value = try builder.clip(steps.source, to: steps.range, for: node)
      return .activation(activation)
    }
    let zeros = try builder.channelConstant(&activation, zero, for: node)
    let scales = try builder.channelConstant(&activation, scale, for: node)
    activation.value = try builder.apply((.argument - zeros) * scales, to: activation.value, for: node)
    return .activation(activation)
  case .quantized:
    throw node.fail("its scale is not that of the QuantizeLinear which made \"\(node.inputNames[0])\"")
  case .floats, .linear: throw node.fail("\"\(node.inputNames[0])\" is not quantised")
  }
}

extension NDArray where Element: Equatable {
  /// The element that all are; nil where they differ, or where there is none.
  fileprivate var onlyElement: Element? {
    guard let first = elements.first, elements.allSatisfy({ $0 == first }) else { return nil }
    return first
  }
}

extension GraphBuilder {
  /// That formats were chosen anew, if any were.
  var refittingNote: [String] {
    guard let first = refitted.first else { return [] }
    let others = refitted.count == 1 ? "" : " and \(refitted.count - 1) more"
    return [
      "\(first)\(others): scales that are no powers of two, or zero points, which no format here has: ranges are kept, "
        + "weights and formats fitted anew"
    ]
  }

  /// The value cut to a range as saturation cuts it, unless it can't leave it: an activation that was folded into a range, a ReLU with the
  /// least integer for 0, is kept so. The range of an input is its pixels' own.
  fileprivate mutating func clip(
    _ value: Int, to range: ClosedRange<Float>, for node: ONNXNode
  ) throws(ONNXError) -> Int {
    guard let maker = nodes.last(where: { $0.output == value }) else { return value }
    if let found = self.range(of: maker), range.lowerBound <= found.lowerBound && found.upperBound <= range.upperBound {
      return value
    }
    return try add(
      .clip(least: range.lowerBound, greatest: range.upperBound), [value], shape: shape(value), for: node)
  }

  /// What a node's values can't leave, as far as the clips before it tell.
  private func range(of node: FloatGraph.Node) -> ClosedRange<Float>? {
    // What they put beside a value: zeros, which a range holds, or the constant around a rearrangement.
    var (least, greatest): (Float, Float) = (0, 0)
    var sources = node.inputs[...]
    switch node.operation {
    case .clip(let least, let greatest): return min(least, greatest)...greatest
    case .maxPool, .averagePool, .concatenate, .flatten: break
    case .affineGridSample: sources = sources.prefix(1)
    case .rearrange(let rearrangement):
      (least, greatest) = (min(0, rearrangement.fill), max(0, rearrangement.fill))
    default: return nil
    }
    for source in sources {
      guard let maker = nodes.last(where: { $0.output == source }), let range = range(of: maker) else { return nil }
      (least, greatest) = (min(least, range.lowerBound), max(greatest, range.upperBound))
    }
    return least...greatest
  }
}
