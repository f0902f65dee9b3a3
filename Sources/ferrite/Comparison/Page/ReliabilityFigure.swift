/// How often the answers are right, over how sure they are; on the diagonal the two are the same.
struct ReliabilityFigure {
  let sides: [(name: String, side: Comparison.Side)]

  private static let (left, top, size) = (34.0, 8.0, 292.0)

  var figure: Figure {
    let errors = sides.map { "\($0.name) \($0.side.reliability.expectedError.percent)" }.joined(separator: ", ")
    return Figure(
      title: "Reliability",
      caption: "Share of right answers over their probability, in 15 bins. Expected calibration error: \(errors).",
      drawing: drawing, height: Self.top + Self.size + 34,
      columns: ["probability"] + sides.flatMap { ["\($0.name) pictures", "mean probability", "right"] }, rows: rows)
  }

  private var rows: [[String]] {
    (0..<Reliability.binCount).map { index in
      let bounds = Reliability.bounds(ofBin: index)
      return ["\(bounds.lowerBound.decimals(3)) to \(bounds.upperBound.decimals(3))"]
        + sides.flatMap { _, side in
          let bin = side.reliability.bins[index]
          return ["\(bin.pictures)", bin.meanConfidence?.decimals(3) ?? "", bin.accuracy?.percent ?? ""]
        }
    }
  }

  private func place(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    (Self.left + x * Self.size, Self.top + (1 - y) * Self.size)
  }

  private var drawing: String {
    var svg = ""
    for tick in [0, 0.25, 0.5, 0.75, 1] {
      svg += SVG.line(from: place(tick, 0), to: place(tick, 1), class: "grid")
      svg += SVG.line(from: place(0, tick), to: place(1, tick), class: "grid")
      let (below, beside) = (place(tick, 0), place(0, tick))
      svg += SVG.text(tick.decimals(2), x: below.x, y: below.y + 14, anchor: .middle, class: "small")
      svg += SVG.text(tick.decimals(2), x: beside.x - 5, y: beside.y + 3, anchor: .end, class: "small")
    }
    svg += SVG.line(from: place(0, 0), to: place(1, 1), class: "axis")
    svg += SVG.text(
      "probability of the answer", x: Self.left + Self.size / 2, y: Self.top + Self.size + 30, anchor: .middle,
      class: "small")
    for (index, (name, side)) in sides.enumerated() {
      for bin in side.reliability.bins {
        guard let confidence = bin.meanConfidence, let accuracy = bin.accuracy else { continue }
        let at = place(confidence, accuracy)
        let (size, title) = (index == 0 ? 9.0 : 6.0, "\(name), \(bin.pictures) pictures: \(accuracy.percent) right")
        // The reference as a large square below the other's small one: both are seen where they meet.
        svg += SVG.rectangle(
          x: at.x - size / 2, y: at.y - size / 2, width: size, height: size, class: index == 0 ? "reference" : "fixed",
          value: accuracy, title: title)
      }
    }
    return svg
  }
}
