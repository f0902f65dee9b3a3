/// A confusion matrix: counts, shaded by their share of the row.
struct ConfusionFigure {
  /// More classes than this have no legible cells: the table alone is shown.
  static let mostClasses = 12

  let name: String
  let matrix: ConfusionMatrix
  let labels: [String]

  var figure: Figure {
    let rows = zip(labels, zip(matrix.rows, matrix.normalizedRows)).map { label, row in
      [label] + zip(row.0, row.1).map { "\($0) (\($1.percent))" }
    }
    let left = 64.0
    let cell = (Figure.width - left) / Double(max(labels.count, 1))
    return Figure(
      title: "Confusion, \(name)",
      caption: "Rows are true classes, columns answers; the shade is the share of the row.",
      drawing: labels.count <= Self.mostClasses ? drawing(left: left, cell: cell) : nil,
      height: cell * Double(labels.count) + 58, columns: [""] + labels, rows: rows)
  }

  private func drawing(left: Double, cell: Double) -> String {
    var svg = ""
    let shares = matrix.normalizedRows
    for (truth, label) in labels.enumerated() {
      let y = Double(truth) * cell
      svg += SVG.text(brief(label, 10), x: left - 6, y: y + cell / 2 + 4, anchor: .end)
      for predicted in labels.indices {
        let share = shares[truth][predicted]
        let x = left + Double(predicted) * cell
        svg += SVG.rectangle(
          x: x + 0.5, y: y + 0.5, width: cell - 1, height: cell - 1, class: name == "fixed" ? "fixed" : "reference",
          value: share, title: "\(label) taken for \(labels[predicted]): \(matrix[truth, predicted]), \(share.percent)",
          opacity: share)
        svg += SVG.text(
          "\(matrix[truth, predicted])", x: x + cell / 2, y: y + cell / 2 + 4, anchor: .middle,
          class: share > 0.5 ? "on" : "")
      }
    }
    for (predicted, label) in labels.enumerated() {
      // Slanted, so that names longer than a cell don't run into each other.
      let (x, y) = (left + (Double(predicted) + 0.5) * cell, Double(labels.count) * cell + 12)
      svg += """
        <text transform="translate(\(x.decimals(1)) \(y.decimals(1))) rotate(-40)" text-anchor="end">\
        \(brief(label, 8).escapedForXML)</text>

        """
    }
    return svg
  }

  private func brief(_ text: String, _ most: Int) -> String {
    text.count > most ? text.prefix(most - 1) + "…" : text
  }
}
