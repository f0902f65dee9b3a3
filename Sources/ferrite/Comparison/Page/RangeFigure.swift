/// How each tensor's values lie in its format's range: a row of cells, shaded by their share, from zero by octaves up to the
/// top.
struct RangeFigure {
  let layers: [ComparisonReport.Layer]

  private static let (nameHeight, cellHeight, gap) = (15.0, 12.0, 5.0)
  /// A cell for zeros, then at most 16 octaves.
  private static let mostCells = 17

  var figure: Figure {
    let rowHeight = Self.nameHeight + Self.cellHeight + Self.gap
    return Figure(
      title: "Range",
      caption: """
        Share of a layer's values by magnitude: zeros, then octave by octave up to the top of the format on the right. Empty \
        octaves there are bits that nothing uses; much in the last one and values at a bound mean that range is lost.
        """,
      drawing: layers.enumerated().map { drawing($1, y: Double($0) * rowHeight) }.joined(),
      height: rowHeight * Double(layers.count),
      columns: ["layer", "format", "zeros"] + (0..<Self.mostCells - 1).map { "octave \($0) below the top" }
        + ["at the top", "at the bottom", "unused bits"],
      rows: layers.map(row))
  }

  private func drawing(_ layer: ComparisonReport.Layer, y: Double) -> String {
    let range = layer.counts.range
    let width = Figure.width / Double(Self.mostCells)
    let name = layer.name.briefLayerName
    var svg = SVG.text("\(name), \(layer.task.format)", x: 0, y: y + 11)
    // Aligned at the top of the formats, on the right.
    let octaves = range.octaves.enumerated().map { ("\($0) octaves below the top", $1) }
    let cells = [("zero", range.zeros)] + octaves.reversed()
    for (index, (title, count)) in cells.enumerated() {
      let share = range.share(count)
      svg += SVG.rectangle(
        x: Double(Self.mostCells - cells.count + index) * width, y: y + Self.nameHeight, width: width - 1,
        height: Self.cellHeight, class: index == 0 ? "reference" : "fixed", value: share,
        title: "\(name), \(title): \(share.percent)", opacity: share == 0 ? 0 : 0.08 + 0.92 * share.squareRoot())
    }
    return svg
  }

  private func row(_ layer: ComparisonReport.Layer) -> [String] {
    let range = layer.counts.range
    var octaves = range.octaves.map { range.share($0).percent }
    octaves += Array(repeating: "", count: max(Self.mostCells - 1 - octaves.count, 0))
    return [layer.name.briefLayerName, layer.task.format, range.share(range.zeros).percent] + octaves
      + [range.share(range.high).percent, range.share(range.low).percent, range.unusedBits.map(String.init) ?? "all"]
  }
}
