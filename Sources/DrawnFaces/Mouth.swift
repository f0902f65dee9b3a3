/// Lips, teeth and tongue.
struct Mouth {
  private let features: Features
  private let height: Double
  private let lip: Double
  private let width: Double
  private let round: Ellipse

  init(_ identity: Identity, _ features: Features) {
    self.features = features
    height = identity.mouthHeight
    lip = identity.lipThickness
    width = max(features.mouthWidth, 0.06)
    round = Ellipse(
      centre: Point(x: 0, y: height + 0.08 * features.mouthOpening),
      radii: Point(x: width, y: max(features.mouthOpening / 2, 0.03)))
  }

  func paint(skin: Double, ink: Double, _ p: Point, on dab: inout Dab) {
    let y = p.y - height
    if abs(p.x) > width + 0.12 || abs(y) > 0.45 { return }
    let n = min(max(p.x / width, -1), 1)
    let overshoot = max(abs(p.x) - width, 0)

    let (upper, lower) = edges(n)
    let (before, after) = (edges(n - 0.01), edges(n + 0.01))
    let upperSlope = (after.upper - before.upper) / (0.02 * width)
    let lowerSlope = (after.lower - before.lower) / (0.02 * width)
    let above = (upper - y) / (1 + upperSlope * upperSlope).squareRoot()
    let below = (y - lower) / (1 + lowerSlope * lowerSlope).squareRoot()
    let gap = max(above, below)
    let lens = overshoot > 0 ? (overshoot * overshoot + max(gap, 0) * max(gap, 0)).squareRoot() : gap
    let opening = features.mouthRoundness > 0 ? blend(lens, round.distance(p), min(features.mouthRoundness, 1)) : lens

    // Full in the middle, thin at the corners.
    let fullness = lip * (1.1 - n * n)
    dab.paint(skin * 0.6, opening - fullness)
    let shadow = Ellipse(
      centre: Point(x: 0, y: height + edges(0).lower + lip + 0.05), radii: Point(x: width * 0.55, y: 0.035))
    dab.shade(0.14, shadow.distance(p), blur: 0.03)
    if features.mouthOpening > 0.02 { paintInside(y, upper, lower, opening, p, on: &dab) }
    // The line where the lips meet, or the outline of the opening.
    let line = features.mouthOpening > 0.02 ? abs(opening) - 0.012 : opening - 0.019
    dab.paint(ink, line)
    if features.tongue > 0.5 { paintTongue(skin: skin, ink: ink, p, on: &dab) }
  }

  /// The opening's upper and lower edge at `n`, -1...1 from corner to corner, from the mouth's height down.
  private func edges(_ n: Double) -> (upper: Double, lower: Double) {
    let square = n * n
    let middle = features.mouthCurve * (0.5 - square) - features.mouthSkew * n
    let pointed = max(1 - square, 0)
    let boxy = max(1 - square * square * square * square, 0)
    let profile = blend(pointed, boxy, features.mouthSquareness)
    let side = features.sneer >= 0 ? n : -n
    let pull = abs(features.sneer) * max(1 - square, 0) * (1 + side) * 0.85
    return (middle - 0.42 * features.mouthOpening * profile - pull, middle + 0.58 * features.mouthOpening * profile)
  }

  private func paintInside(
    _ y: Double, _ upper: Double, _ lower: Double, _ opening: Double, _ p: Point, on dab: inout Dab
  ) {
    dab.paint(0.07, opening)
    let reach = features.mouthOpening
    if features.tongue > 0 || reach > 0.18 {
      let tongue = Ellipse(
        centre: Point(x: 0, y: height + reach * 0.62 + features.mouthCurve * 0.4),
        radii: Point(x: width * 0.62, y: reach * 0.36))
      dab.paint(0.34, max(tongue.distance(p), opening))
    }
    dab.paint(0.96, max(y - upper - features.upperTeeth * reach, opening))
    if features.lowerTeeth > 0 { dab.paint(0.9, max(lower - features.lowerTeeth * reach - y, opening)) }
  }

  /// A tongue put out over the lower lip.
  private func paintTongue(skin: Double, ink: Double, _ p: Point, on dab: inout Dab) {
    let lower = edges(0).lower
    let tongue = RoundedBox(
      centre: Point(x: 0, y: height + lower + 0.035), half: Point(x: width * 0.56, y: 0.12), radius: width * 0.5)
    let distance = tongue.distance(p)
    dab.paint(ink, distance)
    dab.paint(skin * 0.55 + 0.1, distance + 0.014)
    let groove = Stroke(
      centre: Point(x: 0, y: height + lower), halfWidth: 0.001, start: 0.012, end: 0.012)
    dab.paint(ink, groove.distance(p), opacity: 0.5)
  }
}
