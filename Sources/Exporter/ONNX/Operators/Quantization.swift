import EdgeRuntime
import Quantize

/// QuantizeLinear-10 to 25. With a power-of-two scale and zero points of 0 it gives a format; otherwise `importSteps` keeps its numbers.
///
/// Of a value that the image decides: one scale, which gives the value's format; its type gives width and sign, and a Clip
/// to fewer bits' range directly before it the narrower width. Of a constant: the integers, saturated to the type.
func importQuantizeLinear(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  let type = try quantizedType(node, builder)
  switch operand {
  case .activation(let activation):
    guard try node.hasExactSteps else { return try importSteps(node, &builder, activation, type) }
    let scale = try PowerOfTwoScale(node, dims: activation.dims)
    guard scale.fractions.count == 1 else {
      throw node.fail("it has \(scale.fractions.count) scales; a value that depends on the image has one")
    }
    var format = FixedFormat(width: type.width, fraction: scale.fractions[0], isSigned: type.isSigned)
    var quantized = activation
    if let narrow = builder.narrowed(activation.value, format) { (quantized.value, format) = narrow }
    quantized.value = try builder.quantize(quantized.value, format, for: node)
    return .quantized(quantized, format)
  case .floats:
    let array = try node.weights(0)
    guard try node.hasExactSteps else { return try importSteps(node, of: array, type) }
    let scale = try PowerOfTwoScale(node, dims: array.dims)
    let raws = array.elements.enumerated().map { index, number in
      let fraction = scale.fraction(of: index, dims: array.dims)
      let format = FixedFormat(width: type.width, fraction: fraction, isSigned: type.isSigned)
      let steps = (Double(number) / format.step).rounded(.toNearestOrEven)
      return Int(min(max(steps, Double(format.minimumRaw)), Double(format.maximumRaw)))
    }
    return .integers(NDArray(array.dims, raws))
  case .integers, .linear, .quantized: throw node.fail("it quantises what is no float tensor")
  }
}

/// DequantizeLinear-10 to 25.
///
/// With power-of-two scales and zero points of 0, of what a QuantizeLinear made: the same value again; of constant integers: floats that
/// remember their grid, for the convolution or fully connected layer that reads them. With others, the floats alone.
func importDequantizeLinear(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  guard try node.hasExactSteps else { return try importNumbers(node, &builder) }
  switch try node.input(0) {
  case .quantized(let activation, let format):
    let scale = try PowerOfTwoScale(node, dims: activation.dims)
    guard scale.fractions == [format.fraction] else {
      throw node.fail("its scale is not that of the QuantizeLinear which made \"\(node.inputNames[0])\"")
    }
    return .activation(activation)
  case .integers(let array):
    let scale = try PowerOfTwoScale(node, dims: array.dims)
    let numbers = array.elements.enumerated().map { index, raw in
      Float(Double(sign: .plus, exponent: -scale.fraction(of: index, dims: array.dims), significand: Double(raw)))
    }
    let greatest = array.elements.reduce(UInt(0)) { max($0, $1.magnitude) }
    builder.grids[node.output] = ConstantGrid(
      axis: scale.axis, fractions: scale.fractions,
      width: QuantizationSettings.weightBits.first { greatest <= 1 << ($0 - 1) - 1 })
    return .floats(NDArray(array.dims, numbers))
  case .activation: return try importNumbers(node, &builder)
  case .floats, .linear: throw node.fail("\"\(node.inputNames[0])\" is not quantised")
  }
}

/// Fraction bits that belong to a constant, by its name in the file.
struct ConstantGrid {
  /// The axis that the fractions run along; nil where there is one for all.
  var axis: Int?
  var fractions: [Int]
  /// The fewest bits, 2...8, of a symmetric weight that hold every raw value; nil if 8 are too few.
  var width: Int?
}

extension ONNXNode {
  /// The grid of constant weights whose outputs lie along `axis`; nil for weights that are plain floats.
  func weightGrid(_ index: Int, axis: Int, outputs: Int, _ builder: GraphBuilder) throws(ONNXError) -> WeightGrid? {
    guard let grid = builder.grids[inputNames[index]] else { return nil }
    guard let width = grid.width else {
      throw fail("its weights \"\(inputNames[index])\" exceed -127...127, the range of 8-bit weights")
    }
    if let found = grid.axis, found != axis {
      throw fail(
        "its weights \"\(inputNames[index])\" have scales along axis \(found); their outputs lie along \(axis)")
    }
    return WeightGrid(
      width: width, fractions: grid.axis == nil ? Array(repeating: grid.fractions[0], count: outputs) : grid.fractions)
  }
}

extension GraphBuilder {
  /// The value rounded to a format: the same for everyone who asks for the same.
  fileprivate mutating func quantize(
    _ value: Int, _ format: FixedFormat, for node: ONNXNode
  ) throws(ONNXError) -> Int {
    for made in nodes where made.inputs == [value] {
      if case .quantize(format) = made.operation { return made.output }
    }
    return try add(.quantize(format), [value], shape: shape(value), for: node)
  }

  /// If a clip makes `value` and cuts at the range of fewer bits in steps of `format`: what it clips, and the narrow format,
  /// whose saturation is that clip. Otherwise nil.
  fileprivate func narrowed(_ value: Int, _ format: FixedFormat) -> (value: Int, format: FixedFormat)? {
    guard let maker = nodes.last(where: { $0.output == value }),
      case .clip(let least, let greatest) = maker.operation
    else { return nil }
    for width in QuantizationSettings.activationBits.lowerBound..<format.width {
      let narrow = FixedFormat(width: width, fraction: format.fraction, isSigned: format.isSigned)
      if narrow.number(narrow.minimumRaw) == Double(least), narrow.number(narrow.maximumRaw) == Double(greatest) {
        return (maker.inputs[0], narrow)
      }
    }
    return nil
  }
}

/// The scale of a QuantizeLinear or DequantizeLinear, `2^-fraction`: one, or one for each index along an axis.
private struct PowerOfTwoScale {
  var axis: Int?
  var fractions: [Int]

  /// - Parameter dims: of the tensor that is scaled.
  init(_ node: ONNXNode, dims: [Int]) throws(ONNXError) {
    let scale = try node.weights(1)
    fractions = []
    for number in scale.elements {
      // A normal power of two: its significand is 1.
      guard number > 0, number.isNormal, number.significand == 1, abs(Int(number.exponent)) <= 64 else {
        throw node.fail("its scale \(number) is no power of two from 2^-64 to 2^64")
      }
      fractions.append(-Int(number.exponent))
    }
    if scale.dims.isEmpty || scale.dims == [1] { return }
    let axis = try node.axis(try node.integer("axis", default: 1), rank: dims.count)
    guard scale.dims == [dims[axis]] else {
      throw node.fail("scales of dims \(scale.dims) don't fit axis \(axis) of dims \(dims)")
    }
    self.axis = axis
  }

  /// The fraction bits of an element in row-major order.
  func fraction(of index: Int, dims: [Int]) -> Int {
    guard let axis else { return fractions[0] }
    return fractions[index / dims[(axis + 1)...].reduce(1, *) % dims[axis]]
  }
}

/// Width and sign of what a QuantizeLinear makes: its zero point's type, `output_dtype`, or uint8.
private func quantizedType(
  _ node: ONNXNode, _ builder: GraphBuilder
) throws(ONNXError) -> (width: Int, isSigned: Bool) {
  var type = ONNXTensorProto.DataType.uint8
  let code = try node.integer("output_dtype", default: 0)
  if code != 0 { type = ONNXTensorProto.DataType(rawValue: code) ?? .undefined }
  if node.optionalInput(2) != nil {
    guard let found = builder.types[node.inputNames[2]] else {
      throw node.fail(
        "its zero point \"\(node.inputNames[2])\" is no initializer and no Constant, so its type is unknown")
    }
    type = found
  }
  switch type {
  case .int8: return (8, true)
  case .uint8: return (8, false)
  case .int16: return (16, true)
  case .uint16: return (16, false)
  case .int4: return (4, true)
  case .uint4: return (4, false)
  default: throw node.fail("it quantises to \(type); int4, uint4, int8, uint8, int16 and uint16 are supported")
  }
}

extension ONNXTensorProto.DataType {
  /// Types that came after the vendored schema.
  static let uint4 = Self.UNRECOGNIZED(21)
  static let int4 = Self.UNRECOGNIZED(22)
}
