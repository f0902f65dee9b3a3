/// Every operation reads what was written, fits its shapes, and stays inside its sections and the arena.
extension ModelView {
  func checkOperations() throws(ModelError) {
    var written = TensorSet()
    for index in 0..<inputCount { written.insert(Int(inputTensors[index])) }
    for index in 0..<operationCount {
      let at = operationOffset(index)
      try checkRecord(at: at)
      let record = operation(index)
      for position in 0..<record.inputCount {
        guard isWritten(record.inputs[position], in: written) else {
          throw ModelError(.undefinedInput, at: at + 12 + 4 * position)
        }
      }
      try checkOperation(record, at: at)
      written.insert(record.output)
    }
    for index in 0..<outputCount where !isWritten(Int(outputTensors[index]), in: written) {
      throw ModelError(
        .undefinedInput,
        at: listsOutputs ? tensorOffset(Int(outputTensors[index])) + Layout.outputNumberOffset : 56)
    }
  }

  /// A tensor counts as written if it is, or if it is another view (a flattening) of the same bytes as one that is.
  private func isWritten(_ index: Int, in written: borrowing TensorSet) -> Bool {
    if written.contains(index) { return true }
    let wanted = tensor(index)
    for other in 0..<tensorCount where written.contains(other) {
      let candidate = tensor(other)
      if candidate.arenaOffset == wanted.arenaOffset, candidate.bytes == wanted.bytes,
        candidate.format == wanted.format
      {
        return true
      }
    }
    return false
  }

  /// The fields that all kinds share.
  private func checkRecord(at: Int) throws(ModelError) {
    guard let kind = OperationKind(rawValue: bytes.u16(at)) else { throw ModelError(.operationKind, at: at) }
    let inputs = Int(bytes.u16(at + 2))
    let wanted: ClosedRange<Int> =
      switch kind {
      case .affineGridSample, .add, .multiply: 2...2
      case .concatenate: 2...4
      default: 1...1
      }
    guard wanted.contains(inputs) else { throw ModelError(.inputCount, at: at + 2) }
    try checkName(at: at + 4)
    for position in 0..<4 {
      let field = at + 12 + 4 * position
      guard position < inputs ? bytes.size(field) < tensorCount : bytes.u32(field) == Layout.noTensor else {
        throw ModelError(.tensorIndex, at: field)
      }
    }
    guard bytes.size(at + 28) < tensorCount else { throw ModelError(.tensorIndex, at: at + 28) }
    let format = tensor(bytes.size(at + 28)).format
    let least = Int64(bytes.i32(at + 32))
    let greatest = Int64(bytes.i32(at + 36))
    guard least <= greatest, least >= format.minimumRaw, greatest <= format.maximumRaw else {
      throw ModelError(.outputRange, at: at + 32)
    }
    guard bytes.size(at + 52) <= arenaBytes - workspaceOffset else { throw ModelError(.workspace, at: at + 52) }
    let used = parameterWords(kind) * 4
    guard bytes.isZero(at + Layout.parameterOffset + used..<at + Layout.operationRecordBytes) else {
      throw ModelError(.reservedNotZero, at: at + Layout.parameterOffset + used)
    }
    if kind == .affineGridSample { try checkSamplingModes(at: at + Layout.parameterOffset) }
  }

  private func checkSamplingModes(at words: Int) throws(ModelError) {
    guard AffineGridParameters.Interpolation(rawValue: bytes.u32(words)) != nil else {
      throw ModelError(.parameter, at: words)
    }
    guard AffineGridParameters.Outside(rawValue: bytes.u32(words + 4)) != nil else {
      throw ModelError(.parameter, at: words + 4)
    }
  }

  private func parameterWords(_ kind: OperationKind) -> Int {
    switch kind {
    case .conv2D, .fullyConnected: 18
    case .maxPool2D: widensPools ? 10 : 8
    case .averagePool2D: widensPools ? 13 : 10
    case .affineGridSample: 14
    case .concatenate: 4
    case .requantize: 1
    case .add, .table: 3
    case .rearrange: 9
    case .multiply: 1
    }
  }

  private func checkOperation(_ record: OperationRecord, at: Int) throws(ModelError) {
    let words = at + Layout.parameterOffset
    let input = tensor(record.inputs[0])
    let output = tensor(record.output)
    var workspace = 0
    switch record.operation {
    case .conv2D(let parameters):
      try checkConvolution(parameters, from: input, to: output, at: words)
      workspace = Conv2D.workspaceBytes(
        parameters: parameters, inputHeight: input.height, inputWidth: input.width, inputChannels: input.channels,
        outputChannels: output.channels)
    case .fullyConnected(let parameters):
      try checkFullyConnected(parameters, from: input, at: words)
      try checkConvolution(parameters, from: input, to: output, at: words)
      workspace = Conv2D.workspaceBytes(
        parameters: parameters, inputHeight: 1, inputWidth: 1, inputChannels: input.channels,
        outputChannels: output.channels)
    case .maxPool2D(let parameters):
      try checkPool(parameters, from: input, to: output, at: words, dilation: 8)
    case .averagePool2D(let parameters, let multiplier, let shift):
      try checkPool(parameters, from: input, to: output, at: words, dilation: 10)
      if widensPools, bytes.size(words + 48) > 1 { throw ModelError(.parameter, at: words + 48) }
      // At most 2^28 taps of 16 bits, times 2^16; the fewer taps are inside, the greater their multiplier: inside 64 bits.
      guard multiplier >= 1, multiplier <= 1 << 16 else { throw ModelError(.parameter, at: words + 32) }
      guard shift >= 0, shift <= 62 else { throw ModelError(.shift, at: words + 36) }
    case .affineGridSample(let parameters):
      try checkSampler(parameters, record, to: output, at: words)
    case .concatenate(let shifts):
      try checkConcatenation(record, shifts, to: output, at: words)
    case .requantize(let shift):
      guard shift >= -15, shift <= 31 else { throw ModelError(.shift, at: words) }
      guard input.height == output.height, input.width == output.width, input.channels == output.channels else {
        throw ModelError(.shape, at: at + 28)
      }
    case .add(let parameters):
      try checkAddition(record, parameters, to: output, at: words)
    case .table(let parameters):
      try checkTable(parameters, record, at: words)
    case .rearrange(let parameters):
      try checkRearrangement(parameters, record, at: words)
    case .multiply(let shift):
      try checkMultiplication(shift, record, at: words)
    }
    guard record.workspaceBytes == workspace else { throw ModelError(.workspace, at: at + 52) }
    guard record.multiplyAccumulates == multiplyAccumulates(record.operation, from: input, to: output) else {
      throw ModelError(.multiplyAccumulates, at: at + 40)
    }
    if record.operation.kind != .concatenate {
      for position in 0..<record.inputCount where overlap(tensor(record.inputs[position]), output) {
        throw ModelError(.overlap, at: at + 28)
      }
    }
  }

  /// Those of an operation whose shapes have been checked; nil above 2^48, so that sums over a model fit 64 bits.
  private func multiplyAccumulates(
    _ operation: Operation, from input: TensorRecord, to output: TensorRecord
  ) -> UInt64? {
    let parameters: ConvolutionParameters
    switch operation {
    case .conv2D(let p), .fullyConnected(let p): parameters = p
    default: return 0
    }
    let factors: InlineArray<6, Int> = [
      parameters.convolvedHeight(input.height), parameters.convolvedWidth(input.width), output.channels,
      parameters.kernelHeight, parameters.kernelWidth, input.channels / parameters.groups,
    ]
    var product: UInt64 = 1
    for index in factors.indices {
      let (next, overflow) = product.multipliedReportingOverflow(by: UInt64(factors[index]))
      guard !overflow, next <= 1 << 48 else { return nil }
      product = next
    }
    return product
  }

  func overlap(_ a: TensorRecord, _ b: TensorRecord) -> Bool {
    a.arenaOffset < b.arenaOffset + b.bytes && b.arenaOffset < a.arenaOffset + a.bytes
  }

  /// - Parameter dilation: the word of the dilation's height, where there is one.
  private func checkPool(
    _ p: PoolParameters, from input: TensorRecord, to output: TensorRecord, at words: Int, dilation: Int
  ) throws(ModelError) {
    let limit = widensPools ? Layout.maximumExtent : Layout.maximumPlainWindow
    for word in 0..<8 {
      let value = bytes.size(words + 4 * word)
      guard value <= limit, value >= (word < 4 ? 1 : 0) else { throw ModelError(.parameter, at: words + 4 * word) }
    }
    // A product with the multiplier of one tap would leave 64 bits.
    guard Int64(p.kernelHeight) * Int64(p.kernelWidth) <= Layout.maximumPoolTaps else {
      throw ModelError(.parameter, at: words)
    }
    guard 1...Layout.maximumPlainWindow ~= p.dilationHeight, 1...Layout.maximumPlainWindow ~= p.dilationWidth else {
      throw ModelError(.parameter, at: words + 4 * dilation)
    }
    // Padding below the window's reach, of taps that don't lie further apart than the image reaches, keeps at least one of every window's
    // inside; without padding all are.
    guard max(p.paddingTop, p.paddingBottom) < p.reachHeight, max(p.paddingLeft, p.paddingRight) < p.reachWidth,
      p.dilationHeight <= input.height || max(p.paddingTop, p.paddingBottom) == 0,
      p.dilationWidth <= input.width || max(p.paddingLeft, p.paddingRight) == 0
    else { throw ModelError(.parameter, at: words + 16) }
    guard output.height == p.outputHeight(input.height), output.width == p.outputWidth(input.width),
      output.channels == input.channels
    else { throw ModelError(.shape, at: words) }
  }

  private func checkSampler(
    _ parameters: AffineGridParameters, _ record: OperationRecord, to output: TensorRecord, at words: Int
  ) throws(ModelError) {
    let image = tensor(record.inputs[0])
    let theta = tensor(record.inputs[1])
    guard theta.count == 6, theta.format.isSigned, theta.format.elementBytes == 2, theta.format.fraction >= 0,
      theta.format.fraction <= 15
    else { throw ModelError(.format, at: words) }
    guard image.format == output.format else { throw ModelError(.format, at: words) }
    guard image.channels == output.channels, image.height <= 32767, image.width <= 32767 else {
      throw ModelError(.shape, at: words)
    }
    guard parameters.x.isBounded(height: output.height, width: output.width) else {
      throw ModelError(.parameter, at: words + 8)
    }
    guard parameters.y.isBounded(height: output.height, width: output.width) else {
      throw ModelError(.parameter, at: words + 32)
    }
  }

  private func checkConcatenation(
    _ record: OperationRecord, _ shifts: InlineArray<4, Int32>, to output: TensorRecord, at words: Int
  ) throws(ModelError) {
    var channels = 0
    for position in 0..<4 {
      guard shifts[position] >= -15, shifts[position] <= 31 else { throw ModelError(.shift, at: words + 4 * position) }
      guard position < record.inputCount else {
        guard shifts[position] == 0 else { throw ModelError(.reservedNotZero, at: words + 4 * position) }
        continue
      }
      let input = tensor(record.inputs[position])
      guard input.height == output.height, input.width == output.width else {
        throw ModelError(.shape, at: words + 4 * position)
      }
      guard !overlap(input, output) || isInPlace(input, output, firstChannel: channels, shift: shifts[position]) else {
        throw ModelError(.overlap, at: words + 4 * position)
      }
      channels += input.channels
    }
    guard channels == output.channels else { throw ModelError(.shape, at: words) }
  }

  private func checkAddition(
    _ record: OperationRecord, _ p: AdditionParameters, to output: TensorRecord, at words: Int
  ) throws(ModelError) {
    let lefts: InlineArray<2, Int32> = [p.first, p.second]
    for position in 0..<2 {
      guard lefts[position] >= -31, lefts[position] <= AdditionParameters.mostLeft else {
        throw ModelError(.shift, at: words + 4 * position)
      }
      let input = tensor(record.inputs[position])
      guard input.height == output.height, input.width == output.width, input.channels == output.channels else {
        throw ModelError(.shape, at: words + 4 * position)
      }
    }
    guard p.shift >= 0, p.shift <= 31 else { throw ModelError(.shift, at: words + 8) }
    let (first, second) = (tensor(record.inputs[0]), tensor(record.inputs[1]))
    guard p.bound(first.format, second.format) < 1 << 31 else { throw ModelError(.accumulatorBound, at: words + 8) }
  }

  /// An input of a concatenation of vectors that already lies where the output wants it.
  func isInPlace(_ input: TensorRecord, _ output: TensorRecord, firstChannel: Int, shift: Int32) -> Bool {
    output.height == 1 && output.width == 1 && shift == 0 && input.format == output.format
      && input.arenaOffset == output.arenaOffset + firstChannel * output.format.elementBytes
  }
}

/// Tensor indices below `Layout.maximumTensors`, as bits.
struct TensorSet: ~Copyable {
  private var words = InlineArray<64, UInt64>(repeating: 0)

  mutating func insert(_ index: Int) { words[index >> 6] |= 1 << UInt64(index & 63) }
  borrowing func contains(_ index: Int) -> Bool { words[index >> 6] >> UInt64(index & 63) & 1 == 1 }
}
