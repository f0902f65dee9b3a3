import EdgeRuntime

/// Power-of-two formats for weights: signed and symmetric, one for each output channel.
public enum WeightFormat {
  /// A weight's raw value: nearest, half up, saturated to `-(2^(width-1)-1)...2^(width-1)-1` (RND, SAT_SYM).
  public static func raw(_ weight: Float, fraction: Int, width: Int) -> Int8 {
    let format = FixedFormat(width: width, fraction: fraction, isSigned: true)
    return Int8(Overflow.satSym.fit(format.unboundedRaw(Double(weight)), into: format))
  }

  /// The fraction bits that give the weights of one output channel the least squared error; nil if all are zero.
  public static func fraction(_ weights: some Collection<Float>, width: Int) -> Int? {
    let greatest = weights.reduce(Float(0)) { max($0, abs($1)) }
    if greatest == 0 { return nil }
    let reach = Double(greatest)
    let widest = FixedFormat.covering(-reach...reach, width: width, isSigned: true).fraction
    var best = widest
    var least = Double.infinity
    // Clipping the largest weight by more than half is never better at 8 bits; narrow widths gain from a bit or two.
    for fraction in widest...min(widest + 3, 64) {
      let error = squaredError(weights, fraction: fraction, width: width)
      if error < least { (best, least) = (fraction, error) }
    }
    return best
  }

  /// The step, of any size, that rounds the weights of one output channel with the least squared error; nil if all are
  /// zero.
  public static func bestStep(_ weights: ArraySlice<Float>, width: Int) -> Double? {
    let greatest = Double(weights.reduce(Float(0)) { max($0, abs($1)) })
    if greatest == 0 { return nil }
    let limit = Double((1 << (width - 1)) - 1)
    var (best, least) = (0.0, Double.infinity)
    // From the step that clips nothing to the one that clips at a third.
    for part in 0..<28 {
      let step = greatest / limit * (1 - Double(part) / 42)
      let error = weights.reduce(0.0) { sum, weight in
        let steps = min(max((Double(weight) / step).rounded(), -limit), limit)
        let difference = steps * step - Double(weight)
        return sum + difference * difference
      }
      if error < least { (best, least) = (step, error) }
    }
    return best
  }

  static func squaredError(_ weights: some Collection<Float>, fraction: Int, width: Int) -> Double {
    let format = FixedFormat(width: width, fraction: fraction, isSigned: true)
    return weights.reduce(0) { sum, weight in
      let difference = format.number(Int64(raw(weight, fraction: fraction, width: width))) - Double(weight)
      return sum + difference * difference
    }
  }
}
