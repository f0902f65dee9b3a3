/// One step of a frame: what is computed, from which tensors, into which.
public struct OperationRecord: Sendable {
  public var name: NameReference
  public var operation: Operation
  /// Tensor indices; `inputCount` of them are used.
  public var inputs: InlineArray<4, Int>
  public var inputCount: Int
  public var output: Int
  /// Least and greatest raw output: the output format's range, cut by a fused ReLU or clip.
  public var minimum: Int32
  public var maximum: Int32
  public var multiplyAccumulates: UInt64
  /// Signal to quantisation noise at the output on the calibration data, hundredths of a dB; nil when unknown.
  public var sqnrCentibels: Int32?
  public var workspaceBytes: Int

  public init(
    name: NameReference, operation: Operation, inputs: InlineArray<4, Int>, inputCount: Int, output: Int,
    minimum: Int32, maximum: Int32, multiplyAccumulates: UInt64, sqnrCentibels: Int32?, workspaceBytes: Int
  ) {
    self.name = name
    self.operation = operation
    self.inputs = inputs
    self.inputCount = inputCount
    self.output = output
    self.minimum = minimum
    self.maximum = maximum
    self.multiplyAccumulates = multiplyAccumulates
    self.sqnrCentibels = sqnrCentibels
    self.workspaceBytes = workspaceBytes
  }
}

/// An operation with its parameters. Adding one: this enum, its folder in `Ops`, and a line in the exporter's table.
public enum Operation: Sendable {
  case conv2D(ConvolutionParameters)
  case fullyConnected(ConvolutionParameters)
  case maxPool2D(PoolParameters)
  case averagePool2D(PoolParameters, multiplier: Int32, shift: Int32)
  case affineGridSample(AffineGridParameters)
  case concatenate(shifts: InlineArray<4, Int32>)
  case requantize(shift: Int32)
  case add(AdditionParameters)
  case table(TableParameters)
  case rearrange(RearrangeParameters)
  case multiply(shift: Int32)

  /// Of a convolution or fully connected layer.
  var convolution: ConvolutionParameters? {
    switch self {
    case .conv2D(let parameters), .fullyConnected(let parameters): parameters
    default: nil
    }
  }

  public var kind: OperationKind {
    switch self {
    case .conv2D: .conv2D
    case .fullyConnected: .fullyConnected
    case .maxPool2D: .maxPool2D
    case .averagePool2D: .averagePool2D
    case .affineGridSample: .affineGridSample
    case .concatenate: .concatenate
    case .requantize: .requantize
    case .add: .add
    case .table: .table
    case .rearrange: .rearrange
    case .multiply: .multiply
    }
  }
}
