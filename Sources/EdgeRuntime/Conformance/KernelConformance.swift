/// Whether an instruction set's kernels give the reference's bits on this machine, and the reference those of every machine: without a
/// model, and without allocating.
///
/// Problems are drawn from seeds: operators, formats, shapes, values. A seed also says in how many parts, 1 to 8, a problem is done, as
/// so many threads would do it.
public enum KernelConformance {
  public enum Kernel: UInt8, Sendable {
    case convolution, sampling, pooling, addition, table, rearrangement, multiplication, windowPooling, requantization

    public static let count = 9

    public var name: StaticString {
      switch self {
      case .convolution: "convolution"
      case .sampling: "sampling"
      case .pooling: "pooling"
      case .addition: "addition"
      case .table: "table"
      case .rearrangement: "rearrangement"
      case .multiplication: "multiplication"
      case .windowPooling: "window pooling"
      case .requantization: "requantization"
      }
    }
  }

  public struct Failure: Equatable, Sendable {
    public var kernel: Kernel
    public var seed: UInt64
    public var parts: Int
    public var mismatch: KernelMismatch
  }

  public struct Report: Sendable {
    /// Of each kernel, the failing one included.
    public var problems = InlineArray<9, Int>(repeating: 0)
    /// The first problem whose bytes differ.
    public var failure: Failure?
    /// Over the outputs of each kernel's problems, by the reference: equal on every machine.
    public var digests = InlineArray<9, UInt64>(repeating: Checksum.initial)

    /// Over all of them.
    public var digest: UInt64 { digest(ofFirst: Kernel.count) }

    /// Over those of the first kernels: of a version that knew no more.
    public func digest(ofFirst count: Int) -> UInt64 {
      var sum = Checksum.initial
      for index in 0..<count { sum = Checksum.add(digests[index], to: sum) }
      return sum
    }
  }

  /// Seeds of the standard set, and the digest of its outputs, which every machine has found since it was committed.
  public static let standardSeeds = 1000
  public static let standardDigest: UInt64 = 0x2310_24d2_0d5d_7d4b

  /// Bytes for `run`: convolutions that need more are left out, on every machine alike.
  public static let memoryBytes = 1 << 20

  /// Runs the problems of the seeds 0..<`seeds` by `instructionSet`, which this machine has, up to the first that fails.
  ///
  /// - Parameter memory: `memoryBytes` bytes at a multiple of 64.
  public static func run(
    _ instructionSet: InstructionSet, seeds: Int, memory: UnsafeMutableRawBufferPointer
  ) -> Report {
    var report = Report()
    for seed in 0..<UInt64(seeds) {
      let parts = Int(seed % 8) + 1
      var kernel: UInt8 = 0
      while let checked = Kernel(rawValue: kernel), report.failure == nil {
        unsafe run(checked, seed, instructionSet, parts, memory, &report)
        kernel += 1
      }
      if report.failure != nil { return report }
    }
    return report
  }

  private static func run(
    _ kernel: Kernel, _ seed: UInt64, _ instructionSet: InstructionSet, _ parts: Int,
    _ memory: UnsafeMutableRawBufferPointer, _ report: inout Report
  ) {
    switch kernel {
    case .convolution:
      let axis: ConvolutionAxis = seed / 8 % 2 == 0 ? .rows : .blocks
      let problem = DividedConvolution(problem: ConvolutionProblem(seed: seed), axis: axis)
      unsafe run(problem, kernel, seed, instructionSet, parts, memory, &report)
    case .sampling: unsafe run(SamplingProblem(seed: seed), kernel, seed, instructionSet, parts, memory, &report)
    case .pooling: unsafe run(PoolingProblem(seed: seed), kernel, seed, instructionSet, parts, memory, &report)
    case .addition: unsafe run(AdditionProblem(seed: seed), kernel, seed, instructionSet, parts, memory, &report)
    case .table: unsafe run(TableProblem(seed: seed), kernel, seed, instructionSet, parts, memory, &report)
    case .rearrangement:
      unsafe run(RearrangementProblem(seed: seed), kernel, seed, instructionSet, parts, memory, &report)
    case .multiplication:
      unsafe run(MultiplicationProblem(seed: seed), kernel, seed, instructionSet, parts, memory, &report)
    case .windowPooling:
      unsafe run(WindowPoolingProblem(seed: seed), kernel, seed, instructionSet, parts, memory, &report)
    case .requantization:
      unsafe run(RequantizationProblem(seed: seed), kernel, seed, instructionSet, parts, memory, &report)
    }
  }

  private static func run(
    _ problem: some ConformanceProblem, _ kernel: Kernel, _ seed: UInt64, _ instructionSet: InstructionSet,
    _ parts: Int, _ memory: UnsafeMutableRawBufferPointer, _ report: inout Report
  ) {
    guard problem.memoryBytes <= memoryBytes else { return }
    let index = Int(kernel.rawValue)
    let mismatch = unsafe problem.mismatch(instructionSet, memory: memory, parts: parts)
    report.digests[index] = unsafe problem.addOutput(in: memory, to: report.digests[index])
    report.problems[index] += 1
    if let mismatch { report.failure = Failure(kernel: kernel, seed: seed, parts: parts, mismatch: mismatch) }
  }
}

/// A seeded problem of one operator, with the reference's answer.
protocol ConformanceProblem {
  var memoryBytes: Int { get }

  /// What the kernels of an instruction set do wrong, if anything.
  ///
  /// - Parameters:
  ///   - memory: `memoryBytes` or more at a multiple of 64; the reference's output stays in it.
  ///   - parts: in how many the problem is done, where the operator is divided.
  func mismatch(
    _ instructionSet: InstructionSet, memory: UnsafeMutableRawBufferPointer, parts: Int
  ) -> KernelMismatch?

  /// Adds the reference's output that `mismatch` left in `memory` to a `Checksum`.
  func addOutput(in memory: UnsafeMutableRawBufferPointer, to digest: UInt64) -> UInt64
}

extension SamplingProblem: ConformanceProblem {}
extension PoolingProblem: ConformanceProblem {}
extension AdditionProblem: ConformanceProblem {}
extension TableProblem: ConformanceProblem {}
extension RearrangementProblem: ConformanceProblem {}
extension MultiplicationProblem: ConformanceProblem {}
extension WindowPoolingProblem: ConformanceProblem {}
extension RequantizationProblem: ConformanceProblem {}

/// A convolution, with the axis along which it is divided.
private struct DividedConvolution: ConformanceProblem {
  var problem: ConvolutionProblem
  var axis: ConvolutionAxis

  var memoryBytes: Int { problem.memoryBytes }

  func mismatch(
    _ instructionSet: InstructionSet, memory: UnsafeMutableRawBufferPointer, parts: Int
  ) -> KernelMismatch? { unsafe problem.mismatch(instructionSet, memory: memory, parts: parts, along: axis) }

  func addOutput(in memory: UnsafeMutableRawBufferPointer, to digest: UInt64) -> UInt64 {
    unsafe problem.addOutput(in: memory, to: digest)
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

  static func add(_ number: UInt64, to sum: UInt64) -> UInt64 {
    var sum = sum
    for byte in 0..<UInt64(8) { sum = (sum ^ (number >> (8 * byte) & 0xFF)) &* 0x100_0000_01B3 }
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
    set, seeds: Int(count),
    memory: UnsafeMutableRawBufferPointer(start: memory, count: KernelConformance.memoryBytes))
  unsafe digest.pointee = report.digest
  if let failure = report.failure { return -1 - Int64(failure.seed) }
  var problems = 0
  for index in 0..<KernelConformance.Kernel.count { problems += report.problems[index] }
  return Int64(problems)
}
