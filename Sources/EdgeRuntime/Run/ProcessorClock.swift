import CLinux

/// The processor's clock as programs feel it, and what its multipliers could do at that clock.
public enum ProcessorClock {
  /// Cycles per microsecond under load: the best of 20 runs of a chain of 100 000 additions and as many exclusive ors, a cycle
  /// each on every core, that cannot overlap. Takes 3 ms at 1.4 GHz. An emulator's clock is its own.
  public static func cyclesPerMicrosecond() -> Double {
    let links = 100_000
    var least = UInt64.max
    var value = UInt(truncatingIfNeeded: linux_nanoseconds())
    let addend = UInt(truncatingIfNeeded: 0x9E37_79B9_7F4A_7C15 as UInt64)
    let pattern = UInt(truncatingIfNeeded: 0x5555_AAAA_5A5A_A5A5 as UInt64)
    for _ in 0..<20 {
      let start = linux_nanoseconds()
      // Constants of a register's width stay in registers: some x86-64 cores add small ones without taking a cycle.
      for _ in 0..<links { value = (value &+ addend) ^ pattern }
      // The value decides nothing, but has to be known before the clock is read again.
      least = min(least, linux_nanoseconds() &- start &+ (value == 0 ? 1 : 0))
    }
    return Double(2 * links) * 1000 / Double(max(least, 1))
  }
}
