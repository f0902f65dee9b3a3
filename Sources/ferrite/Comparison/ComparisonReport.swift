import EdgeRuntime

/// A comparison with the names of its model.
struct ComparisonReport {
  let comparison: Comparison
  let model: LoadedModel

  private var labels: [String] { model.labels }

  private func name(ofOperation index: Int) -> String { model.name(model.file.operation(index).name) }
}

// MARK: - JSON

extension ComparisonReport {
  var json: JSON {
    [
      "samples": JSON(comparison.samples),
      "float": accuracy(comparison.float),
      "fixed": accuracy(comparison.fixed),
      "agreement": .number(comparison.agreement),
      "confusion": ["float": matrix(comparison.float), "fixed": matrix(comparison.fixed)],
      "per_class": JSON(labels.indices.map(perClass)),
      "mcnemar_p": .number(comparison.mcnemarP),
      "flips": JSON(comparison.flips.map(flip)),
      "layers": JSON(comparison.noise.enumerated().map(layer)),
      "labels": JSON(labels.map(JSON.string)),
    ]
  }

  private func accuracy(_ matrix: ConfusionMatrix) -> JSON {
    let interval = wilsonInterval(successes: matrix.correct, trials: matrix.total)
    return [
      "accuracy": .number(matrix.accuracy),
      "interval": JSON([.number(interval.lowerBound), .number(interval.upperBound)]),
    ]
  }

  private func matrix(_ matrix: ConfusionMatrix) -> JSON {
    JSON(matrix.rows.map { row in JSON(row.map { JSON($0) }) })
  }

  private func perClass(_ index: Int) -> JSON {
    let (float, fixed) = (comparison.float, comparison.fixed)
    return [
      "class": JSON(labels[index]),
      "precision": .number(fixed.precision(index)), "recall": .number(fixed.recall(index)),
      "f1": .number(fixed.f1(index)),
      "float": [
        "precision": .number(float.precision(index)), "recall": .number(float.recall(index)),
        "f1": .number(float.f1(index)),
      ],
    ]
  }

  private func flip(_ flip: Comparison.Flip) -> JSON {
    [
      "image": JSON(flip.id), "label": JSON(labels[flip.label]), "float": JSON(labels[flip.float]),
      "fixed": JSON(labels[flip.fixed]),
    ]
  }

  private func layer(_ index: Int, _ noise: SignalToNoise) -> JSON {
    [
      "name": JSON(name(ofOperation: index)), "op": JSON("\(model.file.operation(index).operation.kind.name)"),
      "sqnr_db": .rounded(noise.decibels, digits: 2),
    ]
  }
}

// MARK: - Text

extension ComparisonReport {
  /// Tables of accuracy, classes, confusion and layers.
  var text: String {
    var text = """
      \(summaryTable.text)
      \(comparison.samples.grouped) pictures; the same class on \(comparison.agreement.percent)
      \(comparison.flips.count) flips: float alone right on \(comparison.onlyFloatRight), \
      fixed alone right on \(comparison.onlyFixedRight); McNemar's exact \(comparison.mcnemarText)

      \(classTable.text)
      fixed point, true classes by row, predicted by column
      \(confusionTable(comparison.fixed).text)
      \(layerTable.text)
      """
    if !comparison.flips.isEmpty { text += "\n" + flipTable.text }
    return text
  }

  private var summaryTable: TextTable {
    var table = TextTable([("", .left), ("accuracy", .right), ("95 % interval", .right), ("right", .right)])
    for (name, matrix) in [("float", comparison.float), ("fixed", comparison.fixed)] {
      let interval = wilsonInterval(successes: matrix.correct, trials: matrix.total)
      table.add([
        name, matrix.accuracy.percent, "\(interval.lowerBound.percent) to \(interval.upperBound.percent)",
        matrix.correct.grouped,
      ])
    }
    return table
  }

  private var classTable: TextTable {
    var table = TextTable([
      ("class", .left), ("pictures", .right), ("precision", .right), ("recall", .right), ("F1", .right),
      ("float F1", .right),
    ])
    let (float, fixed) = (comparison.float, comparison.fixed)
    for (index, label) in labels.enumerated() {
      table.add([
        label, "\(labels.indices.reduce(0) { $0 + fixed[index, $1] })", fixed.precision(index).decimals(3),
        fixed.recall(index).decimals(3), fixed.f1(index).decimals(3), float.f1(index).decimals(3),
      ])
    }
    return table
  }

  private func confusionTable(_ matrix: ConfusionMatrix) -> TextTable {
    var table = TextTable([("", .left)] + labels.map { ($0, .right) })
    for (label, row) in zip(labels, matrix.rows) { table.add([label] + row.map(String.init)) }
    return table
  }

  private var layerTable: TextTable {
    var table = TextTable([("layer", .left), ("op", .left), ("SQNR dB", .right)])
    for (index, noise) in comparison.noise.enumerated() {
      table.add([
        name(ofOperation: index).briefLayerName, "\(model.file.operation(index).operation.kind.name)",
        noise.decibels?.decimals(1) ?? "no float counterpart",
      ])
    }
    return table
  }

  /// The first flips; JSON has them all.
  private var flipTable: TextTable {
    var table = TextTable([("flip", .left), ("label", .left), ("float", .left), ("fixed", .left)])
    let shown = 20
    for flip in comparison.flips.prefix(shown) {
      table.add([flip.id, labels[flip.label], labels[flip.float], labels[flip.fixed]])
    }
    if comparison.flips.count > shown { table.add(["... \(comparison.flips.count - shown) more", "", "", ""]) }
    return table
  }
}
