import Glibc

/// McNemar's exact test for two classifiers on the same images.
///
/// Under the null hypothesis each image that one alone gets right is equally likely to be either's. Two-sided:
/// `p = min(1, 2 * sum over k = 0...min(b, c) of C(b + c, k) / 2^(b + c))`. Source: Q. McNemar, "Note on the sampling error of
/// the difference between correlated proportions or percentages", Psychometrika 12, 1947, with binomial in place of chi-squared.
///
/// - Parameters:
///   - onlyFirst: images that the first alone gets right (`b`).
///   - onlySecond: images that the second alone gets right (`c`).
func mcnemarExact(onlyFirst: Int, onlySecond: Int) -> Double {
  let trials = Double(onlyFirst + onlySecond)
  let least = min(onlyFirst, onlySecond)
  // The greatest term, and the others as ratios to it, going down.
  var ratio = 1.0
  var sum = 1.0
  for k in stride(from: least, to: 0, by: -1) {
    ratio *= Double(k) / (trials - Double(k) + 1)
    sum += ratio
    if ratio < 1e-18 { break }
  }
  return min(1, 2 * binomialHalf(least, onlyFirst + onlySecond) * sum)
}

/// The Wilson score interval of a proportion at 95%: honest for small counts and near 0 and 1.
///
/// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
///
/// - Returns: bounds in 0...1; all of it when there are no trials.
func wilsonInterval(successes: Int, trials: Int) -> ClosedRange<Double> {
  guard trials > 0 else { return 0...1 }
  let z = 1.959963984540054
  let n = Double(trials)
  let proportion = Double(successes) / n
  let center = (proportion + z * z / (2 * n)) / (1 + z * z / n)
  let half = z / (1 + z * z / n) * (proportion * (1 - proportion) / n + z * z / (4 * n * n)).squareRoot()
  return max(0, center - half)...min(1, center + half)
}

/// The chance of `k` heads among `trials` throws of a fair coin; by logarithms, since 2^-trials alone could vanish.
func binomialHalf(_ k: Int, _ trials: Int) -> Double {
  let (k, n) = (Double(k), Double(trials))
  return exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) - n * M_LN2)
}
