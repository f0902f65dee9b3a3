import Exporter
import Glibc

/// The front of a search as an SVG file of its own: how far the answers diverge over what a model costs.
struct FrontFigure {
  let report: SearchReport

  private static let (left, top, width, height) = (58.0, 46.0, 460.0, 300.0)
  private static let (side, below) = (22.0, 62.0)

  private static let style = """
    svg { --paper: #fff; --ink: #1b1d21; --fixed: #0072b2; --reference: #d55e00; --line: #8886; \
    background: var(--paper); font-family: system-ui, sans-serif }
    @media (prefers-color-scheme: dark) {
    svg { --paper: #16181c; --ink: #e8e8e8; --fixed: #56b4e9; --reference: #e69f00 } }
    text { font-size: 11px; fill: var(--ink) } .small { font-size: 9.5px } .title { font-size: 13px }
    .fixed { fill: var(--fixed) } .reference { fill: var(--reference) }
    .front { stroke: var(--fixed); stroke-width: 1.5 }
    .chosen { fill: none; stroke: var(--ink); stroke-width: 1.5 }
    .budget { stroke: var(--ink); stroke-dasharray: 4 3 }
    .grid { stroke: var(--line); stroke-width: .5 } .axis { stroke: var(--ink) }
    """

  var svg: String {
    let (width, height) = (Self.left + Self.width + Self.side, Self.top + Self.height + Self.below)
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width.decimals(0)) \(height.decimals(0))" role="img">
      <title>Widths for \(report.network.escapedForXML)</title>
      <style>\(Self.style)</style>
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
    SVG.text("Widths for \(report.network): \(report.budget.text)", x: Self.left, y: 16, class: "title")
      + SVG.rectangle(x: Self.left, y: 25, width: 8, height: 8, class: "fixed", value: 0, title: "the front")
      + SVG.text("measured front", x: Self.left + 12, y: 33, class: "small")
      + SVG.rectangle(
        x: Self.left + 100, y: 25, width: 8, height: 8, class: "reference", value: 0, title: "one width for all weights")
      + SVG.text("the same bits everywhere", x: Self.left + 112, y: 33, class: "small")
      + SVG.text("circle: chosen", x: Self.left + 250, y: 33, class: "small")
  }

  private var axes: String {
    var svg = ""
    for decade in decades {
      let height = y(Double(decade))
      svg += SVG.line(from: (Self.left, height), to: (Self.left + Self.width, height), class: "grid")
      svg += SVG.text("1e\(decade)", x: Self.left - 6, y: height + 3, anchor: .end, class: "small")
    }
    let floor = Self.top + Self.height
    let (scale, unit) = report.budget.isCycles ? (1e6, "million modelled cycles a frame") : (1024.0, "KiB of model file")
    for part in 0...4 {
      let cost = costs.lowerBound + (costs.upperBound - costs.lowerBound) * Double(part) / 4
      svg += SVG.line(from: (x(cost), floor), to: (x(cost), floor + 4), class: "axis")
      svg += SVG.text((cost / scale).decimals(1), x: x(cost), y: floor + 16, anchor: .middle, class: "small")
    }
    svg += SVG.line(from: (Self.left, floor), to: (Self.left + Self.width, floor), class: "axis")
    svg += SVG.line(from: (Self.left, Self.top), to: (Self.left, floor), class: "axis")
    if let limit = report.budget.cost, costs ~= Double(limit) {
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

extension SearchBudget {
  /// On the axis of costs; nil for a loss.
  fileprivate var cost: Int? {
    switch self {
    case .bytes(let bytes): bytes
    case .cycles(let cycles, _): cycles
    case .loss: nil
    }
  }
}
