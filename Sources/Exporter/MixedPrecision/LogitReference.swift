import EdgeRuntime
import Foundation
import Quantize

/// What the float network answers on labelled images, to measure fixed-point forms of it by.
public struct LogitReference: Sendable {
  private let images: CalibrationImages
  /// The class of each image.
  private let labels: [Int]
  /// By image.
  private let logits: [[Float]]

  /// - Parameters:
  ///   - labels: the class of each image, an index of the network's.
  ///   - progress: called for each image, from several threads.
  public init(
    _ source: ExportSource, images: CalibrationImages, labels: [Int], progress: @Sendable () -> Void = {}
  ) throws {
    precondition(labels.count == images.count, "a label for each image")
    self.images = images
    self.labels = labels
    let output = source.graph.output
    logits = try concurrentMap(images.count, prepare: { try source.makeRunner(source.graph) }) { run, index in
      var logits: [Float] = []
      try run(try images.pixels(index)) { value, numbers in if value == output { logits = numbers } }
      progress()
      return logits
    }
  }

  public var count: Int { labels.count }

  /// The float network's share of right answers.
  public var accuracy: Double {
    let right = logits.indices.count { logits[$0].firstGreatest == labels[$0] }
    return Double(right) / Double(max(count, 1))
  }

  /// Measures a fixed-point graph.
  ///
  /// - Parameters:
  ///   - limit: at most this many images, evenly spread.
  ///   - threads: that share them; the result does not depend on it.
  func fidelity(of graph: FixedGraph, limit: Int = .max, threads: Int) throws -> Fidelity {
    let file = try ModelContent(draft: graph).encoded()
    let format = graph.tensors[graph.output].format
    let chosen = images.spread(limit)
    let parts = try concurrently(threads: threads) { thread, threads in
      let runner = try ModelRunner(file, instructionSet: .fastest)
      return try stride(from: thread, to: chosen.count, by: threads).map { position in
        let index = chosen[position]
        return Answer(
          fixed: runner.logits(try images.pixels(index)).map { format.number(Int64($0)) }, float: logits[index],
          label: labels[index])
      }
    }
    return Fidelity(chosen.indices.map { parts[$0 % threads][$0 / threads] })
  }
}

/// What a fixed-point network makes of one image.
private struct Answer {
  var signal: Double
  var noise: Double
  var divergence: Double
  var isSame: Bool
  var isRight: Bool

  init(fixed: [Double], float: [Float], label: Int) {
    let exact = float.map(Double.init)
    signal = exact.reduce(0) { $0 + $1 * $1 }
    noise = zip(exact, fixed).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let (p, q) = (exact.logarithmsOfSoftmax, fixed.logarithmsOfSoftmax)
    divergence = zip(p, q).reduce(0) { $0 + exp($1.0) * ($1.0 - $1.1) }
    isSame = exact.firstGreatest == fixed.firstGreatest
    isRight = fixed.firstGreatest == label
  }
}

/// How near a fixed-point network comes to the float one.
public struct Fidelity: Equatable, Sendable {
  public var images: Int
  /// The mean Kullback-Leibler divergence of its probabilities from the float network's, in nats.
  public var divergence: Double
  /// Signal to noise of the logits in dB; infinite without noise.
  public var decibels: Double
  /// The share of images that both take for the same class.
  public var agreement: Double
  /// The share of right answers.
  public var accuracy: Double

  fileprivate init(_ answers: [Answer]) {
    images = answers.count
    let count = Double(max(images, 1))
    divergence = answers.reduce(0) { $0 + $1.divergence } / count
    let signal = answers.reduce(0) { $0 + $1.signal }
    let noise = answers.reduce(0) { $0 + $1.noise }
    decibels = noise == 0 ? .infinity : 10 * log10(signal / noise)
    agreement = Double(answers.count { $0.isSame }) / count
    accuracy = Double(answers.count { $0.isRight }) / count
  }
}

extension Array where Element: Comparable {
  /// The index of the first of the greatest.
  fileprivate var firstGreatest: Int? { indices.max { (self[$0], $1) < (self[$1], $0) } }
}

extension [Double] {
  fileprivate var logarithmsOfSoftmax: [Double] {
    let greatest = self.max() ?? 0
    let sum = log(reduce(0) { $0 + exp($1 - greatest) })
    return map { $0 - greatest - sum }
  }
}
