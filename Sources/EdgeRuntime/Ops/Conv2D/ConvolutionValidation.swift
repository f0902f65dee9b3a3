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
    try checkWeights(p, from: input, outputChannels: output.channels, at: words)
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

  /// Kernels add in orders of their own and rely on all of this to give the reference's bits.
  private func checkWeights(
    _ p: ConvolutionParameters, from input: TensorRecord, outputChannels: Int, at words: Int
  ) throws(ModelError) {
    let weights = p.packedBytes(inputChannels: input.channels, outputChannels: outputChannels)
    let blocks = Layout.blocks(outputChannels)
    let perOutput = Layout.outputsPerBlock * blocks
    guard p.weightsBytes == weights else { throw ModelError(.weightPlace, at: words + 52) }
    try checkBlob(p.weightsOffset, weights, at: words + 48)
    try checkBlob(p.biasOffset, 4 * perOutput, at: words + 56)
    try checkBlob(p.shiftOffset, perOutput, at: words + 60)
    let blob = sectionOffset(.weights)
    let stored = unsafe StoredWeights(bytes.base + blob + p.weightsOffset, bits: p.storedBits)
    let reach = max(-input.format.minimumRaw, input.format.maximumRaw)
    for block in 0..<blocks {
      let packed = PackedBlock(stored, block, p, input.channels)
      guard packed.isSymmetric, packed.hasZerosForMissingTaps else {
        throw ModelError(.weightValue, at: blob + p.weightsOffset + block * (weights / blocks))
      }
      for lane in 0..<Layout.outputsPerBlock {
        let output = block * Layout.outputsPerBlock + lane
        let shift = bytes.u8(blob + p.shiftOffset + output)
        guard shift <= 31 else { throw ModelError(.shift, at: blob + p.shiftOffset + output) }
        if output >= outputChannels && packed.magnitudes[lane] != 0 {
          throw ModelError(.weightValue, at: blob + p.weightsOffset + block * (weights / blocks))
        }
        let half: Int64 = shift == 0 ? 0 : 1 << Int64(shift - 1)
        let bias = abs(Int64(bytes.i32(blob + p.biasOffset + 4 * output)))
        // Magnitudes sum to less than 255 * 255 * 65535 * 127 < 2^40, each times less than 2^16.
        guard bias + half + packed.magnitudes[lane] * reach <= Int64(p.accumulatorBound) else {
          throw ModelError(.accumulatorBound, at: words + 68)
        }
      }
    }
  }

  /// A blob of the weights section, whose place the field at byte offset `field` gives.
  func checkBlob(_ offset: Int, _ length: Int, at field: Int) throws(ModelError) {
    guard offset % Layout.alignment == 0, offset <= sectionLength(.weights), length <= sectionLength(.weights) - offset
    else { throw ModelError(.weightPlace, at: field) }
  }
}

/// What a block of 16 outputs' packed weights holds, read once.
private struct PackedBlock {
  /// The sum of the weights' magnitudes for each output.
  var magnitudes = InlineArray<16, Int64>(repeating: 0)
  /// No weight is beyond `2^(width-1) - 1` either way.
  var isSymmetric: Bool
  var hasZerosForMissingTaps: Bool

  init(_ stored: StoredWeights, _ block: Int, _ p: ConvolutionParameters, _ inputChannels: Int) {
    let groups = p.groupsPerRow(inputChannels: inputChannels)
    let first = block * p.kernelHeight * groups
    let taps = p.kernelWidth * (inputChannels / p.groups) - Layout.tapsPerGroup * (groups - 1)
    // The bits of the last group's four taps that stand for none: the first tap is the lowest byte.
    let missing = SIMD16<Int32>(repeating: taps == Layout.tapsPerGroup ? 0 : -1 << Int32(8 * taps))
    var seen = SIMD16<Int32>(repeating: 0)
    var stray = SIMD16<Int32>(repeating: 0)
    for row in 0..<p.kernelHeight {
      // A row's sum fits 32 bits: 255 * 65535 * 127 < 2^31.
      var sum = SIMD16<Int32>(repeating: 0)
      for group in 0..<groups {
        let word = stored.taps(ofGroup: first + row * groups + group)
        if group == groups - 1 { stray |= word & missing }
        for tap in 0..<Int32(4) {
          let weight = (word &<< (24 &- 8 &* tap)) &>> 24
          let sign = weight &>> 31
          let magnitude = (weight ^ sign) &- sign
          seen |= magnitude
          sum &+= magnitude
        }
      }
      for lane in 0..<16 { magnitudes[lane] += Int64(sum[lane]) }
    }
    // The limit is all ones, so magnitudes within it set no other bit.
    let limit = SIMD16<Int32>(repeating: 1 << Int32(p.weightWidth - 1) - 1)
    isSymmetric = seen & ~limit == SIMD16(repeating: 0)
    hasZerosForMissingTaps = stray == SIMD16(repeating: 0)
  }
}
