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
  /// The image.
  public var input: Int
  /// Values that come in beside the image, as numbers.
  public var otherInputs: [Int] = []
  /// At least one.
  public var outputs: [Output]
  public var preparation: InputPreparation
  /// What the user should know of how the source was read.
  public var notes: [String]
  /// What the source, or a user in its place, says; the rest is what is usual.
  public var states: Set<Statement> = []

  public enum Statement: Sendable {
    case preparation, labels
  }

  /// - Parameter labels: of the one output, a vector of scores.
  public init(
    values: [Value], nodes: [Node], input: Int, output: Int, preparation: InputPreparation, labels: [String]
  ) {
    self.init(
      values: values, nodes: nodes, input: input,
      outputs: [Output(name: values[output].name, value: output, labels: labels)], preparation: preparation)
  }

  public init(
    values: [Value], nodes: [Node], input: Int, outputs: [Output], preparation: InputPreparation, notes: [String] = []
  ) {
    self.values = values
    self.nodes = nodes
    self.input = input
    self.outputs = outputs
    self.preparation = preparation
    self.notes = notes
  }
}

extension FloatGraph {
  /// One of the values that come out.
  public struct Output: Sendable, Equatable {
    public var name: String
    /// Index into `values`.
    public var value: Int
    /// One for each channel of a vector of scores ("0", "1", ... when the source names none); nil for other values.
    public var labels: [String]?

    public init(name: String, value: Int, labels: [String]? = nil) {
      self.name = name
      self.value = value
      self.labels = labels
    }
  }

  /// All that comes in, the image first.
  public var inputs: [Int] { [input] + otherInputs }

  /// Bytes of a frame: a pixel for each value of the image, then the numbers of the other inputs as 32-bit floats.
  public var frameBytes: Int {
    values[input].shape.count + otherInputs.reduce(0) { $0 + MemoryLayout<Float>.size * values[$1].shape.count }
  }

  /// The first output.
  public var output: Int { outputs[0].value }

  /// Of the only output of scores; none where there is no such output, or more than one, and then they can't be set.
  public var labels: [String] {
    get { scores?.labels ?? [] }
    set {
      guard scores != nil, let index = outputs.firstIndex(where: { $0.labels != nil }) else { return }
      outputs[index].labels = newValue
    }
  }

  /// The only output of scores; nil where there is none, or more than one.
  public var scores: Output? {
    let scores = outputs.filter { $0.labels != nil }
    return scores.count == 1 ? scores[0] : nil
  }

  /// Whether there is more to say of the outputs than that they are one vector of scores.
  public var listsOutputs: Bool { outputs.count > 1 || outputs[0].labels == nil }

  public func isOutput(_ value: Int) -> Bool { outputs.contains { $0.value == value } }
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
  /// Inputs: anything. A function of each value, whose constants are one or one for each channel.
  case pointwise(PointwiseFunction)
  /// Inputs: image.
  case maxPool(FloatPool)
  /// Inputs: image.
  case averagePool(FloatPool)
  /// Inputs: a vector. Weights: outputs x inputs, in the flattened HWC order of the input.
  case fullyConnected(weights: [Float], bias: [Float])
  /// Inputs: image. The same values in the same order (HWC) as a vector, or with other extents.
  case flatten
  /// Inputs: image, then theta (six values, `t00 t01 t02 t10 t11 t12`, target to source). Affine grid and sampling; the
  /// output has the size of its value's shape. ONNX AffineGrid-20 and GridSample-20.
  case affineGridSample(FloatSampler)
  /// Inputs: two to four images of one size, or vectors. Along channels.
  case concatenate
  /// Inputs: two of one shape. Their sum.
  case add
  /// Inputs: two. Their product; each extent of the second is that of the first, or 1.
  case multiply
  /// Inputs: image. The same values at other places.
  case rearrange(FloatRearrangement)
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

/// Which value of an image each value of another one is.
public struct FloatRearrangement: Equatable, Sendable {
  public var rows: RearrangeParameters.Axis
  public var columns: RearrangeParameters.Axis
  public var firstChannel: Int
  /// Whether a place between two of the image's is the one before it, or outside.
  public var repeats: Bool
  /// The value outside.
  public var fill: Float

  public init(
    rows: RearrangeParameters.Axis = .init(), columns: RearrangeParameters.Axis = .init(), firstChannel: Int = 0,
    repeats: Bool = false, fill: Float = 0
  ) {
    self.rows = rows
    self.columns = columns
    self.firstChannel = firstChannel
    self.repeats = repeats
    self.fill = fill
  }
}

public struct FloatPool: Equatable, Sendable {
  public var kernel: Extent
  public var stride: Extent
  public var padding: Padding
  public var dilation: Extent
  /// Whether an average is over the whole kernel, padding as zeros, or over the pixels inside the image alone.
  public var countsPadding: Bool

  public init(
    kernel: Extent, stride: Extent, padding: Padding = Padding(), dilation: Extent = Extent(1, 1),
    countsPadding: Bool = true
  ) {
    self.kernel = kernel
    self.stride = stride
    self.padding = padding
    self.dilation = dilation
    self.countsPadding = countsPadding
  }
}
