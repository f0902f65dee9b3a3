import Exporter
import Glibc

/// The front of a search as an SVG file of its own: how far the answers diverge over what a model costs.
struct FrontFigure {
  let report: SearchReport

  private static let (left, top, width, height) = (58.0, 46.0, 460.0, 300.0)
  private static let (side, below) = (22.0, 62.0)

  // Plain colours, since not every viewer of SVG files knows variables.
  private static let style = """
    svg { font-family: system-ui, sans-serif } .paper { fill: #fff }
    text { font-size: 11px; fill: #1b1d21 } .small { font-size: 9.5px } .title { font-size: 13px }
    .fixed { fill: #0072b2 } .reference { fill: #d55e00 } .front { stroke: #0072b2; stroke-width: 1.5 }
    .chosen { fill: none; stroke: #1b1d21; stroke-width: 1.5 } .budget { stroke: #1b1d21; stroke-dasharray: 4 3 }
    .grid { stroke: #8886; stroke-width: .5 } .axis { stroke: #1b1d21 }
    @media (prefers-color-scheme: dark) {
    .paper { fill: #16181c } text { fill: #e8e8e8 } .fixed { fill: #56b4e9 } .reference { fill: #e69f00 }
    .front { stroke: #56b4e9 } .chosen, .budget, .axis { stroke: #e8e8e8 } }
    """

  var svg: String {
    let (width, height) = (Self.left + Self.width + Self.side, Self.top + Self.height + Self.below)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width.decimals(0)) \(height.decimals(0))" role="img">
      <title>Widths for \(report.network.escapedForXML)</title>
      <style>\(Self.style)</style>
      <rect width="100%" height="100%" class="paper"/>
      \(heading)\(axes)\(front)\(marks)</svg>

      """
  }

  // MARK: Scales

  private var costs: ClosedRange<Double> {
    let costs = report.points.map { Double($0.cost) }
    let (least, most) = (costs.min()!, costs.max()!)
    let margin = max((most - least) * 0.05, 1)
    return max(least - margin, 0)...most + margin
  }

  /// Whole powers of ten.
  private var decades: ClosedRange<Int> {
    let logarithms = report.points.map { Self.logarithm($0.fidelity.divergence) }
    let least = Int(logarithms.min()!.rounded(.down))
    return least...max(Int(logarithms.max()!.rounded(.up)), least + 1)
  }

  /// Of what can't be told from nothing, that of 10^-9.
  private static func logarithm(_ divergence: Double) -> Double { log10(max(divergence, 1e-9)) }

  private func x(_ cost: Double) -> Double {
    Self.left + (cost - costs.lowerBound) / (costs.upperBound - costs.lowerBound) * Self.width
  }

  private func y(_ logarithm: Double) -> Double {
    Self.top + (Double(decades.upperBound) - logarithm) / Double(decades.count - 1) * Self.height
  }

  private func place(_ point: SearchPoint) -> (x: Double, y: Double) {
    (x(Double(point.cost)), y(Self.logarithm(point.fidelity.divergence)))
  }

  // MARK: Parts

  private var heading: String {
    func key(_ name: String, _ text: String, x: Double) -> String {
      "<rect x=\"\(x.decimals(0))\" y=\"25\" width=\"8\" height=\"8\" class=\"\(name)\"/>\n"
        + SVG.text(text, x: x + 12, y: 33, class: "small")
    }
    return SVG.text("Widths for \(report.network): \(report.budget.text)", x: Self.left, y: 16, class: "title")
      + key("fixed", "found by the search", x: Self.left)
      + key("reference", "the same bits everywhere", x: Self.left + 115)
      + SVG.text("line: the front; circle: chosen", x: Self.left + 265, y: 33, class: "small")
  }

  private var axes: String {
    var svg = ""
    for decade in decades {
      let height = y(Double(decade))
      svg += SVG.line(from: (Self.left, height), to: (Self.left + Self.width, height), class: "grid")
      svg += SVG.text("1e\(decade)", x: Self.left - 6, y: height + 3, anchor: .end, class: "small")
    }
    let floor = Self.top + Self.height
    let (scale, unit) =
      report.budget.core != nil ? (1e6, "million modelled cycles a frame") : (1024.0, "KiB of model file")
    for part in 0...4 {
      let cost = costs.lowerBound + (costs.upperBound - costs.lowerBound) * Double(part) / 4
      svg += SVG.line(from: (x(cost), floor), to: (x(cost), floor + 4), class: "axis")
      svg += SVG.text((cost / scale).decimals(1), x: x(cost), y: floor + 16, anchor: .middle, class: "small")
    }
    svg += SVG.line(from: (Self.left, floor), to: (Self.left + Self.width, floor), class: "axis")
    svg += SVG.line(from: (Self.left, Self.top), to: (Self.left, floor), class: "axis")
    if let limit = report.budget.limit, costs ~= Double(limit) {
      svg += SVG.line(from: (x(Double(limit)), Self.top), to: (x(Double(limit)), floor), class: "budget")
    }
    return svg + SVG.text(unit, x: Self.left + Self.width / 2, y: floor + 34, anchor: .middle)
      + SVG.text(
        "Up: divergence of the probabilities from the float network's, nats, on \(report.reference.count.grouped) pictures",
        x: Self.left, y: floor + 52, class: "small")
  }

  private var front: String {
    let places = report.result.front.map(place)
    return zip(places, places.dropFirst()).map { SVG.line(from: $0, to: $1, class: "front") }.joined()
  }

  private var marks: String {
    var svg = ""
    for point in report.points {
      let at = place(point)
      let isUniform = point.uniformBits != nil
      svg += SVG.rectangle(
        x: at.x - 3.5, y: at.y - 3.5, width: 7, height: 7, class: isUniform ? "reference" : "fixed",
        value: point.fidelity.divergence,
        title: "\(point.meanWeightBits.decimals(2)) bits a weight, \(point.bytes.grouped) bytes: "
          + "\(report.loss(point).decimals(2)) points lost, the same class on \(point.fidelity.agreement.percent)")
      if let bits = point.uniformBits { svg += SVG.text("\(bits)", x: at.x + 6, y: at.y - 4, class: "small") }
      if point == report.result.chosen {
        svg += "<circle cx=\"\(at.x.decimals(1))\" cy=\"\(at.y.decimals(1))\" r=\"9\" class=\"chosen\"/>\n"
      }
    }
    return svg
  }
}
