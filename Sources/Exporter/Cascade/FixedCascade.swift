/// A cascade whose thresholds and values are whole numbers of a power of two.
public struct FixedCascade: Sendable {
  public struct Stage: Sendable {
    public var threshold: Int32
    /// Of each stump: inside its subset, outside.
    public var values: [(inside: Int32, outside: Int32)]
    /// Whether every one of the 2^n ways in which n codes can fall is decided as floating point decides it.
    public var isExact: Bool
  }

  public var fractionBits: Int
  public var stages: [Stage]

  /// The most fraction bits with which every stage's sums, and thresholds, fit 32 bits; at most 27, of which a value of 1/16 and more in
  /// single precision is a whole number.
  public init(_ cascade: FloatCascade) {
    let reach = cascade.stages.map(Self.reach).max() ?? 0
    var bits = 27
    while bits > 0, (reach + 1) * Double(1 << bits) > Double(Int32.max) { bits -= 1 }
    fractionBits = bits
    stages = cascade.stages.map { Self.quantized($0, bits: bits) }
  }

  /// The greatest magnitude that a stage's sum or threshold can have.
  private static func reach(_ stage: FloatCascade.Stage) -> Double {
    let sum = stage.stumps.reduce(0.0) { $0 + Double(max($1.inside.magnitude, $1.outside.magnitude)) }
    return max(sum, Double(stage.threshold.magnitude))
  }

  private static func quantized(_ stage: FloatCascade.Stage, bits: Int) -> Stage {
    let scale = Double(1 << bits)
    // Single precision times a power of two: no rounding but the named one.
    let values = stage.stumps.map { stump in
      (
        inside: Int32((Double(stump.inside) * scale).rounded()),
        outside: Int32((Double(stump.outside) * scale).rounded())
      )
    }
    var error = 0.0
    for (stump, raw) in zip(stage.stumps, values) {
      error += max(
        (Double(raw.inside) - Double(stump.inside) * scale).magnitude,
        (Double(raw.outside) - Double(stump.outside) * scale).magnitude)
    }
    let threshold = Double(stage.threshold) * scale
    if error == 0 {
      // Sums are whole numbers, so the next one above the threshold decides alike.
      return Stage(threshold: Int32(threshold.rounded(.up)), values: values, isExact: true)
    }
    // No sum is so near to the threshold that its error and the threshold's could change sides.
    let gap = nearest(stage.stumps.map { (Double($0.inside), Double($0.outside)) }, to: Double(stage.threshold))
    return Stage(
      threshold: Int32(threshold.rounded()), values: values, isExact: gap.map { $0 * scale > error + 0.5 } ?? false)
  }

  /// The distance from a number to the nearest of all 2^n sums of one value of each pair; nil for more than 40 pairs.
  ///
  /// The sums of either half in their order, one from below and one from above: 2^(n/2) steps (Horowitz and Sahni 1974).
  static func nearest(_ pairs: [(Double, Double)], to target: Double) -> Double? {
    guard pairs.count <= 40 else { return nil }
    let low = sums(pairs.prefix(pairs.count / 2)).sorted()
    let high = sums(pairs.dropFirst(pairs.count / 2)).sorted()
    var (first, last) = (0, high.count - 1)
    var least = Double.infinity
    while first < low.count, last >= 0 {
      let difference = low[first] + high[last] - target
      least = min(least, difference.magnitude)
      if difference < 0 { first += 1 } else { last -= 1 }
    }
    return least
  }

  private static func sums(_ pairs: ArraySlice<(Double, Double)>) -> [Double] {
    pairs.reduce([0.0]) { sums, pair in sums.map { $0 + pair.0 } + sums.map { $0 + pair.1 } }
  }
}
