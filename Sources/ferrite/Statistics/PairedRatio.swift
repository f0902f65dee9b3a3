/// How many times as long one thing takes as another, from measurements made in pairs.
///
/// The median of the pairs' ratios, with a distribution-free interval for it: the order statistics between which the median
/// lies in 95% of cases, by the binomial distribution. Source: W. J. Conover, "Practical Nonparametric Statistics", 3.2.
struct PairedRatio {
  var median: Double
  var interval: ClosedRange<Double>

  /// Requires equally many measurements of both, at least one, none of them zero in `second`.
  init(_ first: [UInt64], to second: [UInt64]) {
    precondition(first.count == second.count && !first.isEmpty, "measurements come in pairs")
    let ratios = zip(first, second).map { Double($0) / Double(max($1, 1)) }.sorted()
    let count = ratios.count
    median = count % 2 == 1 ? ratios[count / 2] : (ratios[count / 2 - 1] + ratios[count / 2]) / 2
    let outside = Self.ranksOutside(count)
    interval = ratios[outside]...ratios[count - 1 - outside]
  }

  /// How many of the least and of the greatest of `count` values may be left out: the greatest k such that at most 2.5% of
  /// series of `count` throws of a fair coin show k heads or fewer. With 5 values and fewer all are needed, and even they
  /// hold the median in less than 95% of cases.
  static func ranksOutside(_ count: Int) -> Int {
    var outside = 0
    var tail = binomialHalf(0, count)
    while outside + 1 < count / 2 {
      tail += binomialHalf(outside + 1, count)
      if tail > 0.025 { break }
      outside += 1
    }
    return outside
  }
}
