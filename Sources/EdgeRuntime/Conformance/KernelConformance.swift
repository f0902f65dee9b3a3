/// Whether an instruction set's kernels give the reference's bits on this machine, without a model and without allocating.
public enum KernelConformance {
  public struct Report: Equatable, Sendable {
    /// Problems that ran, the failing one included.
    public var problems: Int
    /// The seed of the first problem whose bytes differ, or nil.
    public var failingSeed: UInt64?
    /// Over all outputs of the reference: equal on every machine.
    public var digest: UInt64
  }

  /// Bytes for `run`: problems that need more are left out, on every machine alike.
  public static let memoryBytes = 1 << 20

  /// Runs the problems of the seeds 0..<`count` by `instructionSet`, which this machine has.
  ///
  /// - Parameter memory: `memoryBytes` bytes at a multiple of 64.
  public static func run(
    _ instructionSet: InstructionSet, count: Int, memory: UnsafeMutableRawBufferPointer
  ) -> Report {
    var report = Report(problems: 0, failingSeed: nil, digest: Checksum.initial)
    for seed in 0..<UInt64(count) {
      let problem = ConvolutionProblem(seed: seed)
      if problem.memoryBytes > memoryBytes { continue }
      report.problems += 1
      if unsafe problem.mismatch(instructionSet, memory: memory) != nil {
        report.failingSeed = seed
        return report
      }
      report.digest = unsafe problem.addOutput(in: memory, to: report.digest)
    }
    return report
  }
}

/// FNV-1a, 64 bits: enough to compare bytes that nobody forges.
enum Checksum {
  static let initial: UInt64 = 0xCBF2_9CE4_8422_2325

  static func add(_ bytes: UnsafeRawPointer, count: Int, to sum: UInt64) -> UInt64 {
    var sum = sum
    for byte in 0..<count {
      sum = unsafe (sum ^ UInt64(bytes.load(fromByteOffset: byte, as: UInt8.self))) &* 0x100_0000_01B3
    }
    return sum
  }
}

/// For programs in C: the number of problems that agreed, or -1 - the seed of the first that does not. `instructionSet` is
/// a raw value of `InstructionSet`; -2^63 says that this machine lacks it.
@c(ferrite_check_kernels)
public func checkKernels(
  _ instructionSet: UInt8, _ count: Int64, _ memory: UnsafeMutableRawPointer, _ digest: UnsafeMutablePointer<UInt64>
) -> Int64 {
  guard let set = InstructionSet(rawValue: instructionSet), set.isAvailable else { return .min }
  let report = unsafe KernelConformance.run(
    set, count: Int(count),
    memory: UnsafeMutableRawBufferPointer(start: memory, count: KernelConformance.memoryBytes))
  unsafe digest.pointee = report.digest
  if let seed = report.failingSeed { return -1 - Int64(seed) }
  return Int64(report.problems)
}
