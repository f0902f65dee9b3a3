import EdgeRuntime

/// Power-of-two formats for activations, from their distribution.
extension Histogram {
  /// The format of `width` bits that suits the recorded values best.
  ///
  /// A tensor that was zero on every image gets the format that covers ±1.
  public func format(width: Int, isSigned: Bool, method: CalibrationMethod) -> FixedFormat {
    switch method {
    case .range:
      return FixedFormat.covering(range, width: width, isSigned: isSigned)
    case .percentile(let percent):
      let tail = 1 - percent / 100
      let inner = min(quantile(tail), 0)...max(quantile(1 - tail), 0)
      return FixedFormat.covering(inner, width: width, isSigned: isSigned)
    case .entropy: return formatOfLeastDivergence(width: width, isSigned: isSigned)
    case .squaredError, .joint:
      return formatOfLeastError(width: width, isSigned: isSigned)
    }
  }

  /// The values' range, widened to hold 0.
  public var range: ClosedRange<Double> {
    guard minimum <= maximum else { return 0...0 }
    return min(Double(minimum), 0)...max(Double(maximum), 0)
  }

  /// From the format that clips nothing towards finer steps, as long as one might still pay.
  private func formatOfLeastError(width: Int, isSigned: Bool) -> FixedFormat {
    var best = FixedFormat.covering(range, width: width, isSigned: isSigned)
    guard minimum < 0 || maximum > 0 else { return best }
    var least = squaredError(best)
    for finer in 1...6 where best.fraction < 64 {
      var candidate = FixedFormat.covering(range, width: width, isSigned: isSigned)
      candidate.fraction = FixedFormat.clampedFraction(candidate.fraction + finer)
      let error = squaredError(candidate)
      if error < least { (best, least) = (candidate, error) }
    }
    return best
  }

  /// The sum of squared differences between the recorded values and what `format` makes of them.
  ///
  /// Where steps are at least two bins wide each bin stands at its centre. Finer steps than bins can show cost
  /// `step^2 / 12` a value inside the range, the mean over a step.
  public func squaredError(_ format: FixedFormat) -> Double {
    let step = format.step
    let isResolved = step >= 2 * binWidth
    var sum = 0.0
    for (index, count) in counts.enumerated() where count > 0 {
      let value = centre(index)
      let difference = format.number(format.raw(value)) - value
      let isInside = format.covers(value)
      sum += Double(count) * (isInside && !isResolved ? step * step / 12 : difference * difference)
    }
    return sum
  }

  /// The value that a share of all recorded values does not exceed, to the width of a bin.
  func quantile(_ share: Double) -> Double {
    let wanted = share * Double(total)
    var below = 0.0
    for (index, count) in counts.enumerated() {
      if index == Self.binsPerSide {
        below += Double(zeros)
        if below > 0, below >= wanted { return 0 }
      }
      below += Double(count)
      if count > 0, below >= wanted {
        let edge = centre(index) + (index < Self.binsPerSide ? -0.5 : 0.5) * binWidth
        return min(max(edge, Double(minimum)), Double(maximum))
      }
    }
    return maximum.isFinite ? Double(maximum) : 0
  }
}
