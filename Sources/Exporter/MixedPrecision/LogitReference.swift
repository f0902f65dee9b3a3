import EdgeRuntime
import Foundation
import Quantize

/// What the float network answers on labelled images, to measure fixed-point forms of it by: the logits of its one output of scores, and
/// the values of its other outputs.
public struct LogitReference: Sendable {
  private let images: CalibrationImages
  /// The class of each image.
  private let labels: [Int]
  /// By image.
  private let logits: [[Float]]
  /// By image: the values of every other output.
  private let others: [[[Float]]]
  /// By other output, its power: the sum of the squares of an image's values, in the mean.
  private let powers: [Double]
  private let scores: Int

  /// - Parameters:
  ///   - labels: the class of each image, an index of the network's.
  ///   - progress: called for each image, from several threads.
  /// - Requires: a graph with one output of scores.
  public init(
    _ source: ExportSource, images: CalibrationImages, labels: [Int], progress: @Sendable () -> Void = {}
  ) throws {
    precondition(labels.count == images.count, "a label for each image")
    self.images = images
    self.labels = labels
    guard let scores = source.graph.outputs.firstIndex(where: { $0.labels != nil }), source.graph.scores != nil else {
      preconditionFailure("answers are those of one output of scores")
    }
    self.scores = scores
    var found = try concurrentMap(images.count, prepare: { try source.makeRunner(source.graph) }) { run, index in
      defer { progress() }
      return try source.graph.outputs(of: run, try images.pixels(index))
    }
    logits = found.indices.map { found[$0].remove(at: scores) }
    others = found
    powers = (0..<source.graph.outputs.count - 1).map { [others] output in
      others.reduce(0) { $0 + $1[output].reduce(0) { $0 + Double($1) * Double($1) } } / Double(max(others.count, 1))
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
  func fidelity(
    of graph: FixedGraph, limit: Int = .max, threads: Int, cache: QuantizationCache = QuantizationCache()
  ) throws -> Fidelity {
    let file = try ModelContent(draft: graph, cache: cache).encoded()
    let tensors = graph.outputs.map { graph.tensors[$0.tensor] }
    let chosen = images.spread(limit)
    let parts = try concurrently(threads: threads) { thread, threads in
      let runner = try ModelRunner(file, instructionSet: .fastest)
      return try stride(from: thread, to: chosen.count, by: threads).map { position in
        let index = chosen[position]
        var outputs: [[Double]] = []
        var raws = runner.outputs(try images.pixels(index))[...]
        for tensor in tensors {
          outputs.append(raws.prefix(tensor.shape.count).map { tensor.format.number(Int64($0)) })
          raws = raws.dropFirst(tensor.shape.count)
        }
        var answer = Answer(fixed: outputs.remove(at: scores), float: logits[index], label: labels[index])
        answer.divergence += otherNoise(outputs, image: index)
        return answer
      }
    }
    return Fidelity(chosen.indices.map { parts[$0 % threads][$0 / threads] })
  }

  /// Of the outputs that are no scores: the noise on an image over the output's power, summed over the outputs.
  private func otherNoise(_ fixed: [[Double]], image: Int) -> Double {
    fixed.indices.reduce(0) { sum, output in
      let noise = zip(others[image][output], fixed[output]).reduce(0) {
        let difference = Double($1.0) - $1.1
        return $0 + difference * difference
      }
      return sum + (powers[output] > 0 ? noise / powers[output] : 0)
    }
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
  /// The mean Kullback-Leibler divergence of its probabilities from the float network's, in nats, and for each further output its
  /// noise over its power.
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
