import EdgeRuntime
import Testing

@testable import ferrite

@Suite struct SignificanceTests {
  /// Sums of binomial coefficients over a power of two: `2 * sum(comb(b + c, k) for k in range(min(b, c) + 1)) / 2**(b + c)`.
  @Test(arguments: [
    (1, 9, 0.021484375), (9, 1, 0.021484375), (0, 5, 0.0625), (0, 1, 1), (3, 3, 1), (4, 6, 0.75390625),
    (10, 20, 0.09873714670538905), (0, 0, 1),
  ])
  func mcnemarIsTheTwoSidedBinomialTest(_ b: Int, _ c: Int, _ wanted: Double) {
    #expect(abs(mcnemarExact(onlyFirst: b, onlySecond: c) - wanted) < 1e-12)
  }

  @Test func mcnemarSumsTheBinomialTermsOfSmallCounts() {
    for trials in 1...40 {
      var coefficients = [1.0]
      for k in 0..<trials { coefficients.append(coefficients[k] * Double(trials - k) / Double(k + 1)) }
      let whole = coefficients.reduce(0, +)
      for b in 0...trials {
        let tail = coefficients[...min(b, trials - b)].reduce(0, +)
        let wanted = min(1, 2 * tail / whole)
        #expect(abs(mcnemarExact(onlyFirst: b, onlySecond: trials - b) - wanted) < 1e-12, "\(b) of \(trials)")
      }
    }
  }

  @Test func mcnemarStandsLargeCounts() {
    #expect(mcnemarExact(onlyFirst: 20_000, onlySecond: 20_000) == 1)
    // A difference of 4 standard deviations of sqrt(40000) = 200: the normal tail is 6.3e-5.
    let p = mcnemarExact(onlyFirst: 19_600, onlySecond: 20_400)
    #expect(p > 6e-5 && p < 7e-5)
    #expect(mcnemarExact(onlyFirst: 0, onlySecond: 5000) < 1e-300)
  }

  /// Wilson's formula in Python, its z from `NormalDist().inv_cdf(0.975)`.
  @Test(arguments: [
    (0, 10, 0.0, 0.2775327998628892), (10, 10, 0.7224672001371107, 1.0), (5, 10, 0.236593090512564, 0.763406909487436),
    (2368, 3589, 0.6441301353264361, 0.6751157910931751),
  ])
  func wilsonBoundsAProportion(_ successes: Int, _ trials: Int, _ lower: Double, _ upper: Double) {
    let interval = wilsonInterval(successes: successes, trials: trials)
    #expect(abs(interval.lowerBound - lower) < 1e-12 && abs(interval.upperBound - upper) < 1e-12, "\(interval)")
  }

  @Test func nothingIsKnownWithoutTrials() { #expect(wilsonInterval(successes: 0, trials: 0) == 0...1) }
}

@Suite struct PairedRatioTests {
  /// In Python, by `sum(comb(n, i) for i in range(k + 1)) / 2**n <= 0.025`.
  @Test(arguments: [(1, 0), (5, 0), (6, 0), (8, 0), (9, 1), (20, 5), (100, 39), (500, 227), (1000, 468), (5000, 2430)])
  func asManyRanksAreLeftOutAsTheBinomialDistributionAllows(_ count: Int, _ outside: Int) {
    #expect(PairedRatio.ranksOutside(count) == outside)
  }

  @Test func theRatioIsTheMedianOfThePairs() {
    let second = (1...100).map { UInt64($0 * 1000) }
    let first = (1...100).map { UInt64($0 * 1000) * UInt64($0) }
    let ratio = PairedRatio(first, to: second)
    #expect(ratio.median == 50.5 && ratio.interval == 40...61)
    let odd = PairedRatio([3, 8, 1], to: [1, 2, 1])
    #expect(odd.median == 3 && odd.interval == 1...4)
    let none = PairedRatio([2], to: [0])
    #expect(none.median == 2)
  }
}

@Suite struct ConfusionMatrixTests {
  /// Truth a: 3 as a, 1 as b. Truth b: 2 as b, 2 as c. Truth c: none.
  private var matrix: ConfusionMatrix {
    var matrix = ConfusionMatrix(classes: 3)
    for (truth, predicted) in [(0, 0), (0, 0), (0, 0), (0, 1), (1, 1), (1, 1), (1, 2), (1, 2)] {
      matrix.record(truth: truth, predicted: predicted)
    }
    return matrix
  }

  @Test func ratiosAreThoseOfTheCounts() {
    #expect(matrix.rows == [[3, 1, 0], [0, 2, 2], [0, 0, 0]])
    #expect(matrix.total == 8 && matrix.correct == 5 && matrix.accuracy == 0.625)
    #expect((0..<3).map(matrix.precision) == [1, 2.0 / 3, 0])
    #expect((0..<3).map(matrix.recall) == [0.75, 0.5, 0])
    #expect(abs(matrix.f1(0) - 6.0 / 7) < 1e-15 && abs(matrix.f1(1) - 4.0 / 7) < 1e-15 && matrix.f1(2) == 0)
  }

  @Test func mergingAddsCounts() {
    var twice = matrix
    twice.merge(matrix)
    #expect(twice.rows == [[6, 2, 0], [0, 4, 4], [0, 0, 0]])
    #expect(ConfusionMatrix(classes: 2).accuracy == 0)
  }
}

@Suite struct MeasurementTests {
  @Test func percentilesAreNearestRanks() {
    var durations = Durations(things: 2, measurements: 10)
    for index in 0..<10 { durations.record(UInt64(1000 * (10 - index)), thing: 1, measurement: index) }
    let sorted = durations.sorted(1)
    #expect([1, 100, 101, 500, 900, 901, 1000].map { sorted.microseconds(permille: $0) } == [1, 1, 2, 5, 9, 10, 10])
    #expect(durations.sorted(0).microseconds(permille: 1000) == 0)
  }

  @Test func histogramsHaveBinsOfEqualRatio() {
    let sorted = SortedDurations([1000, 1999, 2001, 3999, 16000] as [UInt64])
    let bins = sorted.histogram(bins: 4)
    #expect(bins.map(\.count) == [2, 2, 0, 1])
    for (bin, from) in zip(bins, [1.0, 2, 4, 8]) {
      #expect(abs(bin.from - from) < 1e-9 && abs(bin.to - 2 * from) < 1e-9)
    }
    #expect(SortedDurations([5000, 5000] as [UInt64]).histogram(bins: 3).map(\.count) == [2, 0, 0])
    #expect(SortedDurations([] as [UInt64]).histogram(bins: 3).isEmpty)
  }

  @Test func signalToNoiseIsInDecibels() {
    var ratio = SignalToNoise()
    #expect(ratio.decibels == nil)
    ratio.record(exact: 10, approximate: 10)
    #expect(ratio.decibels == .infinity)
    var other = SignalToNoise()
    other.record(exact: 0, approximate: 1)
    ratio.merge(other)
    #expect(abs(ratio.decibels! - 20) < 1e-12)
  }

  @Test func theCosineIsThatOfTheWholeTensors() {
    var cosine = CosineSimilarity()
    #expect(cosine.value == nil)
    cosine.record(exact: 3, approximate: 4)
    var other = CosineSimilarity()
    other.record(exact: 4, approximate: 3)
    cosine.merge(other)
    #expect(cosine.value == 24.0 / 25)
    #expect(cosine.isSound)
  }

  @Test func valuesAreCountedByOctavesBelowTheTop() {
    let unsigned = FixedFormat(width: 4, fraction: 1, isSigned: false)
    var range = RangeUse(octaves: RangeUse.octaves(of: unsigned))
    for raw in [0, 0, 1, 2, 3, 4, 15] { range.record(Double(raw) / 2, unsigned) }
    #expect(range.values == 7 && range.zeros == 2 && range.octaves == [1, 1, 2, 1])
    #expect(range.low == 0 && range.high == 1 && range.unusedBits == 0)
    #expect(abs(range.saturation - 1.0 / 7) < 1e-15)
    // A signed format of eight steps: its least value counts as the top.
    let signed = FixedFormat(width: 4, fraction: -3, isSigned: true)
    var bounds = RangeUse(octaves: RangeUse.octaves(of: signed))
    for raw in [-8, -7, 7, 3, -1] { bounds.record(Double(raw) * 8, signed) }
    #expect(bounds.octaves == [3, 1, 1] && bounds.low == 1 && bounds.high == 1)
    var small = RangeUse(octaves: 3)
    small.record(8, signed)
    #expect(small.unusedBits == 2)
    small.merge(bounds)
    #expect(small.values == 6 && small.octaves == [3, 1, 2] && small.unusedBits == 0 && small.isSound(octaves: 3))
    #expect(RangeUse(octaves: 3).unusedBits == nil && !small.isSound(octaves: 4))
  }

  @Test func theClockGoesForward() {
    let first = Durations.now
    #expect(Durations.now >= first && first > 0)
  }
}
