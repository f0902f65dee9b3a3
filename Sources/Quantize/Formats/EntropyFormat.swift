import EdgeRuntime
import Foundation

extension Histogram {
  /// The format that loses least information of the recorded distribution, by the Kullback-Leibler divergence of what it
  /// keeps from what was recorded: from the format that clips nothing to six steps finer. The coarser one of equals.
  ///
  /// (S. Migacz, "8-bit inference with TensorRT", 2017, with power-of-two thresholds.)
  func formatOfLeastDivergence(width: Int, isSigned: Bool) -> FixedFormat {
    let widest = FixedFormat.covering(range, width: width, isSigned: isSigned)
    guard minimum < 0 || maximum > 0 else { return widest }
    var (best, least) = (widest, divergence(widest))
    for finer in 1...6 {
      var candidate = widest
      candidate.fraction = FixedFormat.clampedFraction(widest.fraction + finer)
      let found = divergence(candidate)
      if found < least - 1e-12 { (best, least) = (candidate, found) }
    }
    return best
  }

  /// `sum p log(p / q)` over the bins inside a format's range and zero. p: the recorded shares, what lies beyond the range added
  /// to the outermost bins. q: the shares without it, those of each raw value spread evenly over its bins that hold any.
  func divergence(_ format: FixedFormat) -> Double {
    var recorded: [Int: (raw: Int64, count: Double, own: Double)] = [:]
    var ends: (low: Int?, high: Int?) = (nil, nil)
    var (below, above) = (0.0, 0.0)
    for (index, count) in counts.enumerated() where count > 0 {
      let value = centre(index)
      let raw = format.unboundedRaw(value)
      if raw < format.minimumRaw {
        below += Double(count)
      } else if raw > format.maximumRaw {
        above += Double(count)
      } else {
        recorded[index] = (raw, Double(count), Double(count))
        ends.low = min(ends.low ?? index, index)
        ends.high = max(ends.high ?? index, index)
      }
    }
    guard let low = ends.low, let high = ends.high else { return .infinity }
    recorded[low]?.count += below
    recorded[high]?.count += above
    var kept: [Int64: (sum: Double, bins: Double)] = [:]
    for bin in recorded.values {
      kept[bin.raw, default: (0, 0)].sum += bin.own
      kept[bin.raw]?.bins += 1
    }
    let all = recorded.values.reduce(Double(zeros)) { $0 + $1.count }
    let unclipped = recorded.values.reduce(Double(zeros)) { $0 + $1.own }
    var sum = zeros == 0 ? 0 : Double(zeros) / all * log(unclipped / all)
    for index in recorded.keys.sorted() {
      guard let bin = recorded[index], let group = kept[bin.raw] else { continue }
      let (p, q) = (bin.count / all, group.sum / group.bins / unclipped)
      sum += p * log(p / q)
    }
    return sum
  }
}
