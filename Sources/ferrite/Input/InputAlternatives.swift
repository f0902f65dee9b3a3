import Exporter
import ImageData
import Quantize

/// Other ways to prepare pictures that networks are trained with, tried where a network is less often right than its user knows it to be.
struct InputAlternatives {
  /// Pictures that each is tried on.
  static let pictures = 400

  struct Attempt {
    var settings: InputSettings
    var answers: Answers
    /// With the outputs in another order; nil where none is better.
    var reordered: (labels: [String], answers: Answers)?
  }

  let check: AccuracyCheck
  let given: Attempt
  /// From the most often right on.
  let others: [Attempt]

  /// - Parameters:
  ///   - network: as its file has it.
  ///   - settings: as given.
  ///   - statistics: of the pictures, whose own mean and deviation are an alternative, too.
  init(
    _ network: FloatNetwork, _ settings: InputSettings, _ statistics: InputStatistics, check: AccuracyCheck
  ) throws {
    let fewer = AccuracyCheck(
      expected: check.expected, path: check.path, data: check.data, limit: min(Self.pictures, check.indices.count))
    self.check = fewer
    let ways = Self.ways(beside: settings, statistics, channels: network.inputChannels)
    let bar = ProgressBar("trying other inputs", total: (ways.count + 1) * fewer.indices.count)
    func attempt(_ settings: InputSettings) throws -> Attempt {
      let graph = try settings.applied(to: network.graph)
      let answers = try fewer.answers(graph, progress: bar)
      let reordered = answers.reordered(classes: graph.labels.count)
      return Attempt(
        settings: settings, answers: answers,
        reordered: reordered.map { found in (found.order.map { graph.labels[$0] }, found.answers) })
    }
    given = try attempt(settings)
    others = try ways.map(attempt).sorted { $0.answers.right > $1.answers.right }
  }

  /// - Parameter channels: the network's.
  static func ways(
    beside given: InputSettings, _ statistics: InputStatistics, channels: Int
  ) -> [InputSettings] {
    func way(range: Double? = nil, mean: [Double]? = nil, deviation: [Double]? = nil) -> InputSettings {
      var way = given
      (way.range, way.mean, way.standardDeviation) = (range, mean, deviation)
      return way
    }
    let own = statistics.pixelMoments
    var ways = [
      way(range: 1), way(range: 255), way(mean: [0.5], deviation: [0.5]),
      way(mean: [own.mean], deviation: [own.deviation]),
    ]
    if channels == 3 {
      // Those of ImageNet's pictures, as torchvision and as Caffe have them.
      ways.append(way(mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225]))
      ways.append(way(range: 255, mean: [103.94, 116.78, 123.68]))
    } else {
      ways.append(way(mean: [0.449], deviation: [0.226]))
    }
    guard channels == 3, given.channels != .grey else { return ways.filter { $0 != given } }
    let orders = ([given] + ways).flatMap { way in
      [InputSettings.Channels.rgb, .bgr].map { order in
        var ordered = way
        ordered.channels = order
        return ordered
      }
    }
    var asGiven = given
    asGiven.channels = given.channels ?? .rgb
    return orders.filter { $0 != asGiven }
  }
}

extension InputAlternatives {
  /// A table of all that was tried, and what to do.
  var text: String {
    var table = TextTable([("", .left), ("right", .right), ("", .left)])
    table.add(["as given", given.answers.accuracy.percent, note(given)])
    for attempt in others { table.add([attempt.settings.inputFlags, attempt.answers.accuracy.percent, note(attempt)]) }
    let rows = table.text.split(separator: "\n").dropFirst().map { "    \($0)" }.joined(separator: "\n")
    return "  what else was tried, on \(check.indices.count) pictures:\n\(rows)\n  \(advice)"
  }

  private func note(_ attempt: Attempt) -> String {
    if reaches(attempt.answers) { return "would reach it" }
    if let reordered = attempt.reordered, reaches(reordered.answers) {
      return "with the outputs in another order \(reordered.answers.accuracy.percent)"
    }
    return ""
  }

  /// As often right as expected, and more often than chance would make of the given way.
  private func reaches(_ answers: Answers) -> Bool {
    check.isMet(by: answers) && answers.interval.lowerBound > given.answers.accuracy
  }

  private var advice: String {
    if let best = others.first(where: { reaches($0.answers) }) {
      return "The network seems to want \(best.settings.inputFlags)."
    }
    let reordered = ([given] + others).filter { $0.reordered.map { reaches($0.answers) } ?? false }
      .max { ($0.reordered?.answers.accuracy ?? 0) < ($1.reordered?.answers.accuracy ?? 0) }
    if let best = reordered, let labels = best.reordered?.labels {
      let flags = best.settings == given.settings ? "" : "\(best.settings.inputFlags) "
      return "The outputs seem to stand in another order: \(flags)--labels \(labels.joined(separator: ","))."
    }
    return
      "None of these reaches it. Are these the pictures, cropped as in training, and the classes that it was trained on, and is "
      + "this its last state? --contact-sheet shows what it sees."
  }
}

extension InputSettings {
  /// `--range 255 --mean 103.94,116.78,123.68`.
  var inputFlags: String {
    func text(_ numbers: [Double]) -> String { numbers.map { $0.trimmed(4) }.joined(separator: ",") }
    var words: [String] = []
    if let channels { words.append("--channels \(channels.rawValue)") }
    if let range { words.append("--range \(text([range]))") }
    if let mean { words.append("--mean \(text(mean))") }
    if let standardDeviation { words.append("--std \(text(standardDeviation))") }
    return words.isEmpty ? "as the network says" : words.joined(separator: " ")
  }
}

extension InputStatistics {
  /// Of pixels of 0...1, all channels together.
  fileprivate var pixelMoments: Moments {
    let all = (0..<256).map { pixel in Double(counts.reduce(0) { $0 + $1[pixel] }) }
    let count = max(all.reduce(0, +), 1)
    let mean = all.enumerated().reduce(0) { $0 + $1.element * Double($1.offset) / 255 } / count
    let square = all.enumerated().reduce(0) { sum, pixel in
      let distance = Double(pixel.offset) / 255 - mean
      return sum + pixel.element * distance * distance
    }
    // By what pictures that are all alike have, nothing could be divided.
    return Moments(mean: rounded(mean), deviation: max(rounded((square / count).squareRoot()), 0.0001))
  }

  /// As it can be typed.
  private func rounded(_ number: Double) -> Double { (number * 10_000).rounded() / 10_000 }
}
