extension ComparisonReport {
  /// Signal to noise by layer.
  var layerFigure: Figure {
    BarFigure(
      title: "Layers", caption: "Signal to quantisation noise at each output, dB (6 are one bit), and what saturates.",
      greatest: 80,
      columns: [
        "layer", "operation", "dB", "of its own", "inherited", "cosine", "greatest error, steps", "saturated",
      ],
      entries: layers.map { layer in
        let decibels = layer.decibels?.decimals(1) ?? "no counterpart"
        let saturation = layer.saturation == 0 ? "" : ", \(layer.saturation.percent)"
        // An exact layer is as long as one of 80 dB.
        let bar = BarFigure.Bar(value: layer.decibels, text: decibels + saturation)
        let cells = [
          layer.operation, decibels, layer.ownDecibels?.decimals(1) ?? "", layer.inheritedDecibels?.decimals(1) ?? "",
          layer.error.cosine.value?.decimals(6) ?? "", layer.greatestErrorSteps?.decimals(1) ?? "",
          layer.saturation.percent,
        ]
        return (layer.name.briefLayerName, cells, [bar])
      }
    ).figure
  }

  /// What comes back with a layer in float and in 16 bits; nil if nothing was tried.
  var whatIfFigure: Figure? {
    guard let whatIf else { return nil }
    let outcomes = { (row: WhatIfReport.Row) in Substitution.allCases.map { row.outcomes[$0] } }
    return BarFigure(
      title: "What if",
      caption: """
        The share of the noise in the logits that is gone if this layer alone is computed in float (above) or in 16 bits \
        (below), over \(whatIf.pictures.grouped) pictures. None where there is more noise than before.
        """,
      greatest: 1,
      columns: ["layer"] + Substitution.allCases.map(\.title) + ["agreement in float", "accuracy in float"],
      entries: ((whatIf.all.map { [$0] } ?? []) + whatIf.rows).map { row in
        let bars = [row.outcomes[.float], row.outcomes[.bits16]].enumerated().map { index, outcome in
          BarFigure.Bar(
            value: outcome?.comesBack, text: outcome?.comesBack.percent ?? "", isReference: index == 0)
        }
        let float = row.outcomes[.float]
        let cells =
          outcomes(row).map { $0?.comesBack.percent ?? "" }
          + [float?.agreement.percent ?? "", float?.accuracy.percent ?? ""]
        return (layer(row.choice)?.name.briefLayerName ?? "all of them", cells, bars)
      }
    ).figure
  }
}

extension Substitution {
  /// For tables.
  var title: String {
    switch self {
    case .float: "float"
    case .bits16: "16 bits"
    case .weights: "weights"
    case .output: "output"
    }
  }
}
