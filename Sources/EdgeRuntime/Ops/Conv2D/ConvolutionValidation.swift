extension ModelView {
  /// The parameters of a convolution at byte offset `words`, against its tensors and the weights section.
  func checkConvolution(
    _ p: ConvolutionParameters, from input: TensorRecord, to output: TensorRecord, at words: Int
  ) throws(ModelError) {
    for word in 0..<11 {
      let isPadding = word >= 4 && word < 8
      let value = bytes.size(words + 4 * word)
      guard value <= (word == 10 ? Layout.maximumExtent : 255), value >= (isPadding ? 0 : 1) else {
        throw ModelError(.parameter, at: words + 4 * word)
      }
    }
    guard input.channels % p.groups == 0, output.channels % p.groups == 0 else {
      throw ModelError(.parameter, at: words + 40)
    }
    guard bytes.u32(words + 44) <= 1 else { throw ModelError(.parameter, at: words + 44) }
    guard p.weightWidth >= 2, p.weightWidth <= 8 else { throw ModelError(.parameter, at: words + 64) }
    guard p.accumulatorBound < 1 << 31 else { throw ModelError(.accumulatorBound, at: words + 68) }
    guard output.height == p.outputHeight(input.height), output.width == p.outputWidth(input.width) else {
      throw ModelError(.shape, at: words)
    }
    try checkWeights(p, inputChannels: input.channels, outputChannels: output.channels, at: words)
  }

  /// A fully connected layer is a 1x1 convolution of a 1x1 image.
  func checkFullyConnected(
    _ p: ConvolutionParameters, from input: TensorRecord, at words: Int
  ) throws(ModelError) {
    guard p.kernelHeight == 1, p.kernelWidth == 1, p.strideHeight == 1, p.strideWidth == 1, p.paddingTop == 0,
      p.paddingLeft == 0, p.paddingBottom == 0, p.paddingRight == 0, p.dilationHeight == 1, p.dilationWidth == 1,
      p.groups == 1, !p.hasMaxPool
    else { throw ModelError(.parameter, at: words) }
    guard input.height == 1, input.width == 1 else { throw ModelError(.shape, at: words) }
  }

  private func checkWeights(
    _ p: ConvolutionParameters, inputChannels: Int, outputChannels: Int, at words: Int
  ) throws(ModelError) {
    // Extents below 2^16 and kernels below 2^8: the product stays below 2^52.
    let weights = p.packedBytes(inputChannels: inputChannels, outputChannels: outputChannels)
    let perOutput = Layout.outputsPerBlock * ((outputChannels + Layout.outputsPerBlock - 1) / Layout.outputsPerBlock)
    guard p.weightsBytes == weights else { throw ModelError(.weightPlace, at: words + 52) }
    try checkBlob(p.weightsOffset, weights, at: words + 48)
    try checkBlob(p.biasOffset, 4 * perOutput, at: words + 56)
    try checkBlob(p.shiftOffset, perOutput, at: words + 60)
    let limit = Int8((1 << (p.weightWidth - 1)) - 1)
    let blob = unsafe section(.weights)
    var least: Int8 = 0
    var greatest: Int8 = 0
    for offset in p.weightsOffset..<p.weightsOffset + weights {
      let weight = unsafe Int8(bitPattern: blob[offset])
      least = min(least, weight)
      greatest = max(greatest, weight)
    }
    guard least >= -limit, greatest <= limit else {
      throw ModelError(.weightValue, at: sectionOffset(.weights) + p.weightsOffset)
    }
    for offset in p.shiftOffset..<p.shiftOffset + perOutput where unsafe blob[offset] > 31 {
      throw ModelError(.shift, at: sectionOffset(.weights) + offset)
    }
  }

  private func checkBlob(_ offset: Int, _ length: Int, at field: Int) throws(ModelError) {
    guard offset % Layout.alignment == 0, offset <= sectionLength(.weights), length <= sectionLength(.weights) - offset
    else { throw ModelError(.weightPlace, at: field) }
  }
}
