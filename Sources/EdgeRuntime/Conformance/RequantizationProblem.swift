/// A change of format with seeded values, as a concatenation or a clip makes it, to compare an instruction set's kernel with the reference,
/// byte for byte.
public struct RequantizationProblem: Sendable {
  public var pixels: Int
  public var channels: Int
  /// Of the output, those before and behind the input's included.
  public var outputChannels: Int
  public var firstChannel: Int
  public var inputFormat: FixedFormat
  public var outputFormat: FixedFormat
  public var shift: Int32
  public var seed: UInt64

  /// A small problem, every property of it drawn from `seed`.
  public init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    pixels = generator.next(in: 1...40)
    channels = generator.pick([1, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 64])
    firstChannel = generator.pick([0, 0, 1, 8, 16])
    outputChannels = firstChannel + channels + generator.pick([0, 0, 1, 16])
    func format(_ generator: inout SeededGenerator, _ widths: InlineArray<5, Int>) -> FixedFormat {
      let isSigned = generator.oneIn(2)
      return FixedFormat(width: widths[generator.next(in: 0...4)], fraction: 0, isSigned: isSigned)
    }
    // Values fill their bytes, of which the kernels alone know.
    inputFormat = format(&generator, [8, 8, 8, 8, 16])
    outputFormat = format(&generator, [8, 8, 8, 4, 16])
    shift = Int32(generator.pick([0, 0, 0, 1, 2, 7, 8, 14, 15, 16, 31, -1, -2, -7, -8, -15]))
    self.seed = generator.next()
  }

  private var inputBytes: Int { 2 * pixels * channels }
  private var outputBytes: Int { 2 * pixels * outputChannels }

  /// Memory that `mismatch` needs.
  public var memoryBytes: Int { GuardedOutputs.memoryBytes(input: inputBytes, output: outputBytes) }

  /// Nil where `instructionSet`, which this machine has, gives the reference's bytes and writes no other.
  ///
  /// - Parameters:
  ///   - memory: `memoryBytes` or more, at a multiple of 64.
  ///   - parts: without effect; the operator isn't divided.
  public func mismatch(
    _ instructionSet: InstructionSet, memory: UnsafeMutableRawBufferPointer, parts _: Int = 1
  ) -> KernelMismatch? {
    let outputs = unsafe GuardedOutputs(memory, input: inputBytes, output: outputBytes, seed: seed)
    let first = firstChannel * outputFormat.elementBytes
    var arguments = unsafe RequantizeArguments(
      input: outputs.input, inputFormat: inputFormat, output: outputs.expected + first, outputFormat: outputFormat,
      pixels: pixels, channels: channels, outputChannels: outputChannels, shift: shift,
      minimum: seed % 2 == 0 ? 0 : Int32(outputFormat.minimumRaw), maximum: Int32(outputFormat.maximumRaw))
    unsafe Requantize.reference(arguments)
    unsafe arguments.output = outputs.found + first
    unsafe Requantize.run(arguments, instructionSet: instructionSet)
    return outputs.mismatch
  }

  /// Adds the reference's output, as `mismatch` left it in `memory`, to a digest.
  func addOutput(in memory: UnsafeMutableRawBufferPointer, to digest: UInt64) -> UInt64 {
    unsafe GuardedOutputs.addExpected(in: memory, input: inputBytes, output: outputBytes, to: digest)
  }
}
