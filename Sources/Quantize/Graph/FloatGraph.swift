import EdgeRuntime

/// A trained network for one image, in the order of execution, channels last.
///
/// The importer's output and every pass's input and output. Values are numbered; a node makes one value from others.
/// Shapes are `height x width x channels` (a vector is `1 x 1 x channels`, its order that of the flattened HWC values).
public struct FloatGraph: Sendable {
  public struct Value: Sendable, Equatable {
    public var name: String
    public var shape: Shape

    public init(name: String, shape: Shape) {
      self.name = name
      self.shape = shape
    }
  }

  public struct Node: Sendable {
    /// The name in the source model, for messages and tables.
    public var name: String
    public var operation: FloatOperation
    /// Indices into `values`.
    public var inputs: [Int]
    public var output: Int
    /// The grid that the weights of a convolution or fully connected layer lie on, where the source gives one.
    public var grid: WeightGrid?

    public init(name: String, operation: FloatOperation, inputs: [Int], output: Int, grid: WeightGrid? = nil) {
      self.name = name
      self.operation = operation
      self.inputs = inputs
      self.output = output
      self.grid = grid
    }
  }

  public var values: [Value]
  public var nodes: [Node]
  public var input: Int
  public var output: Int
  public var preparation: InputPreparation
  /// One for each output channel; "0", "1", ... when the source names none.
  public var labels: [String]
  /// What the source, or a user in its place, says; the rest is what is usual.
  public var states: Set<Statement> = []

  public enum Statement: Sendable {
    case preparation, labels
  }

  public init(
    values: [Value], nodes: [Node], input: Int, output: Int, preparation: InputPreparation, labels: [String]
  ) {
    self.values = values
    self.nodes = nodes
    self.input = input
    self.output = output
    self.preparation = preparation
    self.labels = labels
  }
}

/// The extents of one image's tensor, channels last.
public struct Shape: Equatable, Hashable, Sendable {
  public var height: Int
  public var width: Int
  public var channels: Int

  public init(height: Int, width: Int, channels: Int) {
    self.height = height
    self.width = width
    self.channels = channels
  }

  public static func vector(_ channels: Int) -> Shape { Shape(height: 1, width: 1, channels: channels) }

  public var count: Int { height * width * channels }
}

/// How an 8-bit pixel becomes the network's input: `(pixel / 255 - mean) / standardDeviation`, by channel.
public struct InputPreparation: Sendable, Equatable {
  public var mean: [Float]
  public var standardDeviation: [Float]

  public init(mean: [Float], standardDeviation: [Float]) {
    self.mean = mean
    self.standardDeviation = standardDeviation
  }
}

public struct Padding: Equatable, Sendable {
  public var top: Int
  public var left: Int
  public var bottom: Int
  public var right: Int

  public init(top: Int = 0, left: Int = 0, bottom: Int = 0, right: Int = 0) {
    self.top = top
    self.left = left
    self.bottom = bottom
    self.right = right
  }
}

/// Rows first: `(height, width)`.
public struct Extent: Equatable, Sendable {
  public var height: Int
  public var width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }
}

/// What a node computes.
public enum FloatOperation: Sendable {
  /// Inputs: image.
  case convolution(FloatConvolution)
  /// Inputs: image. `y = x * scale + shift`, by channel: a batch-norm with its statistics combined.
  case batchNormalization(scale: [Float], shift: [Float])
  /// Inputs: anything. `min(max(x, least), greatest)`; a ReLU is `least: 0, greatest: .infinity`.
  case clip(least: Float, greatest: Float)
  /// Inputs: image.
  case maxPool(FloatPool)
  /// Inputs: image. The divisor is always the whole kernel.
  case averagePool(FloatPool)
  /// Inputs: a vector. Weights: outputs x inputs, in the flattened HWC order of the input.
  case fullyConnected(weights: [Float], bias: [Float])
  /// Inputs: image. The same values as a vector, in HWC order.
  case flatten
  /// Inputs: image, then theta (six values, `t00 t01 t02 t10 t11 t12`, target to source). Affine grid and sampling; the
  /// output has the size of its value's shape. ONNX AffineGrid-20 and GridSample-20.
  case affineGridSample(FloatSampler)
  /// Inputs: two to four images of one size, or vectors. Along channels.
  case concatenate
  /// Inputs: two of one shape. Their sum.
  case add
  /// Inputs: anything. The nearest values of a format, saturated, halves to even: ONNX QuantizeLinear, then
  /// DequantizeLinear. The format binds what quantises the graph.
  case quantize(FixedFormat)
}

/// Steps of weights, a power of two for each output channel: every weight is `raw * 2^-fraction` with a signed,
/// symmetric raw value.
public struct WeightGrid: Equatable, Sendable {
  /// 2...8 bits, the sign included.
  public var width: Int
  /// Fraction bits by output channel.
  public var fractions: [Int]

  public init(width: Int, fractions: [Int]) {
    self.width = width
    self.fractions = fractions
  }
}

/// Weights: outputs x kernel height x kernel width x (input channels / groups).
public struct FloatConvolution: Sendable {
  public var weights: [Float]
  public var bias: [Float]
  public var kernel: Extent
  public var stride: Extent
  public var padding: Padding
  public var dilation: Extent
  public var groups: Int

  public init(
    weights: [Float], bias: [Float], kernel: Extent, stride: Extent = Extent(1, 1), padding: Padding = Padding(),
    dilation: Extent = Extent(1, 1), groups: Int = 1
  ) {
    self.weights = weights
    self.bias = bias
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.groups = groups
  }
}

/// How an image is sampled at the places of an affine grid.
public struct FloatSampler: Equatable, Sendable {
  public var interpolation: AffineGridParameters.Interpolation
  public var outside: AffineGridParameters.Outside
  /// Whether -1 and 1 are the centres of the outer pixels or the image's outer edges: of the target, where the grid is made,
  /// and of the source, where it is read. AffineGrid's and GridSample's `align_corners`.
  public var targetAlignsCorners: Bool
  public var sourceAlignsCorners: Bool

  public init(
    interpolation: AffineGridParameters.Interpolation = .bilinear, outside: AffineGridParameters.Outside = .zeros,
    targetAlignsCorners: Bool, sourceAlignsCorners: Bool
  ) {
    self.interpolation = interpolation
    self.outside = outside
    self.targetAlignsCorners = targetAlignsCorners
    self.sourceAlignsCorners = sourceAlignsCorners
  }

  /// Bilinear, zeros outside, one convention for target and source.
  public init(alignCorners: Bool) {
    self.init(targetAlignsCorners: alignCorners, sourceAlignsCorners: alignCorners)
  }
}

public struct FloatPool: Equatable, Sendable {
  public var kernel: Extent
  public var stride: Extent
  public var padding: Padding

  public init(kernel: Extent, stride: Extent, padding: Padding = Padding()) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
  }
}
