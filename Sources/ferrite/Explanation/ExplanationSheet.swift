import ImageData

/// Explanations as one picture: a row for each, with the picture, its occlusion map, the samplers' windows on it and what
/// each sampler saw.
struct ExplanationSheet {
  /// Panels are whole multiples of the picture, at least this wide where a picture is smaller.
  private static let panelWidth = 192
  private static let margin = 8

  private let extent: ImageExtent
  private let zoom: Int
  private let columns: Int
  private var canvas: Canvas

  /// Requires at least one explanation, all of pictures of one size by one model.
  static func draw(_ explanations: [Explanation]) -> PixelImage {
    var sheet = ExplanationSheet(explanations[0], rows: explanations.count)
    for (row, explanation) in explanations.enumerated() { sheet.draw(explanation, row: row) }
    return sheet.canvas.image
  }

  private init(_ first: Explanation, rows: Int) {
    extent = first.image.extent
    zoom = max(1, (Self.panelWidth + extent.width - 1) / extent.width)
    columns = 2 + (first.samplers.isEmpty ? 0 : 1 + first.samplers.count)
    canvas = Canvas(
      width: columns * (extent.width * zoom + Self.margin) + Self.margin,
      height: rows * (extent.height * zoom + Self.margin) + Self.margin)
  }

  private mutating func draw(_ explanation: Explanation, row: Int) {
    let image = explanation.image
    let extent = extent
    fill(row, 0) { x, y in image.color(x, y) }
    let map = explanation.occlusion
    // The greatest change has the full colour; 1 in 1000 and less is no change at all.
    let greatest = map.covered.reduce(0.001) { max($0, ($1 - map.probability).magnitude) }
    fill(row, 1) { x, y in
      let change = (map.covered[y * map.width + x] - map.probability) / greatest
      let grey = image.color(x, y).mixed(with: .white, share: 0.3)
      return grey.mixed(with: change < 0 ? .vermillion : .blue, share: 0.85 * change.magnitude)
    }
    guard !explanation.samplers.isEmpty else { return }
    fill(row, 2) { x, y in image.color(x, y) }
    for (index, sampler) in explanation.samplers.enumerated() {
      outline(sampler.corners, row: row, color: index == 0 ? .vermillion : .blue)
      let (least, span) = sampler.range
      fill(row, 3 + index) { x, y in
        let place = y * sampler.height / extent.height * sampler.width + x * sampler.width / extent.width
        let grey = UInt8(((sampler.sampled[place] - least) / span * 255).rounded())
        return Color(red: grey, green: grey, blue: grey)
      }
    }
  }

  private func origin(_ row: Int, _ column: Int) -> (x: Int, y: Int) {
    (
      Self.margin + column * (extent.width * zoom + Self.margin),
      Self.margin + row * (extent.height * zoom + Self.margin)
    )
  }

  /// One panel, `zoom` pixels wide and high for each of the picture's.
  private mutating func fill(_ row: Int, _ column: Int, _ color: (_ x: Int, _ y: Int) -> Color) {
    let corner = origin(row, column)
    for y in 0..<extent.height {
      for x in 0..<extent.width {
        canvas.fill(x: corner.x + x * zoom, y: corner.y + y * zoom, width: zoom, height: zoom, color(x, y))
      }
    }
  }

  /// A sampler's window on the third panel.
  private mutating func outline(_ corners: [SamplerView.Point], row: Int, color: Color) {
    let corner = origin(row, 2)
    let clip = (
      x: corner.x..<corner.x + extent.width * zoom, y: corner.y..<corner.y + extent.height * zoom
    )
    let points = corners.map {
      SamplerView.Point(x: Double(corner.x) + $0.x * Double(zoom), y: Double(corner.y) + $0.y * Double(zoom))
    }
    for index in points.indices {
      canvas.line(
        from: points[index], to: points[(index + 1) % points.count], color, thickness: max(2, zoom / 2), clip: clip)
    }
  }
}

extension PixelImage {
  func color(_ x: Int, _ y: Int) -> Color {
    let start = (y * extent.width + x) * extent.channels
    let green = extent.channels == 3 ? 1 : 0
    return Color(red: pixels[start], green: pixels[start + green], blue: pixels[start + 2 * green])
  }
}

extension SamplerView {
  /// The least sampled value, and how far the greatest lies above it; 1 if they are all the same.
  fileprivate var range: (least: Double, span: Double) {
    let least = sampled.min() ?? 0
    let span = (sampled.max() ?? 0) - least
    return (least, span > 0 ? span : 1)
  }
}
