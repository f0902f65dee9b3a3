import Exporter

/// A comparison as one HTML page that needs no other file and no script.
struct ComparisonPage {
  let report: ComparisonReport

  private var comparison: Comparison { report.comparison }
  private var task: ComparisonTask { report.task }
  private var labels: [String] { report.labels }
  private var reference: String { report.referenceName }

  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>\(task.model.path.escapedForXML) against \(task.reference.path.escapedForXML)</title>
    <style>\(Self.style)</style>
    </head>
    <body>
    <h1>\(task.kind == .float ? "Float against fixed point" : "Two fixed-point models")</h1>
    <p class="key"><span><i class="reference"></i>\(reference): \(task.reference.path.escapedForXML)</span>
    <span><i class="fixed"></i>fixed: \(task.model.path.escapedForXML)</span></p>
    \(summary)
    <h2>Classes</h2>
    <div class="figures">
    \(classFigure("Recall", of: { $0.recall($1) }))\(classFigure("Precision", of: { $0.precision($1) }))\
    \(classFigure("F1", of: { $0.f1($1) }))</div>
    <h2>Answers</h2>
    <div class="figures">
    \(confusion)\(ReliabilityFigure(sides: report.sides).figure.html)</div>
    <h2>Layers and time</h2>
    <div class="figures">
    \(report.layerFigure.html)\(RangeFigure(layers: report.tensors).figure.html)\
    \(LatencyFigure(latency: comparison.latency).figure.html)</div>
    \(whatIf)\
    <h2>Flips</h2>
    \(flips)
    <h2>To repeat this</h2>
    \(origin)
    </body>
    </html>

    """
  }

  private static let style = """
    :root { color-scheme: light dark; --paper: #fff; --ink: #1b1d21; --fixed: #0072b2; --reference: #d55e00; \
    --line: #8886; font: 15px/1.5 system-ui, sans-serif }
    @media (prefers-color-scheme: dark) {
    :root { --paper: #16181c; --ink: #e8e8e8; --fixed: #56b4e9; --reference: #e69f00 } }
    body { background: var(--paper); color: var(--ink); max-width: 76rem; margin: 1rem auto; padding: 0 1rem }
    p, li, td, figcaption { overflow-wrap: anywhere }
    table { border-collapse: collapse; margin: .5rem 0 }
    th, td { padding: .2rem .6rem; text-align: right; border-bottom: 1px solid var(--line) }
    td:first-child, th:first-child { text-align: left }
    td { font-variant-numeric: tabular-nums; overflow-wrap: normal }
    .wide { overflow-x: auto }
    .figures { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); gap: 1.5rem }
    figure { margin: 0; min-width: 0 }
    svg { width: 100%; max-width: 30rem; display: block }
    svg text { font-size: 11px; fill: var(--ink) }
    svg text.small { font-size: 9.5px }
    svg text.on { fill: var(--paper) }
    .fixed { fill: var(--fixed); background: var(--fixed) }
    .reference { fill: var(--reference); background: var(--reference) }
    .grid { stroke: var(--line); stroke-width: .5 }
    .axis { stroke: var(--ink); stroke-width: 1 }
    .key span { display: inline-block; margin-right: 1.5rem }
    .key i { display: inline-block; width: .8em; height: .8em; margin-right: .4em }
    .flips { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: 1rem; font-size: 85% }
    .flips img { image-rendering: pixelated; width: 96px; display: block }
    h3 { margin: .3rem 0 } figure p { margin: .3rem 0; font-size: 90% }
    """

  // MARK: Parts

  private var summary: String {
    let rows = report.sides.map { name, side in
      let matrix = side.confusion
      let interval = wilsonInterval(successes: matrix.correct, trials: matrix.total)
      return [
        name, matrix.accuracy.percent, "\(interval.lowerBound.percent) to \(interval.upperBound.percent)",
        matrix.correct.grouped,
      ]
    }
    let sentences = report.explanation.split(separator: "\n").map { "<li>\(String($0).escapedForXML)</li>" }.joined()
    return """
      <div class="wide">\(HTML.table(["", "accuracy", "95 % interval", "right"], rows))</div>
      <ul><li>\(comparison.samples.grouped) pictures; the same class on \(comparison.agreement.percent)</li>
      <li>\(comparison.flips.count) flips: \(reference) alone is right on \(comparison.lost.total), fixed alone on \
      \(comparison.gained.total); McNemar's exact \(report.mcnemarText.escapedForXML)</li>
      \(sentences)</ul>
      """
  }

  private func classFigure(_ name: String, of figure: (ConfusionMatrix, Int) -> Double) -> String {
    BarFigure(
      title: name, greatest: 1, columns: ["class"] + report.sides.map(\.name),
      entries: labels.enumerated().map { index, label in
        let bars = report.sides.enumerated().map { side, named in
          let value = figure(named.side.confusion, index)
          return BarFigure.Bar(value: value, text: value.decimals(3), isReference: side == 0)
        }
        return (label, bars.map(\.text), bars)
      }
    ).figure.html
  }

  private var confusion: String {
    report.sides.map { ConfusionFigure(name: $0.name, matrix: $0.side.confusion, labels: labels).figure.html }.joined()
  }

  private var whatIf: String {
    guard let figure = report.whatIfFigure else { return "" }
    return "<h2>What if</h2>\n<div class=\"figures\">\n\(figure.html)</div>\n"
  }

  private var flips: String {
    if comparison.flips.count == 0 { return "<p>None.</p>" }
    let shown = comparison.flips.told.filter { $0.picture != nil }
    let figures = shown.map { flip in
      """
      <figure><img alt="" src="data:image/png;base64,\(flip.picture ?? "")">
      <figcaption>\(flip.id.escapedForXML)<br>labelled \(labels[flip.label].escapedForXML)<br>\(reference) \
      \(labels[flip.reference].escapedForXML), by \(flip.referenceMargin.decimals(3))<br>fixed \
      \(labels[flip.fixed].escapedForXML), by \(flip.fixedMargin.decimals(3))</figcaption></figure>
      """
    }
    let rest = comparison.flips.count - shown.count
    return """
      <p>The margin is the distance of the answer's probability from the next.</p>
      <div class="flips">\(figures.joined(separator: "\n"))</div>
      """ + (rest > 0 ? "<p>\(rest.grouped) more.</p>" : "")
  }

  private var origin: String {
    let files =
      task.kind == .float
      ? "\(task.reference.path) \(task.model.path)" : "\(task.model.path) --against \(task.reference.path)"
    let limit = task.pictures < task.setPictures ? " --limit \(task.pictures)" : ""
    let whatIf = task.whatIf == nil ? "" : " --what-if"
    let usage = task.usage.map { " --usage \($0)" } ?? ""
    let command = "ferrite compare \(files) --data \(task.data)\(usage)\(limit)\(whatIf)"
    let rows = [
      ["reference", task.reference.path, task.reference.digest], ["fixed", task.model.path, task.model.digest],
      ["\(task.pictures.grouped) of \(task.setPictures.grouped) pictures", task.data, task.dataDigest],
      ["made by", exporterVersion, ""],
    ]
    return """
      <p><code>\(command.escapedForXML)</code></p>
      <div class="wide">\(HTML.table(["", "file", "BLAKE2b-256 (of pictures: of a selection)"], rows))</div>
      """
  }
}
