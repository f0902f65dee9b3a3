import Quantize

/// The float graph so far, and what each name of the ONNX graph stands for in it.
struct GraphBuilder {
  var values: [FloatGraph.Value] = []
  var nodes: [FloatGraph.Node] = []
  var operands: [String: Operand] = [:]
  /// By the name of a constant: the type that the file gives it.
  var types: [String: ONNXTensorProto.DataType] = [:]
  /// By the name of a constant that DequantizeLinear made: the steps of its values.
  var grids: [String: ConstantGrid] = [:]
  /// By the value that holds the integers of a QuantizeLinear: steps that are no format's.
  var steps: [Int: QuantizationSteps] = [:]
  /// Nodes with such steps.
  var refitted: [ONNXError.Place] = []
  let externalData: ExternalData
  /// The version of ONNX's operator set that the file follows.
  var opset = Importer.opsets.upperBound
  /// What the user should know of how the file was read.
  var notes: [String] = []

  /// The longest side of a tensor, as in the model file.
  static let extentLimit = 65_535

  init(externalData: ExternalData) { self.externalData = externalData }

  func shape(_ value: Int) -> Shape { values[value].shape }

  mutating func addInput(_ name: String, shape: Shape) -> Int {
    values.append(FloatGraph.Value(name: name, shape: shape))
    return values.count - 1
  }

  /// Adds the graph's inputs, the image first.
  @discardableResult
  mutating func addInputs(_ interface: ONNXInterface) -> [Int] {
    interface.inputs.map { input in
      let value = addInput(input.name, shape: input.shape)
      operands[input.name] =
        input.isChannelsLast
        ? .activation(Activation(channelsLast: value, input.shape))
        : .activation(Activation(value: value, dims: input.dims, positions: nil))
      return value
    }
  }

  /// Adds an operation and the value that it makes, both named after the ONNX node.
  ///
  /// - Throws: `ONNXError.invalidNode` if the shape exceeds what a model may hold.
  mutating func add(
    _ operation: FloatOperation, _ inputs: [Int], shape: Shape, for node: ONNXNode, suffix: String = "",
    grid: WeightGrid? = nil
  ) throws(ONNXError) -> Int {
    let extents = [shape.height, shape.width, shape.channels]
    guard extents.allSatisfy({ (1...Self.extentLimit).contains($0) }), elementCount(extents) != nil else {
      throw node.fail("its output would be \(shape.height) x \(shape.width) x \(shape.channels), which is out of range")
    }
    let output = addInput(node.output + suffix, shape: shape)
    nodes.append(
      FloatGraph.Node(name: node.place.node + suffix, operation: operation, inputs: inputs, output: output, grid: grid))
    return output
  }

  // MARK: Views of values

  /// The value behind an operand that must be an image, `[1, channels, height, width]`.
  func image(_ activation: Activation, for node: ONNXNode) throws(ONNXError) -> (value: Int, shape: Shape) {
    let shape = shape(activation.value)
    guard activation.dims.count == 4 else {
      throw node.fail("its input has dims \(activation.dims); an image [1, channels, height, width] is supported")
    }
    guard activation.dims == [1, shape.channels, shape.height, shape.width], activation.positions == nil else {
      throw node.fail("its input is an image made by reshaping or transposing, which is not supported")
    }
    return (activation.value, shape)
  }

  /// The value behind an operand as a vector: flattened if it is an image. Its element order stays HWC.
  mutating func vector(_ activation: Activation, for node: ONNXNode) throws(ONNXError) -> Int {
    try vector(activation.value, for: node)
  }

  mutating func vector(_ value: Int, for node: ONNXNode) throws(ONNXError) -> Int {
    let shape = shape(value)
    if shape == .vector(shape.channels) { return value }
    return try add(.flatten, [value], shape: .vector(shape.count), for: node, suffix: "/flatten")
  }

  /// A value as the image that ONNX sees in it.
  func asImage(_ value: Int) -> Operand {
    let shape = shape(value)
    return .activation(Activation(value: value, dims: [1, shape.channels, shape.height, shape.width], positions: nil))
  }
}
