/// A convolution with seeded values, to compare an instruction set's kernels with the scalar reference, byte for byte.
public struct ConvolutionProblem: Sendable {
  public var parameters: ConvolutionParameters
  public var inputHeight: Int
  public var inputWidth: Int
  public var inputChannels: Int
  public var outputChannels: Int
  public var inputFormat = FixedFormat(width: 8, fraction: 0, isSigned: false)
  public var outputFormat = FixedFormat(width: 8, fraction: 0, isSigned: true)
  /// Only the ends of the activations' and weights' ranges, and biases as large as the accumulator has room for.
  public var isExtreme = false
  /// The greatest magnitude of a weight; nil for what the width allows.
  public var largestWeight: Int?
  /// Keeps biases and shifts of an extreme problem as small as those of others: far ones saturate most outputs, whatever the sums are.
  public var hasSmallBiases = false
  public var seed: UInt64 = 1

  public init(
    _ parameters: ConvolutionParameters, inputHeight: Int, inputWidth: Int, inputChannels: Int, outputChannels: Int
  ) {
    self.parameters = parameters
    self.inputHeight = inputHeight
    self.inputWidth = inputWidth
    self.inputChannels = inputChannels
    self.outputChannels = outputChannels
  }

  /// A small problem, every property of it drawn from `seed`.
  public init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let kernelHeight = generator.pick([1, 2, 3, 3, 5])
    let kernelWidth = generator.oneIn(2) ? kernelHeight : generator.pick([1, 2, 3, 4, 5, 7])
    parameters = ConvolutionParameters(
      kernelHeight: kernelHeight, kernelWidth: kernelWidth, strideHeight: generator.pick([1, 1, 2, 3]),
      strideWidth: generator.pick([1, 1, 2, 3]), paddingTop: generator.next(in: 0...kernelHeight),
      paddingLeft: generator.next(in: 0...kernelWidth), paddingBottom: generator.next(in: 0...kernelHeight),
      paddingRight: generator.next(in: 0...kernelWidth), dilationHeight: generator.pick([1, 1, 2, 3]),
      dilationWidth: kernelWidth == 1 ? generator.next(in: 1...3) : 1, hasMaxPool: generator.oneIn(2),
      weightWidth: generator.pick([2, 3, 4, 5, 6, 7, 8, 8, 8]))
    // As files do that don't pack narrow weights.
    parameters.storesBytes = generator.oneIn(6)
    inputHeight = generator.pick([1, 2, 3, 4, 5, 7, 8, 9, 12])
    inputWidth = generator.pick([1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 17, 24, 25, 31])
    inputChannels = generator.pick([1, 2, 3, 4, 5, 8, 15, 16, 17, 23, 32, 64])
    outputChannels = generator.pick([1, 3, 4, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 64, 65])
    let inputIsSigned = generator.oneIn(2)
    inputFormat = FixedFormat(width: generator.pick([3, 7, 8, 8, 8]), fraction: 0, isSigned: inputIsSigned)
    let outputIsSigned = generator.oneIn(2)
    outputFormat = FixedFormat(width: generator.pick([4, 8, 8, 11, 16]), fraction: 0, isSigned: outputIsSigned)
    isExtreme = generator.oneIn(3)
    if generator.oneIn(3) { takeThreeByThreeShape(from: &generator) }
    self.seed = generator.next()
    switch generator.next(in: 0...7) {
    case 0, 1: becomeDepthwise(&generator)
    case 2: becomeGrouped(&generator)
    case 3: parameters.dilationWidth = generator.next(in: 2...3)
    default: break
    }
  }

  private mutating func becomeGrouped(_ generator: inout SeededGenerator) {
    parameters.groups = generator.pick([2, 3, 4])
    inputChannels *= parameters.groups
    // Two thirds in whole blocks.
    outputChannels = generator.pick([5, 16, 32]) * parameters.groups
  }

  private mutating func becomeDepthwise(_ generator: inout SeededGenerator) {
    outputChannels = inputChannels
    parameters.groups = inputChannels
    parameters.dilationWidth = generator.pick([1, 1, 2, 3])
    if generator.oneIn(2) { (parameters.kernelHeight, parameters.kernelWidth) = (3, 3) }
  }

  /// What has kernels of its own: 3x3 windows side by side, over whole eights of channels (Winograd, both tiles) or over one.
  private mutating func takeThreeByThreeShape(from generator: inout SeededGenerator) {
    (parameters.kernelHeight, parameters.kernelWidth) = (3, 3)
    (parameters.strideHeight, parameters.strideWidth) = (1, 1)
    (parameters.dilationHeight, parameters.dilationWidth) = (1, 1)
    inputHeight = generator.pick([3, 4, 5, 6, 7, 8, 10, 12, 17])
    inputWidth = generator.pick([4, 5, 6, 7, 8, 9, 12, 13, 16])
    inputChannels = generator.pick([1, 16, 24, 32, 40, 64])
    outputChannels = generator.pick([8, 9, 15, 16, 17, 24, 31, 32, 33, 47])
  }

  public var outputHeight: Int { parameters.outputHeight(inputHeight) }
  public var outputWidth: Int { parameters.outputWidth(inputWidth) }

  public var multiplyAccumulates: Int {
    parameters.convolvedHeight(inputHeight) * parameters.convolvedWidth(inputWidth) * outputChannels
      * parameters.kernelHeight * parameters.kernelWidth * (inputChannels / parameters.groups)
  }

  var outputBytes: Int { outputHeight * outputWidth * outputChannels * outputFormat.elementBytes }
  var inputCount: Int { inputHeight * inputWidth * inputChannels }
  var paddedOutputs: Int {
    Layout.blocks(outputChannels) * Layout.outputsPerBlock
  }
  var weightsBytes: Int { parameters.packedBytes(inputChannels: inputChannels, outputChannels: outputChannels) }
  var preparedBytes: Int {
    Conv2D.preparedBytes(parameters, inputChannels: inputChannels, outputChannels: outputChannels)
  }
  var workspaceBytes: Int {
    Conv2D.workspaceBytes(
      parameters: parameters, inputHeight: inputHeight, inputWidth: inputWidth, inputChannels: inputChannels,
      outputChannels: outputChannels)
  }
}
