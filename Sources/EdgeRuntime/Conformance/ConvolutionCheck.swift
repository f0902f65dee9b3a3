extension ConvolutionProblem {
  /// Memory that `mismatch` needs.
  public var memoryBytes: Int { places.end }

  /// Runs the problem by the reference and by `instructionSet`, which this machine has; nil when all bytes agree and none
  /// was written outside output and workspace.
  ///
  /// - Parameters:
  ///   - memory: `memoryBytes` or more, at a multiple of 64.
  ///   - parts: that the layer is divided into, along `axis`; they run one after the other, the last one first, each with a
  ///     workspace that holds none of what another has left there.
  public func mismatch(
    _ instructionSet: InstructionSet, memory: UnsafeMutableRawBufferPointer, parts: Int = 1,
    along axis: ConvolutionAxis = .rows
  ) -> KernelMismatch? {
    let places = places
    var arguments = unsafe prepare(memory)
    guard let base = memory.baseAddress else { preconditionFailure("too little memory") }
    unsafe arguments.output = base + places.expected
    unsafe Conv2D.reference(arguments)
    unsafe arguments.output = base + places.output
    let prepared = unsafe PreparedConvolution(
      arguments, instructionSet: instructionSet, dividedAlong: parts > 1 ? axis : nil, memory: base + places.prepared)
    let before = unsafe Checksum.add(base, count: places.workspace - Places.margin, to: Checksum.initial)
    for part in (0..<parts).reversed() {
      for byte in places.workspace..<places.workspaceEnd {
        unsafe base.storeBytes(of: Self.guardByte, toByteOffset: byte, as: UInt8.self)
      }
      unsafe prepared.run(WorkShare(index: part, count: parts), workspace: arguments.workspace)
    }

    for byte in 0..<outputBytes {
      let expected = unsafe base.load(fromByteOffset: places.expected + byte, as: UInt8.self)
      let found = unsafe base.load(fromByteOffset: places.output + byte, as: UInt8.self)
      if expected != found { return .output(byte: byte) }
    }
    let outside: InlineArray<4, Range<Int>> = [
      places.workspace - Places.margin..<places.workspace, places.workspaceEnd..<places.output,
      places.output + outputBytes..<places.expected, places.expected + outputBytes..<places.end,
    ]
    for index in 0..<4 {
      for byte in outside[index] {
        if unsafe base.load(fromByteOffset: byte, as: UInt8.self) != Self.guardByte { return .strayWrite }
      }
    }
    let after = unsafe Checksum.add(base, count: places.workspace - Places.margin, to: Checksum.initial)
    return before == after ? nil : .strayWrite
  }

  /// Fills `memory`, as `mismatch` needs it, and prepares the problem for an instruction set.
  public func prepared(
    _ instructionSet: InstructionSet, memory: UnsafeMutableRawBufferPointer
  ) -> PreparedConvolution {
    let arguments = unsafe prepare(memory)
    guard let base = memory.baseAddress else { preconditionFailure("too little memory") }
    return unsafe PreparedConvolution(
      arguments, instructionSet: instructionSet, dividedAlong: nil, memory: base + places.prepared)
  }

  /// Fills `memory`, as `mismatch` needs it, with the problem's values and with guard bytes where nothing may be written.
  private func prepare(_ memory: UnsafeMutableRawBufferPointer) -> ConvolutionArguments {
    let places = places
    guard let base = memory.baseAddress, memory.count >= places.end else { preconditionFailure("too little memory") }
    for byte in 0..<places.end { unsafe base.storeBytes(of: Self.guardByte, toByteOffset: byte, as: UInt8.self) }
    unsafe fill(base, places)
    return unsafe arguments(base, places, output: places.output)
  }

  static let guardByte: UInt8 = 0xA5

  /// Where a problem's parts lie, each between margins of guard bytes.
  struct Places {
    static let margin = 256
    var weights: Int
    var bias: Int
    var shifts: Int
    var prepared: Int
    var workspace: Int
    var workspaceEnd: Int
    var output: Int
    var expected: Int
    var end: Int
  }

  var places: Places {
    let weights = Layout.aligned(inputCount) + Places.margin
    let bias = weights + Layout.aligned(weightsBytes)
    let shifts = bias + Layout.aligned(paddedOutputs * 4)
    let prepared = shifts + Layout.aligned(paddedOutputs) + Places.margin
    let workspace = prepared + preparedBytes + Places.margin
    let workspaceEnd = workspace + workspaceBytes
    let output = workspaceEnd + Places.margin
    let expected = output + Layout.aligned(outputBytes) + Places.margin
    return Places(
      weights: weights, bias: bias, shifts: shifts, prepared: prepared, workspace: workspace,
      workspaceEnd: workspaceEnd, output: output,
      expected: expected, end: expected + Layout.aligned(outputBytes) + Places.margin)
  }

  private func arguments(_ base: UnsafeMutableRawPointer, _ places: Places, output: Int) -> ConvolutionArguments {
    // Every other seed clips at zero as a fused ReLU does.
    let minimum = seed % 2 == 0 ? 0 : Int32(outputFormat.minimumRaw)
    return unsafe ConvolutionArguments(
      parameters: parameters, input: UnsafeRawPointer(base), inputFormat: inputFormat, inputHeight: inputHeight,
      inputWidth: inputWidth, inputChannels: inputChannels, output: base + output, outputFormat: outputFormat,
      outputChannels: outputChannels,
      weights: UnsafeRawPointer(base + places.weights),
      bias: UnsafePointer((base + places.bias).assumingMemoryBound(to: Int32.self)),
      shifts: UnsafePointer((base + places.shifts).assumingMemoryBound(to: UInt8.self)), minimum: minimum,
      maximum: Int32(outputFormat.maximumRaw), workspace: base + places.workspace)
  }

  /// Draws activations, weights, biases and shifts such that no accumulator leaves 32 bits.
  private func fill(_ base: UnsafeMutableRawPointer, _ places: Places) {
    var generator = SeededGenerator(seed: seed)
    let (least, greatest) = (Int(inputFormat.minimumRaw), Int(inputFormat.maximumRaw))
    for index in 0..<inputCount {
      let value = isExtreme ? (generator.oneIn(2) ? least : greatest) : generator.next(in: least...greatest)
      unsafe base.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: index, as: UInt8.self)
    }
    // In every place first, those of no output or tap included, which stay zero.
    for index in 0..<weightsBytes / WeightStorage.groupBytes(bits: parameters.storedBits)
      * WeightStorage.weightsPerGroup
    {
      unsafe StoredWeights.store(0, at: index, bits: parameters.storedBits, in: base + places.weights)
    }
    let most = largestWeight ?? (1 << (parameters.weightWidth - 1)) - 1
    let taps = parameters.kernelWidth * (inputChannels / parameters.groups)
    for output in 0..<outputChannels {
      // One sign for all of an output's weights takes its sum to the ends of the range.
      let sign = generator.oneIn(2) ? 1 : -1
      for row in 0..<parameters.kernelHeight {
        for tap in 0..<taps {
          let weight = isExtreme ? sign * most : generator.next(in: -most...most)
          let place = parameters.packedIndex(output: output, row: row, tap: tap, inputChannels: inputChannels)
          unsafe StoredWeights.store(weight, at: place, bits: parameters.storedBits, in: base + places.weights)
        }
      }
    }
    let largestSum = taps * parameters.kernelHeight * most * max(-least, greatest)
    for output in 0..<paddedOutputs {
      let isFar = isExtreme && !hasSmallBiases
      let shift = output < outputChannels ? generator.next(in: 0...(isFar ? 31 : 14)) : 0
      let half = shift == 0 ? 0 : 1 << (shift - 1)
      let room = isFar ? Int(Int32.max) - half - largestSum : largestSum / 4
      let bias = output < outputChannels ? generator.next(in: -room / 2...room / 2) * (isFar ? 2 : 1) : 0
      unsafe base.storeBytes(of: Int32(bias), toByteOffset: places.bias + 4 * output, as: Int32.self)
      unsafe base.storeBytes(of: UInt8(shift), toByteOffset: places.shifts + output, as: UInt8.self)
    }
  }

  /// Adds the reference's output, as `mismatch` left it in `memory`, to a digest.
  func addOutput(in memory: UnsafeMutableRawBufferPointer, to digest: UInt64) -> UInt64 {
    guard let base = memory.baseAddress else { preconditionFailure("too little memory") }
    return unsafe Checksum.add(base + places.expected, count: outputBytes, to: digest)
  }
}
