import CLinux
import CVector

extension InstructionSet {
  /// Multiply-accumulates a cycle of one core that the multiplying instructions can do at most: 8 by `smull` and `smlal` (one a
  /// cycle on Cortex-A53, A72 and A76; assumed of 32-bit cores), 32 by `sdot` (two a cycle on Cortex-A76), 32 by `vpmaddwd`
  /// (two a cycle), 128 by `vpdpbusd` on 512 bits (two a cycle; many processors do one). A core with more ports, or a kernel
  /// that needs fewer products than the plain sum, can exceed it.
  public var peakMultiplyAccumulates: Int {
    switch self {
    case .scalar: 1
    case .avx2: 32
    case .avx512vnni: 128
    case .neon: 8
    case .dotprod: 32
    }
  }
}

/// What the multiplying instructions of some threads could do on this machine, at the clock that was measured.
public struct MultiplyPeak: Sendable {
  public let instructionSet: InstructionSet
  public let threads: Int
  public let cyclesPerMicrosecond: Double
  /// Of one thread.
  public let multiplyAccumulatesPerCycle: Int

  /// Measures the clock (see `ProcessorClock`), and with AVX-512 whether the processor does one multiplication a cycle or two.
  public init(_ instructionSet: InstructionSet, threads: Int) {
    self.instructionSet = instructionSet
    self.threads = threads
    cyclesPerMicrosecond = ProcessorClock.cyclesPerMicrosecond()
    let most = instructionSet.peakMultiplyAccumulates
    #if arch(x86_64)
      let isHalved = instructionSet == .avx512vnni && Self.rateOfVNNI() < 0.75 * Double(most) * cyclesPerMicrosecond
      multiplyAccumulatesPerCycle = isHalved ? most / 2 : most
    #else
      multiplyAccumulatesPerCycle = most
    #endif
  }

  public var multiplyAccumulatesPerMicrosecond: Double {
    cyclesPerMicrosecond * Double(multiplyAccumulatesPerCycle * threads)
  }

  /// The share of the peak at which some multiply-accumulates took their time; nil without any, or without time.
  public func share(_ multiplyAccumulates: UInt64, microseconds: Double) -> Double? {
    if multiplyAccumulates == 0 || microseconds <= 0 { return nil }
    return Double(multiplyAccumulates) / microseconds / multiplyAccumulatesPerMicrosecond
  }

  #if arch(x86_64)
    /// Multiply-accumulates a microsecond of products of registers: the best of 20 runs.
    private static func rateOfVNNI() -> Double {
      let rounds: Int64 = 2000
      var least = UInt64.max
      for run in 0..<20 {
        let start = linux_nanoseconds()
        let sum = ferrite_multiply_avx512vnni(rounds, Int32(run))
        // The sum decides nothing, but has to be known before the clock is read again.
        least = min(least, linux_nanoseconds() &- start &+ (sum == 0 ? 1 : 0))
      }
      return Double(rounds) * 16 * 64 * 1000 / Double(max(least, 1))
    }
  #endif
}
