/// A drawing on a page with the table of what it shows behind it.
struct Figure {
  /// Width of every drawing in its own units: readable on a phone without shrinking.
  static let width = 340.0

  var title: String
  var caption = ""
  /// SVG elements; nil shows the table alone.
  var drawing: String?
  var height = 0.0
  var columns: [String]
  var rows: [[String]]

  var html: String {
    let table = "<div class=\"wide\">\(HTML.table(columns, rows))</div>"
    let body: String
    if let drawing {
      body = """
        <svg viewBox="0 0 \(Int(Self.width)) \(height.decimals(0))" role="img" aria-label="\(title.escapedForXML)">
        \(drawing)</svg>
        <details><summary>Table</summary>\(table)</details>
        """
    } else {
      body = table
    }
    let text = caption.isEmpty ? "" : "<p>\(caption.escapedForXML)</p>"
    return "<figure><h3>\(title.escapedForXML)</h3>\(text)\n\(body)\n</figure>\n"
  }
}

/// Pieces of HTML.
enum HTML {
  static func table(_ titles: [String], _ rows: [[String]]) -> String {
    var html = "<table><tr>" + titles.map { "<th>\($0.escapedForXML)</th>" }.joined() + "</tr>"
    for row in rows { html += "<tr>" + row.map { "<td>\($0.escapedForXML)</td>" }.joined() + "</tr>\n" }
    return html + "</table>"
  }
}

/// Pieces of SVG. Colours are classes of the page's style sheet, which knows a light and a dark set of them.
///
/// What stands for a number carries it: `data-value` is the number as `--json` prints it, so that a drawing can be checked.
enum SVG {
  enum Anchor: String { case start, middle, end }

  static func text(_ text: String, x: Double, y: Double, anchor: Anchor = .start, class name: String = "") -> String {
    let style = name.isEmpty ? "" : " class=\"\(name)\""
    return """
      <text x="\(x.decimals(1))" y="\(y.decimals(1))" text-anchor="\(anchor.rawValue)"\(style)>\(text.escapedForXML)</text>

      """
  }

  static func line(from a: (x: Double, y: Double), to b: (x: Double, y: Double), class name: String) -> String {
    """
    <line x1="\(a.x.decimals(1))" y1="\(a.y.decimals(1))" x2="\(b.x.decimals(1))" y2="\(b.y.decimals(1))" class="\(name)"/>

    """
  }

  /// - Parameter opacity: 0...1.
  static func rectangle(
    x: Double, y: Double, width: Double, height: Double, class name: String, value: Double, title: String,
    opacity: Double = 1
  ) -> String {
    """
    <rect x="\(x.decimals(1))" y="\(y.decimals(1))" width="\(max(width, 0).decimals(3))" \
    height="\(max(height, 0).decimals(3))" class="\(name)" fill-opacity="\(opacity.decimals(3))" \
    data-value="\(JSON.number(value))"><title>\(title.escapedForXML)</title></rect>

    """
  }
}
