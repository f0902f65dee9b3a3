/// Whether an instruction set's kernels give the reference's bits on this machine, without a model and without allocating.
public enum KernelConformance {
  public enum Kernel: UInt8, Sendable {
    case convolution, sampling, pooling, addition
  }

  public struct Failure: Equatable, Sendable {
    public var kernel: Kernel
    public var seed: UInt64
  }

  public struct Report: Equatable, Sendable {
    /// Problems that ran, the failing one included.
    public var problems: Int
    /// The first problem whose bytes differ.
    public var failure: Failure?
    /// Over the outputs of the convolutions: equal on every machine.
    public var digest: UInt64
  }

  /// Bytes for `run`: convolutions that need more are left out, on every machine alike.
  public static let memoryBytes = 1 << 20

  /// Runs the problems of the seeds 0..<`count` by `instructionSet`, which this machine has.
  ///
  /// - Parameter memory: `memoryBytes` bytes at a multiple of 64.
  public static func run(
    _ instructionSet: InstructionSet, count: Int, memory: UnsafeMutableRawBufferPointer
  ) -> Report {
    var report = Report(problems: 0, failure: nil, digest: Checksum.initial)
    for seed in 0..<UInt64(count) {
      let sampling = SamplingProblem(seed: seed)
      let pooling = PoolingProblem(seed: seed)
      let addition = AdditionProblem(seed: seed)
      let convolution = ConvolutionProblem(seed: seed)
      report.problems += 3
      if unsafe !sampling.agrees(instructionSet, memory: memory) {
        report.failure = Failure(kernel: .sampling, seed: seed)
      } else if unsafe !pooling.agrees(instructionSet, memory: memory) {
        report.failure = Failure(kernel: .pooling, seed: seed)
      } else if unsafe !addition.agrees(instructionSet, memory: memory) {
        report.failure = Failure(kernel: .addition, seed: seed)
      } else if convolution.memoryBytes <= memoryBytes {
        report.problems += 1
        if unsafe convolution.mismatch(instructionSet, memory: memory) != nil {
          report.failure = Failure(kernel: .convolution, seed: seed)
        }
        report.digest = unsafe convolution.addOutput(in: memory, to: report.digest)
      }
      if report.failure != nil { return report }
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
  if let failure = report.failure { return -1 - Int64(failure.seed) }
  return Int64(report.problems)
}
