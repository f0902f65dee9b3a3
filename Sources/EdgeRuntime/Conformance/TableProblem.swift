/// A function by table with seeded entries and values, to compare an instruction set's look-ups with the reference, byte for byte.
public struct TableProblem: Sendable {
  public var height: Int
  public var width: Int
  public var channels: Int
  public var inputFormat: FixedFormat
  public var outputFormat: FixedFormat
  /// 1, or as many as channels.
  public var tables: Int
  public var seed: UInt64

  /// A small problem, every property of it drawn from `seed`.
  public init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    height = generator.next(in: 1...9)
    width = generator.pick([1, 2, 3, 5, 8, 13])
    channels = generator.pick([1, 2, 3, 4, 5, 7, 8, 16, 17, 32])
    let inputIsSigned = generator.oneIn(2)
    tables = generator.oneIn(2) ? channels : 1
    // A table of 16 bits takes 128 KiB.
    let widest = tables == 1 ? 16 : 10
    inputFormat = FixedFormat(
      width: generator.pick([2, 3, 5, 7, 8, 8, 8, 8, 9, widest]), fraction: 0, isSigned: inputIsSigned)
    let outputIsSigned = generator.oneIn(2)
    outputFormat = FixedFormat(width: generator.pick([3, 8, 8, 8, 11, 16]), fraction: 0, isSigned: outputIsSigned)
    self.seed = generator.next()
  }

  private var count: Int { height * width * channels }
  /// Whole values of either width, and so those that follow.
  private var entriesBytes: Int { 2 * tables * TableParameters.entries(inputFormat) }
  private var inputBytes: Int { entriesBytes + 2 * count }
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
    let outputs = unsafe GuardedOutputs(memory, input: inputBytes, output: outputBytes, seed: seed)
    // Bytes of any value: of those above the input's width nothing may come.
    var arguments = unsafe TableArguments(
      input: outputs.input + entriesBytes, inputFormat: inputFormat, channels: channels, output: outputs.expected,
      outputFormat: outputFormat, entries: outputs.input, tables: tables, pixels: 0..<height * width)
    unsafe Table.reference(arguments)
    unsafe arguments.output = outputs.found
    for part in (0..<parts).reversed() {
      let rows = WorkShare(index: part, count: parts).range(of: height)
      unsafe arguments.pixels = rows.lowerBound * width..<rows.upperBound * width
      unsafe Table.run(arguments, instructionSet: instructionSet)
    }
    return outputs.mismatch
  }

  /// Adds the reference's output, as `mismatch` left it in `memory`, to a digest.
  func addOutput(in memory: UnsafeMutableRawBufferPointer, to digest: UInt64) -> UInt64 {
    unsafe GuardedOutputs.addExpected(in: memory, input: inputBytes, output: outputBytes, to: digest)
  }
}
