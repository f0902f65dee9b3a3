import EdgeRuntime

/// The arena over a frame's operations: each buffer stands over the operations that need it, at the bytes that it holds.
struct MemoryPlanDrawing {
  let report: ModelReport

  private var operations: Int { report.layers.count }

  /// A column for each operation, `#` where the buffer is needed.
  func bar(_ buffer: ModelReport.Buffer) -> String {
    String((0..<operations).map { buffer.live.contains($0) ? "#" : "." })
  }

  /// An SVG of 24 pixels an operation and 480 for the arena, with the workspace of each operation in grey.
  var svg: String {
    let (column, height, left, top) = (24.0, 480.0, 80.0, 24.0)
    let width = left + Double(operations) * column + 16
    let scale = height / Double(max(report.model.file.arenaBytes, 1))
    func place(_ bytes: Int) -> String { (top + Double(bytes) * scale).decimals(1) }
    func rectangle(_ live: ClosedRange<Int>, _ offset: Int, _ bytes: Int, _ fill: String, _ title: String) -> String {
      """
      <rect x="\((left + Double(live.lowerBound) * column + 0.5).decimals(1))" y="\(place(offset))" \
      width="\((Double(live.count) * column - 1).decimals(1))" height="\(max(1, Double(bytes) * scale - 0.5).decimals(1))" \
      fill="\(fill)"><title>\(title.escapedForXML)</title></rect>

      """
    }
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width.decimals(0)) \((top + height + 48).decimals(0))" \
      font-family="sans-serif" font-size="11" role="img">
      <title>Arena of \(report.model.path.escapedForXML): \(report.model.file.arenaBytes.grouped) bytes</title>
      <rect width="100%" height="100%" fill="#ffffff"/>

      """
    for (index, layer) in report.layers.enumerated() where layer.workspaceBytes > 0 {
      svg += rectangle(
        index...index, report.model.file.workspaceOffset, layer.workspaceBytes, "#c8c8c8",
        "workspace of \(layer.name): \(layer.workspaceBytes.grouped) bytes")
    }
    // Okabe and Ito's colours in turn, so that neighbours differ for any eye.
    let colors = ["#0072b2", "#d55e00", "#009e73", "#e69f00", "#56b4e9", "#cc79a7"]
    for (index, buffer) in report.buffers.enumerated() {
      svg += rectangle(
        buffer.live, buffer.record.arenaOffset, buffer.record.bytes, colors[index % colors.count],
        "\(buffer.name): \(buffer.record.bytes.grouped) bytes, operations \(buffer.live.lowerBound) to "
          + "\(buffer.live.upperBound)")
    }
    for index in 0..<operations {
      svg += """
        <text x="\((left + (Double(index) + 0.5) * column).decimals(1))" y="\((top + height + 14).decimals(1))" \
        text-anchor="middle">\(index)<title>\(report.layers[index].name.escapedForXML)</title></text>

        """
    }
    for bytes in [0, report.model.file.workspaceOffset, report.model.file.arenaBytes] {
      svg += "<text x=\"\(left - 6)\" y=\"\(place(bytes))\" text-anchor=\"end\">\(bytes.grouped)</text>\n"
    }
    return svg + """
      <text x="\(left)" y="\((top + height + 36).decimals(1))">operation (colour: a buffer; grey: an operation's workspace)</text>
      </svg>

      """
  }
}

extension ModelReport.Buffer {
  /// The operations that need the buffer.
  var live: ClosedRange<Int> { record.firstOperation...max(record.firstOperation, record.lastOperation) }
}
