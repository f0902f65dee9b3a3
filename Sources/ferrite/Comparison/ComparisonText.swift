extension ComparisonReport {
  private static let shownFlips = 20

  var text: String {
    let (reference, fixed) = (sides[0], sides[1])
    var text = """
      \(summaryTable.text)
      \(comparison.samples.grouped) pictures; the same class on \(comparison.agreement.percent)
      \(comparison.flips.count) flips: \(referenceName) alone right on \(comparison.lost.total), \
      fixed alone right on \(comparison.gained.total); McNemar's exact \(mcnemarText)
      \(explanation)

      \(classTable.text)
      \(reference.name), true classes by row, predicted by column
      \(confusionTable(reference.side.confusion).text)
      fixed
      \(confusionTable(fixed.side.confusion).text)
      \(layerTable.text)
      """
    if let whatIf { text += "\n" + whatIfText(whatIf) }
    if !comparison.flips.told.isEmpty { text += "\n" + flipTable.text }
    return text
  }

  private var summaryTable: TextTable {
    var table = TextTable([
      ("", .left), ("accuracy", .right), ("95 % interval", .right), ("right", .right), ("calibration error", .right),
    ])
    for (name, side) in sides {
      let matrix = side.confusion
      let interval = wilsonInterval(successes: matrix.correct, trials: matrix.total)
      table.add([
        name, matrix.accuracy.percent, "\(interval.lowerBound.percent) to \(interval.upperBound.percent)",
        matrix.correct.grouped, side.reliability.expectedError.percent,
      ])
    }
    return table
  }

  private var classTable: TextTable {
    var table = TextTable([
      ("class", .left), ("pictures", .right), ("precision", .right), ("recall", .right), ("F1", .right),
      ("\(referenceName) precision", .right), ("recall", .right), ("F1", .right),
    ])
    for (index, label) in labels.enumerated() {
      let figures = sides.reversed().flatMap { _, side in
        let matrix = side.confusion
        return [matrix.precision(index), matrix.recall(index), matrix.f1(index)].map { $0.decimals(3) }
      }
      table.add([label, "\(comparison.fixed.confusion.support(index))"] + figures)
    }
    return table
  }

  private func confusionTable(_ matrix: ConfusionMatrix) -> TextTable {
    var table = TextTable([("", .left)] + labels.map { ($0, .right) })
    for (label, row) in zip(labels, matrix.rows) { table.add([label] + row.map(String.init)) }
    return table
  }

  private var layerTable: TextTable {
    var table = TextTable([
      ("layer", .left), ("op", .left), ("format", .left), ("SQNR dB", .right), ("own", .right), ("inherited", .right),
      ("cosine", .right), ("greatest error", .right), ("in steps", .right), ("at the top", .right), ("bottom", .right),
      ("unused bits", .right),
    ])
    for layer in tensors {
      let range = layer.counts.range
      func share(_ count: Int) -> String { count == 0 ? "" : range.share(count).percent }
      table.add([
        layer.name.briefLayerName, layer.operation, layer.task.format,
        layer.decibels?.decimals(1) ?? "no counterpart", layer.ownDecibels?.decimals(1) ?? "",
        layer.inheritedDecibels?.decimals(1) ?? "", layer.error.cosine.value?.decimals(6) ?? "",
        layer.greatestError?.decimals(4) ?? "", layer.greatestErrorSteps?.decimals(1) ?? "",
        share(range.high), share(range.low), range.unusedBits.map(String.init) ?? "all",
      ])
    }
    return table
  }

  /// The first flips; JSON has more of them.
  private var flipTable: TextTable {
    var table = TextTable([
      ("flip", .left), ("label", .left), (referenceName, .left), ("margin", .right), ("fixed", .left),
      ("margin", .right),
    ])
    for flip in comparison.flips.told.prefix(Self.shownFlips) {
      table.add([
        flip.id, labels[flip.label], labels[flip.reference], flip.referenceMargin.decimals(3), labels[flip.fixed],
        flip.fixedMargin.decimals(3),
      ])
    }
    let rest = comparison.flips.count - Self.shownFlips
    if rest > 0 { table.add(["... \(rest) more", "", "", "", "", ""]) }
    return table
  }
}
