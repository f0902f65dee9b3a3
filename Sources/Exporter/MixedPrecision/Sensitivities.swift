import EdgeRuntime
import Quantize

/// What a width of one layer changes against 8 bits everywhere.
public struct WidthOption: Equatable, Sendable {
  public var width: Int
  /// Of stored weights.
  public var bytes: Int
  /// Modelled for a core; 0 without one.
  public var cycles: Int
  /// Of the mean divergence of the probabilities, in nats.
  public var divergence: Double
}

/// A width that a search chooses: of a layer's weights, or of its output.
public struct WidthChoice: Equatable, Sendable {
  public enum Kind: Sendable { case weights, activations }

  public var layer: String
  public var kind: Kind
  /// By falling width, at least one.
  public var options: [WidthOption]
}

/// How much each width of each layer alone changes the answers, all else at 8 bits, with its repairs.
public struct Sensitivities: Sendable {
  /// More images change the order of the layers little.
  static let imageLimit = 256
  /// The width whose scales weights are absorbed to: channels are scaled once, for all widths.
  static let absorbedWidth = 4

  public private(set) var choices: [WidthChoice] = []
  /// With 8 bits everywhere.
  public private(set) var divergence: Double
  private(set) var cycles: Int
  private(set) var weightBytes: Int

  private struct Candidate {
    var choice: Int
    var width: Int
    var layers: LayerGraph
    var settings: QuantizationSettings
  }

  /// - Parameters:
  ///   - weightWidths: those that each layer's weights may have. A layer whose grid the network gives keeps it.
  ///   - activationWidths: those that each output may have whose format is free.
  ///   - progress: called with what is done of all layers' widths, from several threads.
  init(
    _ source: ExportSource, calibration: Calibration, images: CalibrationImages, reference: LogitReference,
    settings: QuantizationSettings, weightWidths: [Int], activationWidths: [Int], core: Core?,
    progress: @Sendable (_ done: Int, _ total: Int) -> Void
  ) throws {
    var absorbing = settings
    absorbing.weightBits = Self.absorbedWidth
    let equalised = try Equalisation(source.graph, calibration, settings: absorbing)
    let histograms = equalised.histograms(calibration)
    let float = try equalised.layers
    let fitted = try Reconstruction(
      float, histograms: histograms, settings: settings, images: images,
      alternativeWidths: weightWidths, makeRunner: source.makeRunner, progress: { _, _ in })
    let cache = QuantizationCache()
    let base = try FixedGraph(fitted.layers, histograms: histograms, settings: settings, cache: cache)
    let model = core.map { CycleModel($0) }
    (cycles, weightBytes) = (model?.cycles(base) ?? 0, base.storedWeightBytes)
    divergence = try reference.fidelity(
      of: base, limit: Self.imageLimit, threads: calibrationThreads, cache: cache
    ).divergence

    var candidates: [Candidate] = []
    for (index, layer) in fitted.layers.layers.enumerated() {
      if float.layers[index].operation.linear != nil, float.layers[index].grid == nil {
        choices.append(WidthChoice(layer: layer.name, kind: .weights, options: []))
        for width in weightWidths {
          guard let alternative = width == settings.weightBits ? layer : fitted.alternatives[index]?[width] else {
            continue
          }
          var layers = fitted.layers
          layers.layers[index] = alternative
          candidates.append(
            Candidate(choice: choices.count - 1, width: width, layers: layers, settings: settings))
        }
      }
      choices.append(WidthChoice(layer: layer.name, kind: .activations, options: []))
      for width in activationWidths {
        var own = settings
        own.layers[layer.name] = .init(activationBits: width)
        candidates.append(
          Candidate(choice: choices.count - 1, width: width, layers: fitted.layers, settings: own))
      }
    }
    let done = Counter()
    let found = try concurrentMap(candidates.count, prepare: {}) {
      [candidates, divergence, cycles, weightBytes] _, index in
      defer { progress(done.next(), candidates.count) }
      let candidate = candidates[index]
      // A format that a layer can't have, or an output that isn't free, is no option.
      guard
        let graph = try? FixedGraph(
          candidate.layers, histograms: histograms, settings: candidate.settings, cache: cache)
      else {
        return WidthOption?.none
      }
      let isBase = graph == base
      if isBase && candidate.width != 8 { return nil }
      let measured =
        isBase
        ? divergence
        : try reference.fidelity(
          of: graph, limit: Self.imageLimit, threads: 1, cache: cache
        ).divergence
      return WidthOption(
        width: candidate.width, bytes: graph.storedWeightBytes - weightBytes,
        cycles: (model?.cycles(graph) ?? 0) - cycles, divergence: measured - divergence)
    }
    for (candidate, option) in zip(candidates, found) {
      if let option { choices[candidate.choice].options.append(option) }
    }
    for index in choices.indices { choices[index].order() }
    // An output whose format nothing changes has 8 bits alone, and is no choice.
    choices.removeAll { $0.options.isEmpty || $0.kind == .activations && $0.options.map(\.width) == [8] }
  }
}

extension WidthChoice {
  /// Sorts by falling width and lets no bit less be better than one more: that would be chance.
  fileprivate mutating func order() {
    options.sort { $0.width > $1.width }
    var least = 0.0
    for index in options.indices where options[index].width < 8 {
      least = max(least, options[index].divergence)
      options[index].divergence = least
    }
    var most = 0.0
    for index in options.indices.reversed() where options[index].width > 8 {
      most = min(most, options[index].divergence)
      options[index].divergence = most
    }
  }
}
