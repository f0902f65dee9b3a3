/// How far a classifier's probabilities can be trusted: pictures by the probability of the answer, in 15 bins of equal width.
///
/// A bin holds the probabilities above its lower bound up to its upper bound, and the first bin 0 as well. Probabilities are
/// added as multiples of 2^-32, so that sums do not depend on the order of the pictures. Source: C. Guo et al., "On
/// calibration of modern neural networks", ICML 2017, equations 2 and 3.
struct Reliability: Equatable, Codable, Sendable {
  static let binCount = 15
  private static let one = 4_294_967_296.0

  struct Bin: Equatable, Codable, Sendable {
    var pictures = 0
    var correct = 0
    /// Sum of the answers' probabilities, 32 fraction bits.
    var confidence: UInt64 = 0

    /// Share of right answers; nil in an empty bin.
    var accuracy: Double? { pictures == 0 ? nil : Double(correct) / Double(pictures) }
    /// Mean probability of the answers; nil in an empty bin.
    var meanConfidence: Double? { pictures == 0 ? nil : Double(confidence) / one / Double(pictures) }
  }

  private(set) var bins = [Bin](repeating: Bin(), count: binCount)

  /// - Parameter confidence: the probability of the answer, 0...1.
  mutating func record(confidence: Double, isCorrect: Bool) {
    let units = UInt64((min(max(confidence, 0), 1) * Self.one).rounded())
    let bin = units == 0 ? 0 : Int((units * UInt64(Self.binCount) - 1) >> 32)
    bins[bin].pictures += 1
    bins[bin].correct += isCorrect ? 1 : 0
    bins[bin].confidence += units
  }

  mutating func merge(_ other: Reliability) {
    for index in bins.indices {
      bins[index].pictures += other.bins[index].pictures
      bins[index].correct += other.bins[index].correct
      bins[index].confidence += other.bins[index].confidence
    }
  }

  static func bounds(ofBin index: Int) -> ClosedRange<Double> {
    Double(index) / Double(binCount)...Double(index + 1) / Double(binCount)
  }

  /// The expected calibration error: the mean distance of a bin's accuracy from its mean probability, weighted by pictures.
  var expectedError: Double {
    let total = bins.reduce(0) { $0 + $1.pictures }
    return total == 0 ? 0 : gaps.reduce(0) { $0 + $1.gap * Double($1.pictures) } / Double(total)
  }

  /// The greatest such distance over bins that hold pictures.
  var greatestError: Double { gaps.reduce(0) { max($0, $1.gap) } }

  private var gaps: [(gap: Double, pictures: Int)] {
    bins.compactMap { bin in
      guard let accuracy = bin.accuracy, let confidence = bin.meanConfidence else { return nil }
      return ((accuracy - confidence).magnitude, bin.pictures)
    }
  }

  /// Whether the counts could have been recorded: of a file that claims so.
  var isSound: Bool {
    bins.count == Self.binCount
      && bins.allSatisfy {
        0...ConfusionMatrix.greatestCount ~= $0.pictures && 0...$0.pictures ~= $0.correct
          && $0.confidence <= UInt64($0.pictures) << 32
      }
  }
}
