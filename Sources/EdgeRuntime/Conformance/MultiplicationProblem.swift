/// A product with seeded values, to compare an instruction set's kernel with the reference, byte for byte.
public struct MultiplicationProblem: Sendable {
  public var height: Int
  public var width: Int
  public var channels: Int
  /// Of each axis the first's, or 1.
  public var secondHeight: Int
  public var secondWidth: Int
  public var secondChannels: Int
  public var firstFormat: FixedFormat
  public var secondFormat: FixedFormat
  public var outputFormat: FixedFormat
  public var shift: Int32
  /// Only the ends of the ranges, whose products are the largest.
  public var isExtreme: Bool
  public var seed: UInt64

  /// A small problem, every property of it drawn from `seed`.
  public init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    height = generator.next(in: 1...9)
    width = generator.pick([1, 2, 3, 5, 8])
    channels = generator.pick([1, 2, 3, 8, 15, 16, 17, 24, 31, 32, 33, 48])
    // Equal shapes, a factor for each channel, and whatever else is allowed.
    let kind = generator.next(in: 0...2)
    secondHeight = kind == 0 || (kind == 2 && generator.oneIn(2)) ? height : 1
    secondWidth = kind == 0 || (kind == 2 && generator.oneIn(2)) ? width : 1
    secondChannels = kind == 2 && generator.oneIn(2) ? 1 : channels
    // Values fill their bytes, of which the kernels alone know.
    func format(_ generator: inout SeededGenerator) -> FixedFormat {
      let isSigned = generator.oneIn(2)
      return FixedFormat(width: generator.pick([8, 8, 8, 8, 16]), fraction: 0, isSigned: isSigned)
    }
    firstFormat = format(&generator)
    secondFormat = format(&generator)
    let isSigned = generator.oneIn(2)
    outputFormat = FixedFormat(width: generator.pick([4, 8, 8, 8, 11, 16]), fraction: 0, isSigned: isSigned)
    shift = Int32(generator.pick([0, 1, 2, 5, 6, 7, 7, 8, 9, 14, 15, 16, 33]))
    isExtreme = generator.oneIn(3)
    self.seed = generator.next()
  }

  private var count: Int { height * width * channels }
  private var secondOffset: Int { 2 * count }
  private var inputBytes: Int { secondOffset + 2 * secondHeight * secondWidth * secondChannels }
  private var outputBytes: Int { 2 * count }

  /// Memory that `mismatch` needs.
  public var memoryBytes: Int { GuardedOutputs.memoryBytes(input: inputBytes, output: outputBytes) }

  /// Nil where `instructionSet`, which this machine has, gives the reference's bytes and writes no other.
  ///
  /// - Parameters:
  ///   - memory: `memoryBytes` or more, at a multiple of 64.
  ///   - parts: that the rows are divided into.
  public func mismatch(
    _ instructionSet: InstructionSet, memory: UnsafeMutableRawBufferPointer, parts: Int = 1
  ) -> KernelMismatch? {
    let outputs = unsafe GuardedOutputs(
      memory, input: inputBytes, output: outputBytes, seed: seed, isExtreme: isExtreme)
    // Every other seed clips at zero as a fused ReLU does.
    var arguments = unsafe MultiplicationArguments(
      first: outputs.input, firstFormat: firstFormat, second: outputs.input + secondOffset, secondFormat: secondFormat,
      secondHeight: secondHeight, secondWidth: secondWidth, secondChannels: secondChannels, output: outputs.expected,
      outputFormat: outputFormat, width: width, channels: channels, shift: shift,
      minimum: seed % 2 == 0 ? 0 : Int32(outputFormat.minimumRaw), maximum: Int32(outputFormat.maximumRaw),
      rows: 0..<height)
    unsafe Multiplication.reference(arguments)
    unsafe arguments.output = outputs.found
    for part in (0..<parts).reversed() {
      unsafe arguments.rows = WorkShare(index: part, count: parts).range(of: height)
      unsafe Multiplication.run(arguments, instructionSet: instructionSet)
    }
    return outputs.mismatch
  }

  /// Adds the reference's output, as `mismatch` left it in `memory`, to a digest.
  func addOutput(in memory: UnsafeMutableRawBufferPointer, to digest: UInt64) -> UInt64 {
    unsafe GuardedOutputs.addExpected(in: memory, input: inputBytes, output: outputBytes, to: digest)
  }
}
