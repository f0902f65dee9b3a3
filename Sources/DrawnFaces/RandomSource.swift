/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): integers alone, so that a seed
/// gives the same numbers on every machine.
struct RandomSource {
  private var state: UInt64

  /// Streams of one seed are independent of each other.
  init(seed: UInt64, stream: UInt64) {
    state = seed
    state = next() ^ stream &* 0xD1B5_4A32_D192_ED03
    state = next()
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in 0..<1, a multiple of 2^-53.
  mutating func unit() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// Uniform in `range`.
  mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * unit()
  }

  /// Triangular in `-reach...reach`, most likely near 0.
  mutating func jitter(_ reach: Double) -> Double {
    (unit() + unit() - 1) * reach
  }

  /// True with the given probability.
  mutating func chance(_ probability: Double) -> Bool {
    unit() < probability
  }

  /// One of `choices`, each as likely as the others. `choices` must not be empty.
  mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
    choices[Int(next() % UInt64(choices.count))]
  }
}
