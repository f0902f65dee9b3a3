import DrawnFaces
import EdgeRuntime
import FoundationEssentials
import ImageData

/// A comparison as one HTML page that needs no other file: accuracy, confusion, layers, and the pictures that flip.
struct ComparisonPage {
  /// Flips that are shown with their picture; the rest are counted.
  static let maximumFlips = 200

  let report: ComparisonReport
  /// The float network's path.
  let network: String
  /// Pictures of the first flips, in their order; 8-bit grey or RGB.
  let pictures: [PixelImage]

  private var comparison: Comparison { report.comparison }
  private var labels: [String] { report.model.labels }

  var html: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <meta charset="utf-8">
    <title>\(escaped(report.model.path)) against float</title>
    <style>\(style)</style>
    <h1>Float against fixed point</h1>
    <p>\(escaped(network)) and \(escaped(report.model.path)), digest \
    <code>\(report.model.file.digest.hexadecimal)</code></p>
    \(summary)
    <h2>Classes</h2>
    \(classes)
    <h2>Confusion</h2>
    <p>Rows are true classes, columns predicted ones; the shade is the share of the row.</p>
    <div class="pair">\(confusion("float", comparison.float))\(confusion("fixed", comparison.fixed))</div>
    <h2>Layers</h2>
    <p>Signal to quantisation noise at each layer's output: 6 dB are one bit.</p>
    \(layers)
    <h2>Flips</h2>
    \(flips)
    </html>

    """
  }

  private var style: String {
    """
    :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
    body { max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
    table { border-collapse: collapse; margin: .5rem 0 }
    th, td { padding: .2rem .7rem; text-align: right; border-bottom: 1px solid #8884 }
    th:first-child, td:first-child, .text td { text-align: left }
    .pair { display: flex; flex-wrap: wrap; gap: 2rem }
    .bar { background: #36c; height: .8rem; display: inline-block }
    img { image-rendering: pixelated; width: 96px }
    .flips { display: flex; flex-wrap: wrap; gap: 1rem }
    figure { margin: 0; width: 10rem; font-size: 85%; overflow-wrap: anywhere }
    """
  }

  // MARK: Parts

  private var summary: String {
    let rows = [("float", comparison.float), ("fixed", comparison.fixed)].map { name, matrix in
      let interval = wilsonInterval(successes: matrix.correct, trials: matrix.total)
      return [
        name, matrix.accuracy.percent, "\(interval.lowerBound.percent) to \(interval.upperBound.percent)",
        matrix.correct.grouped,
      ]
    }
    return table(["", "accuracy", "95 % interval", "right"], rows) + """
      <p>\(comparison.samples.grouped) pictures; the same class on \(comparison.agreement.percent). \
      \(comparison.flips.count) flips: float alone is right on \(comparison.onlyFloatRight), fixed alone on \
      \(comparison.onlyFixedRight); McNemar's exact \(escaped(comparison.mcnemarText)).</p>
      """
  }

  private var classes: String {
    let (float, fixed) = (comparison.float, comparison.fixed)
    let rows = labels.enumerated().map { index, label in
      [
        label, fixed.precision(index).decimals(3), fixed.recall(index).decimals(3), fixed.f1(index).decimals(3),
        float.precision(index).decimals(3), float.recall(index).decimals(3), float.f1(index).decimals(3),
      ]
    }
    return table(
      ["class", "fixed precision", "recall", "F1", "float precision", "recall", "F1"], rows)
  }

  private func confusion(_ name: String, _ matrix: ConfusionMatrix) -> String {
    var html = "<table><tr><th>\(name)</th>" + labels.map { "<th>\(escaped($0))</th>" }.joined() + "</tr>"
    for (label, row) in zip(labels, matrix.rows) {
      let total = max(row.reduce(0, +), 1)
      let cells = row.map { count in
        let share = (Double(count) / Double(total)).decimals(3)
        return "<td style=\"background: rgb(51 102 204 / \(share))\">\(count)</td>"
      }
      html += "<tr><td>\(escaped(label))</td>\(cells.joined())</tr>"
    }
    return html + "</table>"
  }

  private var layers: String {
    var html = "<table class=\"text\"><tr><th>layer</th><th>op</th><th>dB</th><th></th></tr>"
    for (index, noise) in comparison.noise.enumerated() {
      let record = report.model.file.operation(index)
      let decibels = noise.decibels
      // A perfect layer is as long as one of 80 dB.
      let width = Int(min(max(decibels ?? 0, 0), 80) * 4)
      html +=
        "<tr><td>\(escaped(report.model.name(record.name).briefLayerName))</td><td>\(record.operation.kind.name)</td>"
      html += "<td>\(decibels?.decimals(1) ?? "")</td>"
      html += "<td><span class=\"bar\" style=\"width: \(width)px\"></span></td></tr>"
    }
    return html + "</table>"
  }

  private var flips: String {
    if comparison.flips.isEmpty { return "<p>None.</p>" }
    let figures = zip(comparison.flips, pictures).map { flip, picture in
      """
      <figure><img alt="" src="\(dataURL(picture))">
      <figcaption>\(escaped(flip.id))<br>labelled \(escaped(labels[flip.label]))<br>float \
      \(escaped(labels[flip.float]))<br>fixed \(escaped(labels[flip.fixed]))</figcaption></figure>
      """
    }
    let rest = comparison.flips.count - figures.count
    return "<div class=\"flips\">\(figures.joined(separator: "\n"))</div>" + (rest > 0 ? "<p>\(rest) more.</p>" : "")
  }

  // MARK: HTML

  private func table(_ titles: [String], _ rows: [[String]]) -> String {
    var html = "<table><tr>" + titles.map { "<th>\(escaped($0))</th>" }.joined() + "</tr>"
    for row in rows { html += "<tr>" + row.map { "<td>\(escaped($0))</td>" }.joined() + "</tr>" }
    return html + "</table>"
  }

  /// A picture as a grey PNG inside the page.
  private func dataURL(_ picture: PixelImage) -> String {
    let grey = picture.extent.channels == 3 ? picture.luma() : picture
    let png = GreyImage.png(grey.pixels, width: grey.extent.width, height: grey.extent.height)
    return "data:image/png;base64," + Data(png).base64EncodedString()
  }

  private func escaped(_ text: String) -> String {
    var html = ""
    for character in text {
      switch character {
      case "&": html += "&amp;"
      case "<": html += "&lt;"
      case ">": html += "&gt;"
      case "\"": html += "&quot;"
      default: html.append(character)
      }
    }
    return html
  }
}
