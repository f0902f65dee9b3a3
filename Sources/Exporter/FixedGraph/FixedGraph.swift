import EdgeRuntime
import Quantize

/// A network in fixed point: what a model file holds, before memory is planned and weights are packed.
public struct FixedGraph: Sendable, Equatable {
  public struct Tensor: Sendable, Equatable {
    public var name: String
    public var format: FixedFormat
    public var shape: Shape
    /// The tensor whose bytes these are: its own index, or the source of a view.
    public var storage: Int

    public var bytes: Int { shape.count * format.elementBytes }
  }

  public struct Operation: Sendable, Equatable {
    public var name: String
    public var kind: FixedOperation
    /// Indices into `tensors`.
    public var inputs: [Int]
    public var output: Int
    /// Least and greatest raw output: the output format's range, cut by a fused clip.
    public var minimum: Int32
    public var maximum: Int32
    public var multiplyAccumulates: UInt64
    /// The float graph's value that the output stands for.
    public var floatValue: Int
  }

  public struct Output: Sendable, Equatable {
    /// Index into `tensors`; no two outputs have the same.
    public var tensor: Int
    /// One for each channel of a vector of scores; nil for other values.
    public var labels: [String]?
  }

  public var tensors: [Tensor]
  /// In the order of execution.
  public var operations: [Operation]
  /// The image, then the other inputs: indices into `tensors`.
  public var inputs: [Int]
  public var outputs: [Output]
  /// For each channel of the image its raw value for each 8-bit pixel.
  public var inputTables: [[Int32]]

  /// Whether a file of it has to list its outputs: several, or one that isn't a vector of scores.
  public var listsOutputs: Bool { outputs.count > 1 || outputs[0].labels == nil }
  /// The image.
  public var input: Int { inputs[0] }
  /// Whether a file of it has to list its inputs: there is more than the image.
  public var listsInputs: Bool { inputs.count > 1 }
  /// Whether a file of it has to say more of pools than their windows of up to 255 x 255.
  public var widensPools: Bool {
    operations.contains { operation in
      switch operation.kind {
      case .maxPool(let pool), .averagePool(let pool, _, _): !pool.isPlain
      default: false
      }
    }
  }
  /// Values of all outputs together.
  public var outputValues: Int { outputs.reduce(0) { $0 + tensors[$1.tensor].shape.count } }
  public var multiplyAccumulates: UInt64 { operations.reduce(0) { $0 + $1.multiplyAccumulates } }
  /// Weights of all layers, without biases.
  public var weightCount: Int { operations.reduce(0) { $0 + ($1.kind.linear?.weights.raws.count ?? 0) } }
}

/// An operation with its numbers.
public enum FixedOperation: Sendable, Equatable {
  case convolution(FixedLinear)
  case fullyConnected(FixedLinear)
  case maxPool(PoolParameters)
  case averagePool(PoolParameters, multiplier: Int32, shift: Int32)
  case affineGridSample(AffineGridParameters)
  case concatenate(shifts: [Int32])
  case requantize(shift: Int32)
  case add(AdditionParameters)
  case table(FixedTable)
  case rearrange(RearrangeParameters)
  case multiply(shift: Int32)

  /// The weights of a convolution or a fully connected layer.
  public var linear: FixedLinear? {
    switch self {
    case .convolution(let linear), .fullyConnected(let linear): linear
    default: nil
    }
  }
}

/// An element-wise function in fixed point.
public struct FixedTable: Sendable, Equatable {
  /// One for all channels, or one for each.
  public var tables: Int
  /// Tables x entries: for each raw input, numbered by its bits as an unsigned number, the raw output.
  public var entries: [Int32]
}

/// A convolution or fully connected layer in fixed point.
public struct FixedLinear: Sendable, Equatable {
  /// Kernel, stride, padding, dilation, groups, pool and weight width; the places in the file are still 0.
  public var geometry: ConvolutionParameters
  /// Outputs x kernel height x kernel width x (input channels / groups).
  public var weights: QuantizedWeights
}
