/// What the SIMD kernels can compute, and the memory that they need for it.
extension Conv2D {
  /// The rule that sends a convolution to the kernels or to the scalar reference: activations of at most 8 bits, and a group
  /// for each channel, one for all of them, or groups that make whole blocks of 16 outputs. `instructionSet` must be one that
  /// this machine has.
  public static func isVectorized(
    _ parameters: ConvolutionParameters, inputFormat: FixedFormat, inputChannels: Int, outputChannels: Int,
    instructionSet: InstructionSet
  ) -> Bool {
    instructionSet != .scalar && inputFormat.elementBytes == 1
      && hasKernel(parameters, inputChannels: inputChannels, outputChannels: outputChannels)
  }

  static func hasKernel(_ p: ConvolutionParameters, inputChannels: Int, outputChannels: Int) -> Bool {
    p.groups == 1 || outputChannels / p.groups % Layout.outputsPerBlock == 0
      || isDepthwise(p, inputChannels: inputChannels, outputChannels: outputChannels)
  }

  /// Whether each input channel makes an output channel alone. One channel by one filter is an ordinary convolution, too.
  static func isDepthwise(_ p: ConvolutionParameters, inputChannels: Int, outputChannels: Int) -> Bool {
    p.groups > 1 && p.groups == inputChannels && p.groups == outputChannels
  }

  /// Rows of the image that the kernels take for one: a 1x1 convolution's pixels have no neighbours, and few long rows fill
  /// more tiles than many short ones.
  static func foldedRows(_ p: ConvolutionParameters, inputHeight: Int, inputWidth: Int) -> Int {
    let isPointwise =
      p.kernelHeight == 1 && p.kernelWidth == 1 && p.strideHeight == 1 && p.strideWidth == 1 && p.paddingTop == 0
      && p.paddingLeft == 0 && p.paddingBottom == 0 && p.paddingRight == 0 && !p.hasMaxPool
    guard isPointwise, inputWidth < longRow else { return 1 }
    var rows = min(inputHeight, longRow / inputWidth)
    while inputHeight % rows != 0 { rows -= 1 }
    return rows
  }

  /// Bytes of scratch memory, a multiple of 64; 0 where only the scalar reference applies or the output is empty.
  ///
  /// The same for every instruction set, so that a file runs everywhere: what direct and Winograd kernels need at most.
  ///
  /// - Returns: `Int.max` for more than an `Int` holds, which no arena has.
  /// - Requires: extents and parameters of at most 65535 each, which keeps every product below 2^62.
  public static func workspaceBytes(
    parameters p: ConvolutionParameters, inputHeight: Int, inputWidth: Int, inputChannels: Int, outputChannels: Int
  ) -> Int {
    let winograd = WinogradPlan(
      p, inputHeight: inputHeight, inputWidth: inputWidth, inputChannels: inputChannels, outputChannels: outputChannels)
    return max(
      winograd?.workspaceBytes ?? 0,
      directWorkspaceBytes(
        parameters: p, inputHeight: inputHeight, inputWidth: inputWidth, inputChannels: inputChannels,
        outputChannels: outputChannels))
  }

  /// For the direct kernels: room for packed weights to be unpacked, and the input rows that some output rows need,
  /// zero-padded (two bytes a tap at most). All of a small image fits; of a large one `stripTarget` bytes are taken, or what a
  /// single output row needs.
  static func directWorkspaceBytes(
    parameters p: ConvolutionParameters, inputHeight: Int, inputWidth: Int, inputChannels: Int, outputChannels: Int
  ) -> Int {
    let outputHeight = p.outputHeight(inputHeight)
    guard hasKernel(p, inputChannels: inputChannels, outputChannels: outputChannels), outputHeight > 0,
      p.outputWidth(inputWidth) > 0
    else { return 0 }
    let isDepthwise = isDepthwise(p, inputChannels: inputChannels, outputChannels: outputChannels)
    let folded = isDepthwise ? 1 : foldedRows(p, inputHeight: inputHeight, inputWidth: inputWidth)
    let pixelBytes = Int64(isDepthwise ? inputChannels : inputChannels / p.groups * bytesPerTap)
    let isGathered = !isDepthwise && p.dilationWidth > 1 && p.kernelWidth > 1
    let pixelStep = isGathered ? p.kernelWidth : p.strideWidth
    let windowReach = isGathered ? p.kernelWidth : (p.kernelWidth - 1) * p.dilationWidth + 1
    let rowPixels = (p.convolvedWidth(inputWidth) * folded - 1) * pixelStep + windowReach
    let rowBytes = Int64(rowPixels) * pixelBytes
    let rowsForAll = Int64(stripRows(p, outputRows: outputHeight / folded))
    let rowsForOne = Int64(stripRows(p, outputRows: 1))
    let rows = min(rowsForAll, max(rowsForOne, stripTarget / rowBytes))
    let overhangPixels = isDepthwise ? depthwiseOverhangPixels : overhangPixels
    let overhang = Int64(overhangPixels * pixelStep) * pixelBytes + overhangBytes
    let unpacked = unpackedBytes(
      p, inputHeight: inputHeight, inputWidth: inputWidth, inputChannels: inputChannels, outputChannels: outputChannels)
    return Int(clamping: Int64(unpacked) + Layout.aligned(rows * rowBytes + overhang))
  }

  /// Bytes for packed weights of 16 output channels, a byte each; a multiple of 64. A convolution unpacks all of them and
  /// goes over its pixels; where there is one pixel, `unpackedPiece` bytes at a time are unpacked and used at once. A depthwise
  /// convolution's are unpacked when it is prepared.
  static func unpackedBytes(
    _ p: ConvolutionParameters, inputHeight: Int, inputWidth: Int, inputChannels: Int, outputChannels: Int
  ) -> Int {
    if p.storedBits == 8 || isDepthwise(p, inputChannels: inputChannels, outputChannels: outputChannels) { return 0 }
    if !p.hasMaxPool && p.outputHeight(inputHeight) == 1 && p.outputWidth(inputWidth) == 1 { return unpackedPiece }
    return p.kernelHeight * p.groupsPerRow(inputChannels: inputChannels) * WeightStorage.weightsPerGroup
  }

  /// Bytes that a prepared convolution keeps, a multiple of 64, the same for every instruction set: biases, and of a depthwise one
  /// all weights in the order of its taps and a byte for each 16 channels.
  public static func preparedBytes(_ p: ConvolutionParameters, inputChannels: Int, outputChannels: Int) -> Int {
    guard isDepthwise(p, inputChannels: inputChannels, outputChannels: outputChannels) else {
      return biasBytes(outputChannels)
    }
    let blocks = Layout.blocks(outputChannels)
    let others = Int64(biasBytes(outputChannels) + Layout.aligned(blocks))
    return Int(clamping: others + Int64(orderedBytes(p, blocks: blocks)))
  }

  /// An Int32 for each output channel of whole blocks.
  static func biasBytes(_ outputChannels: Int) -> Int { Layout.blocks(outputChannels) * Layout.outputsPerBlock * 4 }

  /// A kernel of 255 x 255 over 65535 channels: below 2^33.
  static func orderedBytes(_ p: ConvolutionParameters, blocks: Int) -> Int {
    Int(clamping: Layout.aligned(Int64(blocks * Layout.outputsPerBlock) * Int64(p.kernelHeight * p.kernelWidth)))
  }

  /// Input rows, padding included, under so many rows of the output.
  static func stripRows(_ p: ConvolutionParameters, outputRows: Int) -> Int {
    (outputRows * (p.hasMaxPool ? 2 : 1) - 1) * p.strideHeight + (p.kernelHeight - 1) * p.dilationHeight + 1
  }

  /// AVX2 multiplies 16-bit lanes; the other instruction sets use half of the strip's bytes, or twice its rows.
  private static let bytesPerTap = 2
  /// A tile computes up to this many pixels more than the row has, and drops them.
  private static let overhangPixels = 2
  /// As many as a depthwise tile has at most.
  private static let depthwiseOverhangPixels = 8
  /// Pixels that fill every instruction set's tiles well.
  private static let longRow = 64
  /// The last four-tap group of a row may read past it, where its weights are zero.
  private static let overhangBytes: Int64 = 64
  /// Inside the level-2 cache of every core in view beside the weights of a block of output channels.
  private static let stripTarget: Int64 = 64 << 10
  /// A small part of every level-1 cache. Whole chunks of groups, for as many blocks as a kernel streams at once.
  private static let unpackedPiece = 4096
}
