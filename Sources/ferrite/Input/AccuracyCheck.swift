import EdgeRuntime
import Exporter
import ImageData
import Quantize

/// Labelled pictures on which a network has to be as right as its user expects.
struct AccuracyCheck: Sendable {
  /// More tell hardly more: the 95 % interval is 2 points either way.
  static let mostPictures = 2000

  /// A fraction of 1.
  let expected: Double
  let path: String
  let data: DataSet
  /// Of the pictures in `data`.
  let indices: [Int]

  init(expected: Double, path: String, data: DataSet, limit: Int = mostPictures) {
    self.expected = expected
    self.path = path
    self.data = data
    indices = data.indices(limit: limit)
  }

  /// What a float network answers.
  func answers(_ graph: FloatGraph, progress: ProgressBar? = nil) throws -> Answers {
    try answers(progress) {
      let reference = FloatReference(graph)
      return { pixels in
        reference.run(pixels: pixels)
        return reference.output.firstOfGreatest
      }
    }
  }

  /// What a model answers, given as the bytes of its file.
  func answers(model bytes: [UInt8]) throws -> Answers {
    try answers(nil) {
      let runner = try ModelRunner(bytes, instructionSet: .best)
      return { runner.outputs($0).firstOfGreatest }
    }
  }

  private func answers(
    _ progress: ProgressBar?, _ prepare: @Sendable () throws -> (([UInt8]) -> Int)
  ) throws -> Answers {
    let parts = try concurrently { thread, threads in
      let answer = try prepare()
      return try stride(from: thread, to: indices.count, by: threads).map { place in
        defer { progress?.advance() }
        let sample = try data.sample(indices[place])
        return Answers.Pair(truth: sample.label, answer: answer(sample.frame))
      }
    }
    return Answers(pairs: indices.indices.map { parts[$0 % parts.count][$0 / parts.count] })
  }

  /// Whether so many right answers are as many as expected, as far as these pictures can tell.
  func isMet(by answers: Answers) -> Bool { answers.interval.upperBound >= expected }
}

/// True classes and answers, in the pictures' order.
struct Answers: Equatable, Sendable {
  struct Pair: Equatable, Sendable {
    var truth: Int
    var answer: Int
  }

  var pairs: [Pair]

  var right: Int { pairs.count { $0.truth == $0.answer } }
  var accuracy: Double { pairs.isEmpty ? 0 : Double(right) / Double(pairs.count) }
  /// 95 %, Wilson's.
  var interval: ClosedRange<Double> { wilsonInterval(successes: right, trials: pairs.count) }

  /// `71.20 % (95 % interval 69.17 % to 73.14 %)`.
  var text: String {
    "\(accuracy.percent) (95 % interval \(interval.lowerBound.percent) to \(interval.upperBound.percent))"
  }

  var json: JSON {
    ["accuracy": JSON(accuracy), "interval": [JSON(interval.lowerBound), JSON(interval.upperBound)].json]
  }
}

extension Answers {
  /// More classes have no order that a few hundred pictures could tell.
  static let mostOrdered = 100

  /// The outputs in the order that answers best: found on every second picture, and told of the others, so that chance is not taken
  /// for an order.
  ///
  /// - Returns: the class that each output means, and the other pictures' answers so understood; nil where it is the order there is.
  func reordered(classes: Int) -> (order: [Int], answers: Answers)? {
    guard 2...Self.mostOrdered ~= classes else { return nil }
    var counts = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    for (index, pair) in pairs.enumerated() where index % 2 == 0 { counts[pair.truth][pair.answer] += 1 }
    let order = greatestAssignment(counts)
    guard order != Array(0..<classes) else { return nil }
    let others = pairs.enumerated().filter { $0.offset % 2 == 1 }
      .map { Pair(truth: $0.element.truth, answer: order[$0.element.answer]) }
    return (order, Answers(pairs: others))
  }
}

extension [JSON] {
  fileprivate var json: JSON { JSON(self) }
}

extension Array where Element: Comparable {
  /// The first index of the greatest: the rule that the runtime breaks ties by.
  fileprivate var firstOfGreatest: Int { indices.reduce(0) { self[$1] > self[$0] ? $1 : $0 } }
}

/// What was expected and what came out.
struct AccuracyReport {
  let check: AccuracyCheck
  let float: Answers
  let fixed: Answers

  var text: String {
    """
    accuracy    float \(float.text), fixed \(fixed.text); \(check.expected.percent) expected, \
    on \(check.indices.count.grouped) pictures of \(check.path)

    """
  }

  var json: JSON {
    [
      "expected": JSON(check.expected), "pictures": JSON(check.indices.count), "data": JSON(check.path),
      "float": float.json, "fixed": fixed.json,
    ]
  }
}
