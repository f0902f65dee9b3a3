import EdgeRuntime
import Quantize

/// QuantizeLinear-10 to 25.
///
/// Of a value that the image decides: one scale. A power of two without a zero point gives the value's format; its type gives width and
/// sign, and a Clip to fewer bits' range directly before it the narrower width. Of any other only the range that its type covers is kept,
/// as a clip, and the format is chosen anew. Of a constant: the integers, saturated to the type.
func importQuantizeLinear(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  let type = try quantizedType(node, builder)
  switch operand {
  case .activation(let activation):
    let steps = try QuantizationSteps(node, dims: activation.dims)
    guard steps.scales.count == 1 else {
      throw node.fail("it has \(steps.scales.count) scales; a value that depends on the image has one")
    }
    var quantized = activation
    if let fractions = steps.fractions {
      var format = FixedFormat(width: type.width, fraction: fractions[0], isSigned: type.isSigned)
      if let narrow = builder.narrowed(activation.value, format) { (quantized.value, format) = narrow }
      quantized.value = try builder.quantize(quantized.value, format, for: node)
    } else {
      let (least, greatest) = (steps.number(Int(type.minimumRaw), 0), steps.number(Int(type.maximumRaw), 0))
      guard least <= 0, greatest >= 0 else {
        throw node.fail("its zero point \(steps.zeros[0]) is none of its type's numbers")
      }
      quantized.value = try builder.clip(quantized.value, least, greatest, for: node)
      builder.refittedFormats += 1
    }
    return .quantized(quantized, steps)
  case .floats:
    let array = try node.weights(0)
    let steps = try QuantizationSteps(node, dims: array.dims)
    let raws = array.elements.enumerated().map { element, number in
      steps.raw(number, steps.index(of: element, dims: array.dims), type)
    }
    return .integers(NDArray(array.dims, raws))
  case .integers, .linear, .quantized: throw node.fail("it quantises what is no float tensor")
  }
}

/// DequantizeLinear-10 to 25.
///
/// Of what a QuantizeLinear made: the same value again. Of constant integers: floats. Where their scales are powers of two without zero
/// points, they remember their grid, for the convolution or fully connected layer that reads them.
func importDequantizeLinear(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  switch try node.input(0) {
  case .quantized(let activation, let made):
    guard try QuantizationSteps(node, dims: activation.dims) == made else {
      throw node.fail("its scale is not that of the QuantizeLinear which made \"\(node.inputNames[0])\"")
    }
    return .activation(activation)
  case .integers(let array):
    let steps = try QuantizationSteps(node, dims: array.dims)
    let numbers = array.elements.enumerated().map { element, raw in
      steps.number(raw, steps.index(of: element, dims: array.dims))
    }
    if let fractions = steps.fractions {
      let greatest = array.elements.reduce(UInt(0)) { max($0, $1.magnitude) }
      builder.grids[node.output] = ConstantGrid(
        axis: steps.axis, fractions: fractions,
        width: QuantizationSettings.weightBits.first { greatest <= 1 << ($0 - 1) - 1 })
    } else {
      builder.refittedWeights += 1
    }
    return .floats(NDArray(array.dims, numbers))
  case .floats, .activation, .linear: throw node.fail("\"\(node.inputNames[0])\" is not quantised")
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
  /// What to say of the scales that were not kept.
  var refitted: [String] {
    guard refittedFormats + refittedWeights > 0 else { return [] }
    return [
      "its quantisation has scales that are no powers of two, or zero points: the formats of \(refittedFormats) values and "
        + "\(refittedWeights) constants are chosen anew, and the values' ranges are kept"
    ]
  }

  /// The value rounded to a format: the same for everyone who asks for the same.
  fileprivate mutating func quantize(
    _ value: Int, _ format: FixedFormat, for node: ONNXNode
  ) throws(ONNXError) -> Int {
    for made in nodes where made.inputs == [value] {
      if case .quantize(format) = made.operation { return made.output }
    }
    return try add(.quantize(format), [value], shape: shape(value), for: node)
  }

  /// The value clipped to a range that holds 0; itself where it can't leave the range.
  fileprivate mutating func clip(
    _ value: Int, _ least: Float, _ greatest: Float, for node: ONNXNode
  ) throws(ONNXError) -> Int {
    for made in nodes where made.inputs == [value] {
      if case .clip(least, greatest) = made.operation { return made.output }
    }
    if isWithin(value, least, greatest) { return value }
    return try add(.clip(least: least, greatest: greatest), [value], shape: shape(value), for: node)
  }

  /// Whether a clip to no more than this range was before, and only what can't leave it since.
  private func isWithin(_ value: Int, _ least: Float, _ greatest: Float) -> Bool {
    guard let maker = nodes.last(where: { $0.output == value }) else { return false }
    return switch maker.operation {
    case .clip(let low, let high): low >= least && high <= greatest
    case .maxPool, .averagePool, .flatten, .affineGridSample: isWithin(maker.inputs[0], least, greatest)
    case .rearrange(let rearrangement):
      (least...greatest).contains(rearrangement.fill) && isWithin(maker.inputs[0], least, greatest)
    case .concatenate: maker.inputs.allSatisfy { isWithin($0, least, greatest) }
    default: false
    }
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

/// The integers that a QuantizeLinear makes: of its zero point's type, `output_dtype`, or uint8.
private func quantizedType(
  _ node: ONNXNode, _ builder: GraphBuilder
) throws(ONNXError) -> FixedFormat {
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
  case .int8: return FixedFormat(width: 8, fraction: 0, isSigned: true)
  case .uint8: return FixedFormat(width: 8, fraction: 0, isSigned: false)
  case .int16: return FixedFormat(width: 16, fraction: 0, isSigned: true)
  case .uint16: return FixedFormat(width: 16, fraction: 0, isSigned: false)
  case .int4: return FixedFormat(width: 4, fraction: 0, isSigned: true)
  case .uint4: return FixedFormat(width: 4, fraction: 0, isSigned: false)
  default: throw node.fail("it quantises to \(type); int4, uint4, int8, uint8, int16 and uint16 are supported")
  }
}

extension ONNXTensorProto.DataType {
  /// Types that came after the vendored schema.
  static let uint4 = Self.UNRECOGNIZED(21)
  static let int4 = Self.UNRECOGNIZED(22)
}
