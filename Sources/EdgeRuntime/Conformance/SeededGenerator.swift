/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers on every machine.
public struct SeededGenerator: Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A value of `range`, which spans less than 2^32; the bias of the remainder does not matter to tests.
  public mutating func next(in range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int((next() >> 32) % UInt64(range.upperBound - range.lowerBound + 1))
  }

  public mutating func pick<let count: Int>(_ choices: InlineArray<count, Int>) -> Int {
    choices[next(in: 0...count - 1)]
  }

  public mutating func oneIn(_ n: Int) -> Bool { next(in: 1...n) == 1 }
}
