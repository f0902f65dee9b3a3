import EdgeRuntime
import Testing

@Suite struct PatternTests {
  @Test func aSteadyLineStaysActive() {
    #expect(Pattern.steady.isActive(after: 0) && Pattern.steady.isActive(after: .max))
    #expect(Pattern.steady.nextChange(after: 7) == nil)
  }

  @Test(
    arguments: [(0, true, 100), (99, true, 100), (100, false, nil), (101, false, nil)] as [(UInt64, Bool, UInt64?)])
  func aPulseIsActiveOnceForItsTime(elapsed: UInt64, isActive: Bool, next: UInt64?) {
    let pulse = Pattern.pulse(nanoseconds: 100)
    #expect(pulse.isActive(after: elapsed) == isActive)
    #expect(pulse.nextChange(after: elapsed) == next)
  }

  @Test(
    arguments: [
      (0, true, 30), (29, true, 30), (30, false, 100), (99, false, 100), (100, true, 130), (129, true, 130),
      (130, false, 200), (1_000_000, true, 1_000_030),
    ] as [(UInt64, Bool, UInt64)])
  func aBlinkIsActiveFirstAndThenByTurns(elapsed: UInt64, isActive: Bool, next: UInt64) {
    let blink = Pattern.blink(onNanoseconds: 30, offNanoseconds: 70)
    #expect(blink.isActive(after: elapsed) == isActive)
    #expect(blink.nextChange(after: elapsed) == next)
  }

  /// Whoever looks only when a change is due sees every change, and none twice.
  @Test(arguments: [Pattern.pulse(nanoseconds: 41), .blink(onNanoseconds: 7, offNanoseconds: 12)])
  func everyChangeIsAnnounced(pattern: Pattern) {
    var announced: [UInt64] = []
    var elapsed: UInt64 = 0
    while let next = pattern.nextChange(after: elapsed), next < 500 {
      #expect(next > elapsed)
      announced.append(next)
      elapsed = next
    }
    let changes = (1..<500 as Range<UInt64>).filter {
      pattern.isActive(after: $0) != pattern.isActive(after: $0 - 1)
    }
    #expect(announced == changes)
  }
}
