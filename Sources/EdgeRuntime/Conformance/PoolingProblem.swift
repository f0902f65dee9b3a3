/// A pool with seeded values, to compare an instruction set's kernel with the reference, byte for byte.
public struct PoolingProblem: Sendable {
  public var inputHeight: Int
  public var inputWidth: Int
  public var channels: Int
  public var isSigned: Bool
  public var isAverage: Bool
  public var shift: Int32
  public var seed: UInt64

  /// A small problem, every property of it drawn from `seed`.
  public init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    inputHeight = generator.next(in: 2...9)
    inputWidth = generator.next(in: 2...13)
    channels = generator.pick([1, 3, 15, 16, 17, 32, 33, 64])
    isSigned = generator.oneIn(2)
    isAverage = generator.oneIn(2)
    shift = Int32(generator.pick([0, 1, 2, 2, 2, 5, 14]))
    self.seed = generator.next()
  }

  var inputBytes: Int { inputHeight * inputWidth * channels }
  var outputBytes: Int { (inputHeight / 2) * (inputWidth / 2) * channels }

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
    let outputs = unsafe GuardedOutputs(memory, input: inputBytes, output: outputBytes, seed: seed)
    let format = FixedFormat(width: 8, fraction: 0, isSigned: isSigned)
    var arguments = unsafe PoolArguments(
      parameters: PoolParameters(kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2),
      input: outputs.input, inputFormat: format, inputHeight: inputHeight, inputWidth: inputWidth, channels: channels,
      output: outputs.expected, outputFormat: format,
      minimum: seed % 2 == 0 ? 0 : Int32(format.minimumRaw), maximum: Int32(format.maximumRaw))
    unsafe run(arguments, .scalar)
    unsafe arguments.output = outputs.found
    for part in 0..<parts { unsafe run(arguments.part(WorkShare(index: part, count: parts)), instructionSet) }
    return outputs.mismatch
  }

  private func run(_ arguments: PoolArguments, _ set: InstructionSet) {
    if isAverage {
      unsafe Pool2D.average(arguments, multiplier: 1, shift: shift, instructionSet: set)
    } else {
      unsafe Pool2D.maximum(arguments, instructionSet: set)
    }
  }

  /// Adds the reference's output, as `mismatch` left it in `memory`, to a digest.
  func addOutput(in memory: UnsafeMutableRawBufferPointer, to digest: UInt64) -> UInt64 {
    unsafe GuardedOutputs.addExpected(in: memory, input: inputBytes, output: outputBytes, to: digest)
  }
}
