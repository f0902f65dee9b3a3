/// Probabilities from raw logits, in integers: the same on every machine.
public enum Softmax {
  /// One, as a probability: 16 fraction bits.
  public static let one: UInt32 = 1 << 16

  /// `2^-(x / 2^16)` with 30 fraction bits, for `x` in 0...2^16: a cubic whose error is below 2^-12 of the value.
  ///
  /// Least-squares coefficients of `2^-t` on 0...1 with both ends exact, rounded to 30 fraction bits.
  static func exp2Negative(_ x: Int64) -> Int64 {
    let c1: Int64 = -742_598_100
    let c2: Int64 = 248_207_216
    let c3: Int64 = -42_480_028
    let upper = ((c3 * x) >> 16) + c2
    let slope = ((upper * x) >> 16) + c1
    return (1 << 30) + ((slope * x) >> 16)
  }

  /// Weight of a logit that lies `distance` raw steps below the greatest: `e^-(distance * 2^-fraction)`, 30 fraction bits.
  public static func weight(distance: Int64, fraction: Int) -> UInt64 {
    let log2e: Int64 = 94_548  // log2(e) * 2^16
    // distance < 2^17 and fraction >= -64: a product below 2^34, shifted left at most 16 before it is cut off as zero.
    let product = distance * log2e
    let exponent: Int64  // base-2 exponent, 16 fraction bits
    if fraction >= 0 {
      exponent = fraction > 60 ? 0 : product >> Int64(fraction)
    } else {
      exponent = fraction < -16 && product > 0 ? Int64.max : product << Int64(min(-fraction, 16))
    }
    let whole = exponent >> 16
    if whole > 31 { return 0 }
    return UInt64(exp2Negative(exponent & 0xFFFF)) >> UInt64(whole)
  }

  /// A weight as its share of all: 16 fraction bits, rounded to nearest. `sum` is below 2^46 (65535 weights of 2^30).
  public static func probability(weight: UInt64, sum: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: ((weight << 16) + sum / 2) / sum)
  }
}
