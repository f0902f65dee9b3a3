/// Eyes, brows, tears and glasses. Both sides are computed as the right one, mirrored.
struct Eyes {
  private let identity: Identity
  private let features: Features
  private let upper: Double
  private let lower: Double
  private let brow: Stroke

  init(_ identity: Identity, _ features: Features) {
    self.identity = identity
    self.features = features
    let width = identity.eyeWidth
    upper = max(features.upperLid, 0.05) * width * 0.86
    // A negative lower lid is pushed above the middle by the cheek: an eye shut by laughter.
    lower = features.lowerLid * width * 0.62
    let tilt = features.browTilt
    brow = Stroke(
      centre: Point(
        x: identity.eyeSpacing - features.browPinch,
        y: identity.eyeHeight - 0.235 - features.browHeight - features.browArch / 2),
      halfWidth: identity.browWidth, slope: -tilt,
      bend: features.browArch / (identity.browWidth * identity.browWidth),
      start: identity.browThickness * 1.15, end: identity.browThickness * 0.7)
  }

  /// The point as the right eye sees it: x outwards from the nose, from the eye's centre.
  private func mirrored(_ p: Point) -> Point {
    Point(x: abs(p.x), y: p.y)
  }

  func paint(skin: Double, ink: Double, _ p: Point, on dab: inout Dab) {
    let q = mirrored(p)
    let width = identity.eyeWidth
    let x = q.x - identity.eyeSpacing
    let y = q.y - identity.eyeHeight
    paintCheeks(skin: skin, q, on: &dab)
    if abs(x) > width * 1.5 || abs(y) > width * 2 { return }

    // Lids are parabolas through the corners of the eye.
    let n = min(max(x / width, -1), 1)
    let arc = 1 - n * n
    let tilt = features.lidTilt * 0.3 * x
    let upperEdge = tilt - upper * arc
    let lowerEdge = tilt + lower * arc
    let upperSlope = 1 / (1 + square(2 * upper * n / width)).squareRoot()
    let lowerSlope = 1 / (1 + square(2 * lower * n / width)).squareRoot()
    let sides = abs(x) - width
    let opening = max(max((upperEdge - y) * upperSlope, (y - lowerEdge) * lowerSlope), sides)

    let socket = Ellipse(centre: Point(x: 0, y: -0.02), radii: Point(x: width * 1.25, y: width * 1.15))
    dab.shade(0.16, socket.distance(Point(x: x, y: y)), blur: 0.08)
    if lowerEdge > upperEdge {
      dab.paint(min(0.97, 0.78 + 0.2 * skin), opening)
      let gaze = Ellipse(
        centre: Point(x: 0, y: (upper > lower ? -0.1 : 0) * width),
        radii: Point(x: width * 0.5 * features.iris, y: width * 0.5 * features.iris))
      let point = Point(x: x, y: y)
      dab.paint(identity.irisTone, max(gaze.distance(point), opening))
      dab.paint(0.03, max(gaze.distance(point) + gaze.radii.x * 0.5, opening))
      let sparkle = Ellipse(
        centre: Point(x: p.x < 0 ? 0.2 * -width : 0.2 * width, y: gaze.centre.y - width * 0.16),
        radii: Point(x: width * 0.13, y: width * 0.13))
      dab.paint(1, max(sparkle.distance(point), opening))
    }
    let rim = max(abs(x) - width * 1.06, -1)
    dab.paint(ink, max(abs(y - upperEdge) * upperSlope - width * 0.13, rim))
    dab.paint(ink, max(abs(y - lowerEdge) * lowerSlope - width * 0.045, rim), opacity: 0.6)
  }

  private func paintCheeks(skin: Double, _ q: Point, on dab: inout Dab) {
    if features.blush > 0 {
      let cheek = Ellipse(
        centre: Point(x: identity.eyeSpacing + 0.1, y: identity.eyeHeight + 0.31), radii: Point(x: 0.13, y: 0.09))
      dab.shade(0.22 * features.blush, cheek.distance(q), blur: 0.09)
    }
    if features.tear > 0 {
      let drop = Ellipse(
        centre: Point(x: identity.eyeSpacing + 0.07, y: identity.eyeHeight + 0.3),
        radii: Point(x: 0.05 * features.tear, y: 0.11 * features.tear))
      dab.paint(min(skin + 0.3, 1), drop.distance(q))
    }
  }

  func paintBrows(_ tone: Double, _ p: Point, on dab: inout Dab) {
    dab.paint(tone, brow.distance(mirrored(p)))
  }

  func paintGlasses(_ tone: Double, _ p: Point, on dab: inout Dab) {
    let q = mirrored(p)
    let lens = Ellipse(
      centre: Point(x: identity.eyeSpacing, y: identity.eyeHeight + 0.01), radii: Point(x: 0.225, y: 0.21))
    let rim = abs(lens.distance(q)) - 0.014
    let bridge = max(abs(q.y - identity.eyeHeight + 0.03) - 0.014, q.x - (identity.eyeSpacing - 0.21))
    dab.paint(tone, min(rim, bridge))
  }

  private func square(_ x: Double) -> Double { x * x }
}
