/// A pool of any window with seeded values, to compare an instruction set's kernel with the reference, byte for byte.
public struct WindowPoolingProblem: Sendable {
  public var parameters: PoolParameters
  public var inputHeight: Int
  public var inputWidth: Int
  public var channels: Int
  public var isSigned: Bool
  public var isAverage: Bool
  public var multiplier: Int32
  public var shift: Int32
  /// Only the ends of the range, whose sums are the greatest.
  public var isExtreme: Bool
  public var seed: UInt64

  /// A small problem, every property of it drawn from `seed`.
  public init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    // A window over all of a larger image leaves 16 bits while it is summed, and with a long multiplier 32.
    let isWide = generator.oneIn(8)
    inputHeight = generator.next(in: isWide ? 9...18 : 1...9)
    inputWidth = generator.next(in: isWide ? 15...20 : 1...13)
    channels = generator.pick([1, 3, 7, 8, 9, 15, 16, 17, 24, 32, 33])
    isSigned = generator.oneIn(2)
    isAverage = generator.oneIn(2)
    func axis(_ generator: inout SeededGenerator, _ extent: Int) -> (
      kernel: Int, stride: Int, before: Int, behind: Int, dilation: Int
    ) {
      if isWide { return (extent, 1, 0, 0, 1) }
      let dilation = generator.pick([1, 1, 1, 2, 3])
      let kernel = generator.next(in: 1...4)
      let stride = generator.next(in: 1...3)
      // At least one place, and a tap of every window inside the image.
      let reach = (kernel - 1) * dilation + 1
      let most = dilation == 1 ? reach - 1 : 0
      if reach > extent { return (min(kernel, extent), stride, 0, 0, 1) }
      return (kernel, stride, generator.next(in: 0...most), generator.next(in: 0...most), dilation)
    }
    let rows = axis(&generator, inputHeight)
    let columns = axis(&generator, inputWidth)
    let countsPadding = generator.oneIn(2)
    parameters = PoolParameters(
      kernelHeight: rows.kernel, kernelWidth: columns.kernel, strideHeight: rows.stride, strideWidth: columns.stride,
      paddingTop: rows.before, paddingLeft: columns.before, paddingBottom: rows.behind,
      paddingRight: columns.behind, dilationHeight: rows.dilation, dilationWidth: columns.dilation,
      countsPadding: countsPadding)
    // A mean, as an exporter rounds it, of more bits or of fewer.
    let bits = generator.pick([0, 7, 16, 20, 24])
    multiplier = Int32((1 << bits) / (rows.kernel * columns.kernel) + 1)
    shift = Int32(max(bits - generator.pick([0, 0, 1]), 0))
    isExtreme = generator.oneIn(4)
    self.seed = generator.next()
  }

  private var inputBytes: Int { inputHeight * inputWidth * channels }
  private var outputBytes: Int {
    parameters.outputHeight(inputHeight) * parameters.outputWidth(inputWidth) * channels
  }

  /// Memory that `mismatch` needs.
  public var memoryBytes: Int { GuardedOutputs.memoryBytes(input: inputBytes, output: outputBytes) }

  /// Nil where `instructionSet`, which this machine has, gives the reference's bytes and writes no other.
  ///
  /// - Parameters:
  ///   - memory: `memoryBytes` or more.
  ///   - parts: that the output's rows are divided into.
  public func mismatch(
    _ instructionSet: InstructionSet, memory: UnsafeMutableRawBufferPointer, parts: Int = 1
  ) -> KernelMismatch? {
    let outputs = unsafe GuardedOutputs(
      memory, input: inputBytes, output: outputBytes, seed: seed, isExtreme: isExtreme)
    let format = FixedFormat(width: 8, fraction: 0, isSigned: isSigned)
    var arguments = unsafe PoolArguments(
      parameters: parameters, input: outputs.input, inputFormat: format, inputHeight: inputHeight,
      inputWidth: inputWidth, channels: channels, output: outputs.expected, outputFormat: format,
      minimum: seed % 2 == 0 ? 0 : Int32(format.minimumRaw), maximum: Int32(format.maximumRaw))
    unsafe run(arguments, .scalar)
    unsafe arguments.output = outputs.found
    for part in 0..<parts { unsafe run(arguments.part(WorkShare(index: part, count: parts)), instructionSet) }
    return outputs.mismatch
  }

  private func run(_ arguments: PoolArguments, _ set: InstructionSet) {
    if isAverage {
      unsafe Pool2D.average(arguments, multiplier: multiplier, shift: shift, instructionSet: set)
    } else {
      unsafe Pool2D.maximum(arguments, instructionSet: set)
    }
  }

  /// Adds the reference's output, as `mismatch` left it in `memory`, to a digest.
  func addOutput(in memory: UnsafeMutableRawBufferPointer, to digest: UInt64) -> UInt64 {
    unsafe GuardedOutputs.addExpected(in: memory, input: inputBytes, output: outputBytes, to: digest)
  }
}
