/// A convolution or, with a 1x1 kernel on a 1x1 image, a fully connected layer. docs/file-format.md, "conv2D".
public struct ConvolutionParameters: Equatable, Sendable {
  public var kernelHeight: Int
  public var kernelWidth: Int
  public var strideHeight: Int
  public var strideWidth: Int
  public var paddingTop: Int
  public var paddingLeft: Int
  public var paddingBottom: Int
  public var paddingRight: Int
  public var dilationHeight: Int
  public var dilationWidth: Int
  public var groups: Int
  /// A 2x2 max-pool of stride 2 on the accumulators, before the one requantisation.
  public var hasMaxPool: Bool
  /// Bytes from the start of the weights section: packed weights, biases (Int32), shifts (UInt8, 0...31).
  public var weightsOffset: Int
  public var weightsBytes: Int
  public var biasOffset: Int
  public var shiftOffset: Int
  /// Bits of a weight, 2...8; its range is symmetric.
  public var weightWidth: Int
  /// Whether a narrow weight takes a byte all the same, as in files that pack none.
  public var storesBytes: Bool
  /// The greatest magnitude an accumulator can reach, the rounding half included; below 2^31.
  public var accumulatorBound: UInt32

  public init(
    kernelHeight: Int, kernelWidth: Int, strideHeight: Int = 1, strideWidth: Int = 1, paddingTop: Int = 0,
    paddingLeft: Int = 0, paddingBottom: Int = 0, paddingRight: Int = 0, dilationHeight: Int = 1,
    dilationWidth: Int = 1, groups: Int = 1, hasMaxPool: Bool = false, weightsOffset: Int = 0, weightsBytes: Int = 0,
    biasOffset: Int = 0, shiftOffset: Int = 0, weightWidth: Int = 8, storesBytes: Bool = false,
    accumulatorBound: UInt32 = 0
  ) {
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.strideHeight = strideHeight
    self.strideWidth = strideWidth
    self.paddingTop = paddingTop
    self.paddingLeft = paddingLeft
    self.paddingBottom = paddingBottom
    self.paddingRight = paddingRight
    self.dilationHeight = dilationHeight
    self.dilationWidth = dilationWidth
    self.groups = groups
    self.hasMaxPool = hasMaxPool
    self.weightsOffset = weightsOffset
    self.weightsBytes = weightsBytes
    self.biasOffset = biasOffset
    self.shiftOffset = shiftOffset
    self.weightWidth = weightWidth
    self.storesBytes = storesBytes
    self.accumulatorBound = accumulatorBound
  }

  /// Bits that a weight takes in the file.
  public var storedBits: Int { storesBytes ? 8 : weightWidth }

  /// Rows of the convolution's own output for an input of `height` rows, before a fused pool; 0 when none fits.
  public func convolvedHeight(_ height: Int) -> Int {
    let reach = dilationHeight * (kernelHeight - 1) + 1
    let padded = height + paddingTop + paddingBottom
    return padded < reach ? 0 : (padded - reach) / strideHeight + 1
  }

  public func convolvedWidth(_ width: Int) -> Int {
    let reach = dilationWidth * (kernelWidth - 1) + 1
    let padded = width + paddingLeft + paddingRight
    return padded < reach ? 0 : (padded - reach) / strideWidth + 1
  }

  /// Rows of the operation's output, after a fused pool.
  public func outputHeight(_ height: Int) -> Int {
    hasMaxPool ? convolvedHeight(height) / 2 : convolvedHeight(height)
  }

  public func outputWidth(_ width: Int) -> Int {
    hasMaxPool ? convolvedWidth(width) / 2 : convolvedWidth(width)
  }

  /// Four-tap groups in one kernel row of one output channel: taps run through `kx * C + ic`, C input channels a group.
  public func groupsPerRow(inputChannels: Int) -> Int {
    WeightStorage.groupsPerRow(taps: kernelWidth * (inputChannels / groups))
  }

  /// Bytes of the packed weights.
  public func packedBytes(inputChannels: Int, outputChannels: Int) -> Int {
    WeightStorage.bytes(
      outputs: outputChannels, kernelHeight: kernelHeight, kernelWidth: kernelWidth,
      inputsPerGroup: inputChannels / groups,
      bits: storedBits)
  }

  /// The number of an output channel's weight for a tap, in the order of the packing: `StoredWeights.weight(_:)` reads it.
  public func packedIndex(output: Int, row: Int, tap: Int, inputChannels: Int) -> Int {
    let group = groupsPerRow(inputChannels: inputChannels)
    let block = output / Layout.outputsPerBlock
    return
      (((block * kernelHeight + row) * group + tap / Layout.tapsPerGroup) * Layout.outputsPerBlock
      + output % Layout.outputsPerBlock) * Layout.tapsPerGroup + tap % Layout.tapsPerGroup
  }
}
