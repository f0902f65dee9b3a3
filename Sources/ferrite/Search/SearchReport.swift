import Exporter
import Quantize

/// What a search has found, for people and programs.
struct SearchReport {
  let network: String
  let budget: SearchBudget
  let result: SearchResult
  let sensitivities: Sensitivities
  let reference: LogitReference

  /// Points of accuracy that the fixed-point network loses.
  func loss(_ point: SearchPoint) -> Double { 100 * (reference.accuracy - point.fidelity.accuracy) }

  /// `chosen`, `4 bits everywhere`, both, or nothing.
  func note(_ point: SearchPoint) -> String {
    let notes = [
      point == result.chosen ? "chosen" : nil, point.uniformBits.map { "\($0) bits everywhere" },
    ]
    return notes.compactMap { $0 }.joined(separator: ", ")
  }

  /// The front, and what isn't on it but is there to compare with, by rising cost.
  var points: [SearchPoint] {
    (result.front + (result.uniform + [result.chosen]).filter { !result.front.contains($0) })
      .reduce(into: []) { points, point in if !points.contains(point) { points.append(point) } }
      .sorted { ($0.cost, $0.fidelity.divergence) < ($1.cost, $1.fidelity.divergence) }
  }

  // MARK: The configuration

  /// What `export --config` takes: a line for each layer.
  var config: String {
    let settings = result.chosen.settings
    let lines = layers.map { name in
      let layer = settings.layers[name]!
      let widths = [("weight_bits", layer.weightBits), ("activation_bits", layer.activationBits)]
        .compactMap { key, bits in bits.map { "\"\(key)\": \($0)" } }
      return "    \(JSON(name)): { \(widths.joined(separator: ", ")) }"
    }
    return """
      {
        "weight_bits": \(settings.weightBits),
        "activation_bits": \(settings.activationBits),
        "layers": {
      \(lines.joined(separator: ",\n"))
        }
      }

      """
  }

  /// Names of the layers with a choice, in the network's order.
  private var layers: [String] {
    sensitivities.choices.reduce(into: []) { if $0.last != $1.layer { $0.append($1.layer) } }
  }

  // MARK: Tables

  var text: String {
    """
    \(layerTable)
    \(frontTable)
    float        \(reference.accuracy.percent) right of \(reference.count.grouped) pictures
    chosen       \(describe(result.chosen))
    model        \(result.model.digest) (its digest)

    """
  }

  private func describe(_ point: SearchPoint) -> String {
    "\(point.bytes.grouped) bytes, \(point.meanWeightBits.decimals(2)) bits a weight"
      + (point.cycles.map { ", \($0.grouped) cycles a frame" } ?? "")
      + ", \(loss(point).decimals(2)) points lost, the same class on \(point.fidelity.agreement.percent)"
  }

  private var frontTable: String {
    var table = TextTable(
      [("bytes", .right), ("bits a weight", .right)] + (budget.core != nil ? [("cycles", .right)] : []) + [
        ("divergence", .right), ("logits dB", .right), ("agreement", .right), ("accuracy", .right),
        ("lost points", .right),
        ("", .left),
      ])
    for point in points {
      let isOnFront = result.front.contains(point)
      table.add(
        [point.bytes.grouped, point.meanWeightBits.decimals(2)] + (point.cycles.map { [$0.grouped] } ?? []) + [
          point.fidelity.divergence.decimals(5), point.fidelity.decibels.decimals(1), point.fidelity.agreement.percent,
          point.fidelity.accuracy.percent, loss(point).decimals(2),
          [note(point), isOnFront ? "" : "(not on the front)"].filter { !$0.isEmpty }.joined(separator: " "),
        ])
    }
    return table.text
  }

  /// What each width of a layer alone adds to the divergence, and the chosen one.
  private var layerTable: String {
    var table = TextTable([
      ("layer", .left), ("of", .left), ("chosen", .right), ("divergence by width, all else at 8 bits", .left),
    ])
    for choice in sensitivities.choices {
      let layer = result.chosen.settings.layers[choice.layer]
      let width = choice.kind == .weights ? layer?.weightBits : layer?.activationBits
      table.add([
        choice.layer.briefLayerName, choice.kind.name, width.map(String.init) ?? "",
        choice.options.map { "\($0.width): \($0.divergence.decimals(5))" }.joined(separator: "  "),
      ])
    }
    return table.text
  }

  // MARK: JSON

  var json: JSON {
    var members: [(String, JSON)] = [
      ("network", JSON(network)), ("budget", budget.json), ("samples", JSON(reference.count)),
      ("float", ["accuracy": .number(reference.accuracy)]), ("chosen", json(result.chosen)),
      ("digest", JSON(result.model.digest)), ("front", JSON(result.front.map(json))),
      ("uniform", JSON(result.uniform.map(json))),
    ]
    members.append(
      (
        "layers",
        JSON(
          sensitivities.choices.map { choice in
            [
              "name": JSON(choice.layer), "of": JSON(choice.kind.name),
              "widths": JSON(
                choice.options.map { option in
                  ["bits": JSON(option.width), "divergence": .number(option.divergence)] as JSON
                }),
            ] as JSON
          })
      ))
    return .object(members.map { .init(key: $0, value: $1) })
  }

  private func json(_ point: SearchPoint) -> JSON {
    let layers = layers.map { name -> JSON.Member in
      let layer = point.settings.layers[name]!
      let widths = [("weight_bits", layer.weightBits), ("activation_bits", layer.activationBits)]
        .compactMap { key, bits in bits.map { JSON.Member(key: key, value: JSON($0)) } }
      return .init(key: name, value: .object(widths))
    }
    return [
      "bytes": JSON(point.bytes), "weight_bytes": JSON(point.weightBytes),
      "mean_weight_bits": .number(point.meanWeightBits), "cycles": point.cycles.map { JSON($0) } ?? .null,
      "divergence": .number(point.fidelity.divergence), "sqnr_db": .number(point.fidelity.decibels),
      "agreement": .number(point.fidelity.agreement), "accuracy": .number(point.fidelity.accuracy),
      "lost_points": .number(loss(point)), "uniform_bits": point.uniformBits.map { JSON($0) } ?? .null,
      "layers": .object(layers),
    ]
  }
}

extension WidthChoice.Kind {
  /// `weights` or `output`.
  var name: String { self == .weights ? "weights" : "output" }
}

extension SearchBudget {
  var json: JSON {
    switch self {
    case .bytes(let bytes): ["bytes": JSON(bytes)]
    case .cycles(let cycles, let core): ["cycles": JSON(cycles), "core": JSON(core.rawValue)]
    case .loss(let points): ["lost_points": .number(points)]
    }
  }

  /// `1 049 600 bytes`.
  var text: String {
    switch self {
    case .bytes(let bytes): "\(bytes.grouped) bytes"
    case .cycles(let cycles, let core): "\(cycles.grouped) cycles on \(core.rawValue)"
    case .loss(let points): "\(points.decimals(2)) points lost"
    }
  }
}
