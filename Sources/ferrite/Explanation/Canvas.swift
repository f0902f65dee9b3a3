import ImageData

/// A colour of 8 bits a component.
struct Color: Equatable, Sendable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  static let white = Color(red: 255, green: 255, blue: 255)
  static let black = Color(red: 0, green: 0, blue: 0)
  // Three colours of Okabe and Ito's palette, which people with any colour vision tell apart.
  static let vermillion = Color(red: 213, green: 94, blue: 0)
  static let blue = Color(red: 0, green: 114, blue: 178)
  static let green = Color(red: 0, green: 158, blue: 115)

  /// `share` (0...1) of `other` and the rest of this.
  func mixed(with other: Color, share: Double) -> Color {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 { UInt8((Double(a) + (Double(b) - Double(a)) * share).rounded()) }
    return Color(red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
  }
}

/// A picture that is drawn on, white at first.
struct Canvas {
  let width: Int
  let height: Int
  private var pixels: [UInt8]

  init(width: Int, height: Int) {
    self.width = width
    self.height = height
    pixels = [UInt8](repeating: 255, count: width * height * 3)
  }

  var image: PixelImage {
    PixelImage(extent: ImageExtent(width: width, height: height, channels: 3), pixels: pixels)
  }

  /// Places outside are ignored.
  subscript(x: Int, y: Int) -> Color {
    get {
      let start = (y * width + x) * 3
      return Color(red: pixels[start], green: pixels[start + 1], blue: pixels[start + 2])
    }
    set {
      guard 0..<width ~= x, 0..<height ~= y else { return }
      let start = (y * width + x) * 3
      (pixels[start], pixels[start + 1], pixels[start + 2]) = (newValue.red, newValue.green, newValue.blue)
    }
  }

  /// A picture of one channel or three from its upper left corner on, `zoom` pixels wide and high for each of its own.
  mutating func draw(_ image: PixelImage, x: Int, y: Int, zoom: Int) {
    for row in 0..<image.extent.height {
      for column in 0..<image.extent.width {
        fill(x: x + column * zoom, y: y + row * zoom, width: zoom, height: zoom, image.color(column, row))
      }
    }
  }

  mutating func fill(x: Int, y: Int, width: Int, height: Int, _ color: Color) {
    for row in y..<y + height {
      for column in x..<x + width { self[column, row] = color }
    }
  }

  /// A line `thickness` pixels wide, kept inside `clip`.
  mutating func line(
    from a: SamplerView.Point, to b: SamplerView.Point, _ color: Color, thickness: Int,
    clip: (x: Range<Int>, y: Range<Int>)
  ) {
    // Ends far outside are no more steps than a line across the canvas needs: what lies beyond isn't drawn.
    let steps = min(max((b.x - a.x).magnitude, (b.y - a.y).magnitude), Double(64 * max(width, height))).rounded(.up)
    guard steps.isFinite, steps >= 1 else { return }
    for step in 0...Int(steps) {
      let share = Double(step) / steps
      let (x, y) = (a.x + (b.x - a.x) * share, a.y + (b.y - a.y) * share)
      guard x.magnitude < 1e6, y.magnitude < 1e6 else { continue }
      for dy in 0..<thickness {
        for dx in 0..<thickness {
          let (column, row) = (Int(x) - thickness / 2 + dx, Int(y) - thickness / 2 + dy)
          if clip.x ~= column, clip.y ~= row { self[column, row] = color }
        }
      }
    }
  }
}
