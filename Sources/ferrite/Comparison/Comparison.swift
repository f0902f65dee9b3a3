/// What a reference and a fixed-point model made of the same pictures: counts and sums that add up over threads, shards and
/// interruptions to the same bits in whatever order.
///
/// The reference is the float network, or another fixed-point model.
struct Comparison: Equatable, Codable, Sendable {
  /// What one of the two answered.
  struct Side: Equatable, Codable, Sendable {
    var confusion: ConfusionMatrix
    var reliability = Reliability()
  }

  var reference: Side
  var fixed: Side
  /// Pictures that the reference alone gets right: true class by the fixed-point model's answer.
  var lost: ConfusionMatrix
  /// Pictures that the fixed-point model alone gets right: true class by the reference's answer.
  var gained: ConfusionMatrix
  var flips = FlipList()
  /// The input, then the operations.
  var layerCounts: [LayerCounts]
  /// In the pictures' order.
  var layerSamples: [LayerSample] = []
  /// In the pictures' order.
  var whatIfSamples: [WhatIfSample] = []
  var latency = LatencyHistogram()

  /// - Parameter layers: the input, then the operations.
  init(classes: Int, layers: [ComparisonTask.Layer]) {
    layerCounts = layers.map { LayerCounts(octaves: $0.octaves) }
    let matrix = ConfusionMatrix(classes: classes)
    reference = Side(confusion: matrix)
    fixed = Side(confusion: matrix)
    lost = matrix
    gained = matrix
  }

  var samples: Int { fixed.confusion.total }
  /// The share of pictures that both take for the same class.
  var agreement: Double { samples == 0 ? 0 : 1 - Double(flips.count) / Double(samples) }
  /// The chance of as large a difference in accuracy if there were none.
  var mcnemarP: Double { mcnemarExact(onlyFirst: lost.total, onlySecond: gained.total) }

  /// Adds what was found on other pictures.
  mutating func merge(_ other: Comparison) {
    reference.merge(other.reference)
    fixed.merge(other.fixed)
    lost.merge(other.lost)
    gained.merge(other.gained)
    flips.merge(other.flips)
    for index in layerCounts.indices { layerCounts[index].merge(other.layerCounts[index]) }
    layerSamples = (layerSamples + other.layerSamples).sorted { $0.position < $1.position }
    whatIfSamples = (whatIfSamples + other.whatIfSamples).sorted { $0.position < $1.position }
    latency.merge(other.latency)
  }
}

extension Comparison.Side {
  mutating func record(truth: Int, _ answer: Answer) {
    confusion.record(truth: truth, predicted: answer.index)
    reliability.record(confidence: answer.confidence, isCorrect: truth == answer.index)
  }

  mutating func merge(_ other: Comparison.Side) {
    confusion.merge(other.confusion)
    reliability.merge(other.reliability)
  }
}

/// What a network answers on one picture.
struct Answer: Equatable, Sendable {
  var index: Int
  /// By class, fractions of 1.
  var probabilities: [Double]

  var confidence: Double { probabilities[index] }

  /// The distance of the answer's probability from the next greatest; 1 with a single class.
  var margin: Double {
    var next = 0.0
    for (other, probability) in probabilities.enumerated() where other != index { next = max(next, probability) }
    return confidence - next
  }
}

/// Pictures on which the two differ. All are counted; the first by position are told, and the first of those shown.
struct FlipList: Equatable, Codable, Sendable {
  static let mostTold = 10_000
  static let mostShown = 200

  /// Classes are indices.
  struct Flip: Equatable, Codable, Sendable {
    /// Position among all compared pictures.
    var position: Int
    var id: String
    var label: Int
    var reference: Int
    var fixed: Int
    var referenceMargin: Double
    var fixedMargin: Double
    /// The picture as a PNG, base64; nil where it is not shown.
    var picture: String?
  }

  private(set) var count = 0
  /// In the pictures' order.
  private(set) var told: [Flip] = []

  mutating func record(_ flip: Flip) { merge(FlipList(count: 1, told: [flip])) }

  mutating func merge(_ other: FlipList) {
    count += other.count
    guard let first = other.told.first else { return }
    if let last = told.last, last.position < first.position {
      // As a rule: pictures are compared in their order.
      told += other.told.prefix(Self.mostTold - told.count)
    } else {
      told = Array((told + other.told).sorted { $0.position < $1.position }.prefix(Self.mostTold))
    }
    for index in told.indices.dropFirst(Self.mostShown) where told[index].picture != nil { told[index].picture = nil }
  }
}
