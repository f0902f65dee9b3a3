import Quantize

/// A setting for a layer that the network contradicts.
public struct SettingsConflict: Equatable, Sendable {
  public enum Setting: String, Sendable {
    case weightBits = "weight_bits"
    case activationBits = "activation_bits"
  }

  public var layer: String
  /// nil if the network has no such layer.
  public var setting: Setting?
  public var reason: String
}

extension QuantizationSettings {
  /// The first layer, by name, that isn't there, has weight bits but no weights, or is to have a width that something else
  /// decides. Needs no calibration.
  ///
  /// - Throws: `ExportError` for a network that can't be exported.
  public func conflict(with graph: FloatGraph) throws(ExportError) -> SettingsConflict? {
    layers.isEmpty ? nil : conflict(with: try LayerGraph(fusing: graph))
  }

  func conflict(with graph: LayerGraph) -> SettingsConflict? {
    for (name, wanted) in layers.sorted(by: { $0.key < $1.key }) {
      guard let layer = graph.layers.first(where: { $0.name == name }) else {
        return SettingsConflict(layer: name, setting: nil, reason: graph.absence(of: name))
      }
      if let bits = wanted.weightBits, let reason = graph.refusal(ofWeightBits: bits, for: layer) {
        return SettingsConflict(layer: name, setting: .weightBits, reason: reason)
      }
      if let bits = wanted.activationBits, let reason = refusal(ofActivationBits: bits, for: layer, graph) {
        return SettingsConflict(layer: name, setting: .activationBits, reason: reason)
      }
    }
    return nil
  }

  private func refusal(ofActivationBits bits: Int, for layer: LayerGraph.Layer, _ graph: LayerGraph) -> String? {
    let decided = activationBits(of: layer.output, in: graph)
    guard bits != decided else { return nil }
    switch graph.formatOrigin(layer.output) {
    case .own: return nil
    case .given: return "is \(bits), but the network gives its output \(decided)"
    case .theta: return "is \(bits), but a sampler's theta always has \(decided)"
    case .output:
      let what = graph.graph.listsOutputs ? "outputs" : "the logits"
      return "is \(bits), but \(what) always have \(decided)"
    case .kept: return "is \(bits), but it keeps the format of its input, which has \(decided)"
    case .concatenation(let output):
      let reader = graph.producer(output)?.name ?? ""
      return "is \(bits), but only \(reader) reads it, whose format it has: \(decided) bits"
    }
  }
}

extension LayerGraph {
  fileprivate func refusal(ofWeightBits bits: Int, for layer: Layer) -> String? {
    guard layer.operation.linear != nil else { return "is given, but the layer has no weights" }
    guard let grid = layer.grid, grid.width != bits else { return nil }
    return "is \(bits), but the network gives it weights of \(grid.width)"
  }

  /// That there is no such layer, and the nearest name.
  fileprivate func absence(of name: String) -> String {
    let nearest = layers.map(\.name).min { $0.editDistance(to: name) < $1.editDistance(to: name) }
    return "the network has no layer \(name)" + (nearest.map { "; the nearest name is \($0)" } ?? "")
  }
}

extension String {
  /// The least number of characters to insert, delete or replace (Levenshtein).
  func editDistance(to other: String) -> Int {
    let other = Array(other)
    var row = Array(0...other.count)
    for (index, character) in self.enumerated() {
      var diagonal = row[0]
      row[0] = index + 1
      for column in other.indices {
        let replaced = diagonal + (other[column] == character ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = Swift.min(replaced, row[column] + 1, diagonal + 1)
      }
    }
    return row[other.count]
  }
}
