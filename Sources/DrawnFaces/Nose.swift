/// Nose, the creases on its bridge, and the folds from its wings to the corners of the mouth.
struct Nose {
  private let features: Features
  private let tip: Stroke
  private let wings: Ellipse
  private let ridge: Stroke
  private let wrinkles: [Stroke]
  private let fold: Stroke

  init(_ identity: Identity, _ features: Features) {
    self.features = features
    // Disgust pulls the wings up.
    let bottom = identity.eyeHeight + identity.noseLength + 0.06 - 0.035 * features.noseWrinkle
    let width = identity.noseWidth
    tip = Stroke(
      centre: Point(x: 0, y: bottom), halfWidth: width, bend: -0.035 / (width * width), start: 0.016, end: 0.016)
    wings = Ellipse(centre: Point(x: width * 0.75, y: bottom - 0.015), radii: Point(x: 0.022, y: 0.016))
    ridge = Stroke(
      centre: Point(x: 0, y: bottom - 0.1), halfWidth: 0.03, start: 0.07, end: 0.07)
    wrinkles = (0..<3).map { row in
      Stroke(
        centre: Point(x: 0, y: identity.eyeHeight - 0.045 + 0.06 * Double(row)), halfWidth: 0.075 - 0.008 * Double(row),
        bend: 4, start: 0.012, end: 0.012)
    }
    fold = Stroke(
      centre: Point(x: width + 0.13, y: (bottom + identity.mouthHeight) / 2 + 0.01), halfWidth: 0.055, slope: 1.7,
      start: 0.014, end: 0.009)
  }

  func paint(skin: Double, ink: Double, _ p: Point, on dab: inout Dab) {
    if abs(p.x) > 0.5 || abs(p.y - 0.15) > 0.5 { return }
    let q = Point(x: abs(p.x), y: p.y)
    dab.shade(-0.08, ridge.distance(p), blur: 0.05)
    dab.paint(skin * 0.5, tip.distance(p))
    dab.paint(ink, wings.distance(q), opacity: 0.7)
    if features.noseWrinkle > 0 {
      for wrinkle in wrinkles { dab.paint(skin * 0.42, wrinkle.distance(p), opacity: min(features.noseWrinkle, 1)) }
    }
    if features.cheekFold > 0 {
      dab.paint(skin * 0.5, fold.distance(q), opacity: min(features.cheekFold, 1) * 0.8)
    }
  }
}
