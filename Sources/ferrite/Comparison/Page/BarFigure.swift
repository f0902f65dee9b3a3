/// Horizontal bars, each entry's name above its bars.
struct BarFigure {
  struct Bar {
    /// What the bar stands for; nil draws none.
    var value: Double?
    var text: String
    var isReference = false
  }

  private static let nameHeight = 15.0
  private static let barHeight = 12.0
  private static let textWidth = 62.0

  let title: String
  var caption = ""
  /// The value of the longest possible bar; greater ones are cut off.
  let greatest: Double
  let columns: [String]
  let entries: [(name: String, cells: [String], bars: [Bar])]

  var figure: Figure {
    let most = Figure.width - Self.textWidth
    var svg = ""
    var y = 0.0
    for entry in entries {
      svg += SVG.text(entry.name, x: 0, y: y + 11)
      y += Self.nameHeight
      for bar in entry.bars {
        let value = min(max(bar.value ?? 0, 0), greatest)
        if let exact = bar.value {
          svg += SVG.rectangle(
            x: 0, y: y, width: value / greatest * most, height: Self.barHeight - 2,
            class: bar.isReference ? "reference" : "fixed", value: exact, title: "\(entry.name): \(bar.text)")
        }
        svg += SVG.text(bar.text, x: value / greatest * most + 4, y: y + 9, class: "small")
        y += Self.barHeight
      }
      y += 5
    }
    return Figure(
      title: title, caption: caption, drawing: svg, height: y, columns: columns,
      rows: entries.map { [$0.name] + $0.cells })
  }
}
