import CLinux

/// The processor's clock as programs feel it, and what its multipliers could do at that clock.
public enum ProcessorClock {
  /// Cycles per microsecond under load: the best of 20 runs of a chain of 100 000 multiplications (3 cycles on x86-64 since
  /// 2008, and on Cortex-A76) and exclusive ors (1) that cannot overlap. Takes about 3 ms.
  public static func cyclesPerMicrosecond() -> Double {
    let links = 100_000
    var least = UInt64.max
    var value = linux_nanoseconds()
    for _ in 0..<20 {
      let start = linux_nanoseconds()
      for _ in 0..<links { value = (value &* 0x9E37_79B9_7F4A_7C15) ^ 0x5555 }
      // The value decides nothing, but has to be known before the clock is read again.
      least = min(least, linux_nanoseconds() &- start &+ (value == 0 ? 1 : 0))
    }
    return Double(4 * links) * 1000 / Double(max(least, 1))
  }
}

extension InstructionSet {
  /// Multiply-accumulates a cycle that the multiplying instructions can do at most, on cores with two ports for them.
  public var peakMultiplyAccumulates: Int {
    switch self {
    case .scalar: 1
    case .avx2: 32
    case .avx512vnni: 128
    case .neon: 16
    case .dotprod: 32
    }
  }
}
