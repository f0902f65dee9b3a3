/// A point of the upright face: x to the right, y down, the drawing's square being -1...1 on both axes.
struct Point {
  var x: Double
  var y: Double
}

// Each shape gives the signed distance of a point to its outline: negative inside, in the units of the face. Ellipses and
// curves give a first-order approximation, exact on the outline, which is where it decides a pixel's coverage.

/// An axis-aligned ellipse.
struct Ellipse {
  var centre: Point
  var radii: Point

  func distance(_ p: Point) -> Double {
    let x = (p.x - centre.x) / radii.x
    let y = (p.y - centre.y) / radii.y
    let norm = (x * x + y * y).squareRoot()
    let gradientX = x / radii.x
    let gradientY = y / radii.y
    let gradient = (gradientX * gradientX + gradientY * gradientY).squareRoot()
    // At the centre the gradient vanishes; anything well inside will do.
    return gradient > 1e-9 ? norm * (norm - 1) / gradient : -min(radii.x, radii.y)
  }
}

/// A rectangle with rounded corners, given by its half extents.
struct RoundedBox {
  var centre: Point
  var half: Point
  var radius: Double

  func distance(_ p: Point) -> Double {
    let x = abs(p.x - centre.x) - half.x + radius
    let y = abs(p.y - centre.y) - half.y + radius
    let outsideX = max(x, 0)
    let outsideY = max(y, 0)
    return (outsideX * outsideX + outsideY * outsideY).squareRoot() + min(max(x, y), 0) - radius
  }
}

/// A brush stroke along `y = centre.y + slope x + bend x^2`, for x within `halfWidth` of the centre, with round ends.
/// Its half thickness runs from `start` at the left end to `end` at the right one.
struct Stroke {
  var centre: Point
  var halfWidth: Double
  var slope = 0.0
  var bend = 0.0
  var start: Double
  var end: Double

  func distance(_ p: Point) -> Double {
    let offset = p.x - centre.x
    let x = min(max(offset, -halfWidth), halfWidth)
    let overshoot = offset - x
    let tangent = slope + 2 * bend * x
    let rise = p.y - centre.y - (slope + bend * x) * x
    let thickness = start + (end - start) * (x / halfWidth + 1) / 2
    return (overshoot * overshoot + rise * rise / (1 + tangent * tangent)).squareRoot() - thickness
  }
}

/// The union of two shapes, its seam rounded over a distance of about `radius`.
func smoothUnion(_ a: Double, _ b: Double, radius: Double) -> Double {
  let mix = max(radius - abs(a - b), 0) / radius
  return min(a, b) - mix * mix * radius / 4
}

/// 0 below `low`, 1 above `high`, and a smooth cubic between.
func smoothStep(_ low: Double, _ high: Double, _ x: Double) -> Double {
  let t = min(max((x - low) / (high - low), 0), 1)
  return t * t * (3 - 2 * t)
}

/// A point between `a` (at 0) and `b` (at 1), or beyond.
func blend(_ a: Double, _ b: Double, _ t: Double) -> Double {
  a + (b - a) * t
}
