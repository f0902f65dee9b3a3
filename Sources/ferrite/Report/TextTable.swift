/// Rows of text in columns, for people.
struct TextTable {
  enum Alignment {
    case left, right
  }

  private let alignments: [Alignment]
  private var rows: [[String]]

  init(_ columns: [(title: String, alignment: Alignment)]) {
    alignments = columns.map(\.alignment)
    rows = [columns.map(\.title)]
  }

  /// A cell for each column.
  mutating func add(_ cells: [String]) {
    precondition(cells.count == alignments.count, "a cell for each column")
    rows.append(cells)
  }

  /// The title, then the rows, each ended by a line feed; two blanks between columns.
  var text: String {
    let widths = alignments.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    var text = ""
    for row in rows {
      var line = ""
      for (column, cell) in row.enumerated() {
        let blanks = String(repeating: " ", count: widths[column] - cell.count)
        line += alignments[column] == .left ? cell + blanks : blanks + cell
        line += "  "
      }
      while line.last == " " { line.removeLast() }
      text += line + "\n"
    }
    return text
  }
}
