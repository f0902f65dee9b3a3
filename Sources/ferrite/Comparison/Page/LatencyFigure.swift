/// How long the fixed-point model took for a picture.
struct LatencyFigure {
  let latency: LatencyHistogram

  private static let (top, height) = (8.0, 150.0)

  var figure: Figure {
    let bins = latency.bins
    return Figure(
      title: "Time per picture, µs",
      caption: """
        The fixed-point model's, while the comparison was at work on all its threads: \
        median \(latency.microseconds(permille: 500).decimals(0)), p99 \(latency.microseconds(permille: 990).decimals(0)). \
        ferrite bench times frames by themselves.
        """,
      drawing: drawing(bins), height: Self.top + Self.height + 20, columns: ["from µs", "to µs", "pictures"],
      rows: bins.map { [$0.from.decimals(1), $0.to.decimals(1), "\($0.count)"] })
  }

  private func drawing(_ bins: [LatencyHistogram.Bin]) -> String {
    guard let first = bins.first, let last = bins.last else { return "" }
    let greatest = Double(bins.reduce(1) { max($0, $1.count) })
    let step = Figure.width / Double(bins.count)
    let floor = Self.top + Self.height
    var svg = SVG.line(from: (0, floor), to: (Figure.width, floor), class: "axis")
    for (index, bin) in bins.enumerated() {
      let height = Double(bin.count) / greatest * Self.height
      svg += SVG.rectangle(
        x: Double(index) * step, y: floor - height, width: step * 0.9, height: height, class: "fixed",
        value: Double(bin.count), title: "\(bin.from.decimals(1)) to \(bin.to.decimals(1)) µs: \(bin.count)")
    }
    return svg + SVG.text(first.from.decimals(0), x: 0, y: floor + 14, class: "small")
      + SVG.text(last.to.decimals(0), x: Figure.width, y: floor + 14, anchor: .end, class: "small")
  }
}
