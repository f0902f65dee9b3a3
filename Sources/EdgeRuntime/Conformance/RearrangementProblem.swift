/// A rearrangement of seeded values, to compare an instruction set's copies with the reference, byte for byte.
public struct RearrangementProblem: Sendable {
  public var parameters: RearrangeParameters
  public var inputHeight: Int
  public var inputWidth: Int
  public var inputChannels: Int
  public var outputHeight: Int
  public var outputWidth: Int
  public var outputChannels: Int
  /// 1 or 2.
  public var elementBytes: Int
  public var seed: UInt64

  /// A small problem, every property of it drawn from `seed`.
  public init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    inputHeight = generator.next(in: 1...8)
    inputWidth = generator.next(in: 1...9)
    inputChannels = generator.pick([1, 2, 3, 8, 15, 16, 17, 40])
    outputHeight = generator.next(in: 1...17)
    outputWidth = generator.next(in: 1...19)
    parameters = RearrangeParameters(
      rows: Self.axis(&generator), columns: Self.axis(&generator), repeats: generator.oneIn(2),
      fill: Int32(generator.next(in: -32768...65535)))
    if generator.oneIn(2) {
      outputChannels = inputChannels
    } else {
      outputChannels = generator.pick([1, 2, 5, 16, 33])
      parameters.firstChannel = generator.pick([0, 1, 3, 8, 16, -1, -4, -16, 65535, -65535])
    }
    elementBytes = generator.next(in: 1...2)
    self.seed = generator.next()
  }

  /// One of two as pads and crops have it, side by side; the others enlarge, reduce, set apart, or do anything that a file may say.
  private static func axis(_ generator: inout SeededGenerator) -> RearrangeParameters.Axis {
    let offset = generator.pick([0, 0, 1, 2, 5, -1, -2, -7, 1 << 24, -1 << 24])
    if generator.oneIn(2) { return RearrangeParameters.Axis(offset: offset) }
    return RearrangeParameters.Axis(
      step: generator.pick([1, 1, 1, 2, 3, 255]), offset: offset, divisor: generator.pick([1, 2, 2, 3, 4, 255]))
  }

  private var inputBytes: Int { 2 * inputHeight * inputWidth * inputChannels }
  private var outputBytes: Int { 2 * outputHeight * outputWidth * outputChannels }

  /// Memory that `mismatch` needs.
  public var memoryBytes: Int { GuardedOutputs.memoryBytes(input: inputBytes, output: outputBytes) }

  /// Nil where `instructionSet`, which this machine has, gives the reference's bytes and writes no other.
  ///
  /// - Parameters:
  ///   - memory: `memoryBytes` or more, at a multiple of 64.
  ///   - parts: that the output's rows are divided into.
  public func mismatch(
    _ instructionSet: InstructionSet, memory: UnsafeMutableRawBufferPointer, parts: Int = 1
  ) -> KernelMismatch? {
    let outputs = unsafe GuardedOutputs(memory, input: inputBytes, output: outputBytes, seed: seed)
    var arguments = unsafe RearrangeArguments(
      parameters: parameters, input: outputs.input, inputHeight: inputHeight, inputWidth: inputWidth,
      inputChannels: inputChannels, output: outputs.expected, outputWidth: outputWidth, outputChannels: outputChannels,
      elementBytes: elementBytes, rows: 0..<outputHeight)
    unsafe Rearrange.reference(arguments)
    unsafe arguments.output = outputs.found
    for part in (0..<parts).reversed() {
      unsafe arguments.rows = WorkShare(index: part, count: parts).range(of: outputHeight)
      unsafe Rearrange.run(arguments, instructionSet: instructionSet)
    }
    return outputs.mismatch
  }

  /// Adds the reference's output, as `mismatch` left it in `memory`, to a digest.
  func addOutput(in memory: UnsafeMutableRawBufferPointer, to digest: UInt64) -> UInt64 {
    unsafe GuardedOutputs.addExpected(in: memory, input: inputBytes, output: outputBytes, to: digest)
  }
}
