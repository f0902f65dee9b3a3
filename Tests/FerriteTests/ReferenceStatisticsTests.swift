import Foundation
import Testing

@testable import ferrite

/// Our statistics against those of SciPy, statsmodels and scikit-learn: Fixtures/make_statistics.py.
@Suite struct ReferenceStatisticsTests {
  private struct Values: Decodable {
    struct Classification: Decodable {
      var truth: [Int]
      var answer: [Int]
      var confidence: [Double]
      var confusion: [[Int]]
      var precision: [Double]
      var recall: [Double]
      var f1: [Double]
      var support: [Int]
      var expectedError: Double
      var greatestError: Double
    }

    var mcnemar: [[Double]]
    var wilson: [[Double]]
    var classification: Classification
  }

  private let values: Values

  init() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("Fixtures/statistics.json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    values = try decoder.decode(Values.self, from: Data(contentsOf: file))
  }

  @Test func mcnemarsTestIsThatOfStatsmodels() {
    #expect(values.mcnemar.count > 5)
    for row in values.mcnemar {
      let p = mcnemarExact(onlyFirst: Int(row[0]), onlySecond: Int(row[1]))
      #expect(abs(p - row[2]) < 1e-10 * max(row[2], 1e-3), "\(row): \(p)")
    }
  }

  @Test func wilsonsIntervalIsThatOfStatsmodels() {
    #expect(values.wilson.count > 5)
    for row in values.wilson {
      let interval = wilsonInterval(successes: Int(row[0]), trials: Int(row[1]))
      #expect(abs(interval.lowerBound - row[2]) < 1e-12 && abs(interval.upperBound - row[3]) < 1e-12, "\(row)")
    }
  }

  @Test func theFiguresOfEachClassAreThoseOfScikitLearn() {
    let wanted = values.classification
    var matrix = ConfusionMatrix(classes: wanted.support.count)
    for (truth, answer) in zip(wanted.truth, wanted.answer) { matrix.record(truth: truth, predicted: answer) }
    #expect(matrix.rows == wanted.confusion)
    for index in wanted.support.indices {
      #expect(abs(matrix.precision(index) - wanted.precision[index]) < 1e-12)
      #expect(abs(matrix.recall(index) - wanted.recall[index]) < 1e-12)
      #expect(abs(matrix.f1(index) - wanted.f1[index]) < 1e-12)
      #expect(matrix.support(index) == wanted.support[index])
      #expect(abs(matrix.normalizedRows[index].reduce(0, +) - 1) < 1e-12)
    }
  }

  @Test func theCalibrationErrorIsGuosAndTheSameInAnyOrder() {
    let wanted = values.classification
    let pictures = wanted.truth.indices.map { (wanted.confidence[$0], wanted.truth[$0] == wanted.answer[$0]) }
    var (forward, backward, merged) = (Reliability(), Reliability(), Reliability())
    for (confidence, isCorrect) in pictures { forward.record(confidence: confidence, isCorrect: isCorrect) }
    for (confidence, isCorrect) in pictures.reversed() { backward.record(confidence: confidence, isCorrect: isCorrect) }
    for part in [pictures[1500...], pictures[..<1500]] {
      var share = Reliability()
      for (confidence, isCorrect) in part { share.record(confidence: confidence, isCorrect: isCorrect) }
      merged.merge(share)
    }
    #expect(forward == backward && forward == merged)
    #expect(abs(forward.expectedError - wanted.expectedError) < 1e-9)
    #expect(abs(forward.greatestError - wanted.greatestError) < 1e-9)
    #expect(Reliability().expectedError == 0 && Reliability().greatestError == 0)
  }
}

@Suite struct LatencyHistogramTests {
  @Test func binsAreAnEighthOfAnOctave() {
    var histogram = LatencyHistogram()
    #expect(histogram.bins.isEmpty && histogram.microseconds(permille: 500) == 0)
    for nanoseconds in [1024, 1024, 1120, 2048, 0, UInt64.max] { histogram.record(nanoseconds: nanoseconds) }
    let bins = histogram.bins.filter { $0.count > 0 }
    #expect(bins.map(\.count) == [1, 2, 1, 1, 1])
    #expect(bins[1].from == 1.024 && abs(bins[1].to / bins[1].from - 1.0905077) < 1e-6)
    #expect(histogram.bins.dropFirst().first?.from == histogram.bins.first?.to)
    var twice = histogram
    twice.merge(histogram)
    #expect(twice.counts == histogram.counts.map { 2 * $0 } && twice.isSound)
  }

  @Test func quantilesAreAtMostABinTooLong() {
    var histogram = LatencyHistogram()
    for microseconds in 1...1000 { histogram.record(nanoseconds: UInt64(microseconds) * 1000) }
    for permille in [1, 500, 990, 1000] {
      let found = histogram.microseconds(permille: permille)
      #expect(found >= Double(permille) && found <= Double(permille) * 1.0906, "\(permille): \(found)")
    }
  }
}
