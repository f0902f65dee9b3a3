import EdgeRuntime
import Quantize

/// A float graph as the steps that the runtime takes: each convolution with its bias, clip and max-pool in one, and
/// flattenings gone. The formats are still open.
public struct LayerGraph: Sendable {
  public struct Layer: Sendable {
    /// The name of the first node it stands for.
    public var name: String
    public var operation: LayerOperation
    /// Indices into the float graph's values.
    public var inputs: [Int]
    public var output: Int
    /// A fused ReLU or clip; infinite ends where there is none.
    public var least: Float
    public var greatest: Float
    /// The grid of its weights, where the source gives one.
    public var grid: WeightGrid?
    /// The format of its output, where the source gives one.
    public var format: FixedFormat?
  }

  public var graph: FloatGraph
  public var layers: [Layer]
  /// For each value of the float graph the value whose bytes it shares: itself, or the source of a flattening.
  public var storage: [Int]
  /// By input, the formats that the source gives.
  public var inputFormats: [Int: FixedFormat] = [:]
  /// By stored value, formats that a search has chosen in place of those that the histograms suggest.
  var chosenFormats: [Int: FixedFormat] = [:]

  /// The values that exist as tensors of their own: the inputs and each layer's output.
  public var stored: [Int] { graph.inputs + layers.map(\.output) }

  public func shape(_ value: Int) -> Shape { graph.values[value].shape }

  /// The layer that makes a value's bytes; nil for an input.
  public func producer(_ value: Int) -> Layer? { layers.first { $0.output == storage[value] } }

  /// Whether a value's bytes are those of an output.
  public func isOutput(_ value: Int) -> Bool {
    graph.outputs.contains { storage[$0.value] == storage[value] }
  }

  /// The layers that read a value's bytes.
  public func consumers(_ value: Int) -> [Layer] {
    layers.filter { $0.inputs.contains { storage[$0] == storage[value] } }
  }
}

/// What a layer computes, before formats are chosen.
public enum LayerOperation: Sendable {
  case convolution(FloatConvolution, hasMaxPool: Bool)
  case fullyConnected(weights: [Float], bias: [Float])
  case maxPool(FloatPool)
  case averagePool(FloatPool)
  case affineGridSample(FloatSampler)
  case concatenate
  case add
  /// A function of each value; its clip is that of the table.
  case table(PointwiseFunction)
  case rearrange(FloatRearrangement)
  case multiply
  /// A clip that follows none of the above, or that others read around.
  case clip
}

extension LayerOperation {
  /// Weights and bias of a convolution or fully connected layer.
  public var linear: (weights: [Float], bias: [Float])? {
    switch self {
    case .convolution(let convolution, _): (convolution.weights, convolution.bias)
    case .fullyConnected(let weights, let bias): (weights, bias)
    default: nil
    }
  }

  /// The same operation with other numbers.
  public func with(weights: [Float], bias: [Float]) -> LayerOperation {
    switch self {
    case .convolution(var convolution, let hasMaxPool):
      (convolution.weights, convolution.bias) = (weights, bias)
      return .convolution(convolution, hasMaxPool: hasMaxPool)
    case .fullyConnected: return .fullyConnected(weights: weights, bias: bias)
    default: return self
    }
  }
}
