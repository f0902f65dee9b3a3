/// An addition with seeded values, to compare an instruction set's kernel with the reference, byte for byte.
public struct AdditionProblem: Sendable {
  public var count: Int
  public var firstIsSigned: Bool
  public var secondIsSigned: Bool
  public var outputIsSigned: Bool
  public var parameters: AdditionParameters
  public var seed: UInt64

  /// A small problem, every property of it drawn from `seed`.
  public init(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    count = generator.pick([1, 2, 15, 16, 17, 31, 32, 33, 100, 257])
    firstIsSigned = generator.oneIn(2)
    secondIsSigned = generator.oneIn(2)
    outputIsSigned = generator.oneIn(2)
    // One of the two stays, as an exporter has it, but for one problem in four.
    let left = Int32(generator.pick([0, 0, 1, 2, 5, 6, 7, 8, 14, -3]))
    let other = generator.oneIn(4) ? Int32(generator.next(in: -31...14)) : 0
    let isFirst = generator.oneIn(2)
    parameters = AdditionParameters(
      first: isFirst ? left : other, second: isFirst ? other : left,
      shift: Int32(generator.pick([0, 0, 1, 2, 7, 9, 14])))
    self.seed = generator.next()
  }

  /// Memory that `mismatch` needs.
  public var memoryBytes: Int { GuardedOutputs.memoryBytes(input: 2 * count, output: count) }

  /// Nil where `instructionSet`, which this machine has, gives the reference's bytes and writes no other.
  ///
  /// - Parameters:
  ///   - memory: `memoryBytes` or more.
  ///   - parts: without effect; the operator isn't divided.
  public func mismatch(
    _ instructionSet: InstructionSet, memory: UnsafeMutableRawBufferPointer, parts _: Int = 1
  ) -> KernelMismatch? {
    let outputs = unsafe GuardedOutputs(memory, input: 2 * count, output: count, seed: seed)
    let format = FixedFormat(width: 8, fraction: 0, isSigned: outputIsSigned)
    var arguments = unsafe AdditionArguments(
      parameters: parameters, first: outputs.input,
      firstFormat: FixedFormat(width: 8, fraction: 0, isSigned: firstIsSigned), second: outputs.input + count,
      secondFormat: FixedFormat(width: 8, fraction: 0, isSigned: secondIsSigned), count: count,
      output: outputs.expected, outputFormat: format,
      minimum: seed % 2 == 0 ? 0 : Int32(format.minimumRaw), maximum: Int32(format.maximumRaw))
    unsafe Addition.reference(arguments)
    unsafe arguments.output = outputs.found
    unsafe Addition.run(arguments, instructionSet: instructionSet)
    return outputs.mismatch
  }

  /// Adds the reference's output, as `mismatch` left it in `memory`, to a digest.
  func addOutput(in memory: UnsafeMutableRawBufferPointer, to digest: UInt64) -> UInt64 {
    unsafe GuardedOutputs.addExpected(in: memory, input: 2 * count, output: count, to: digest)
  }
}
