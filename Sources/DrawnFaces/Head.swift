/// Head, ears, neck and shoulders.
struct Head {
  private let cranium: Ellipse
  private let jaw: Ellipse
  private let ears: [Ellipse]
  private let neck: RoundedBox
  private let shoulders: RoundedBox
  private let identity: Identity

  init(_ identity: Identity) {
    self.identity = identity
    cranium = Ellipse(centre: Point(x: 0, y: -0.16), radii: Point(x: identity.headWidth, y: 0.62))
    jaw = Ellipse(
      centre: Point(x: 0, y: identity.chin - 0.56), radii: Point(x: identity.jawWidth, y: 0.56))
    ears = [-1.0, 1.0].map { side in
      Ellipse(
        centre: Point(x: side * identity.headWidth, y: 0.02), radii: Point(x: identity.ears, y: identity.ears * 1.45))
    }
    neck = RoundedBox(centre: Point(x: 0, y: 0.85), half: Point(x: 0.24, y: 0.4), radius: 0.1)
    // Deep enough that its lower edge lies outside any frame.
    shoulders = RoundedBox(centre: Point(x: 0, y: 2.95), half: Point(x: 0.86, y: 2), radius: 0.38)
  }

  func distance(_ p: Point) -> Double {
    smoothUnion(cranium.distance(p), jaw.distance(p), radius: 0.3)
  }

  func paintBody(_ skin: Double, _ p: Point, on dab: inout Dab) {
    if p.y > 0.3 {
      dab.paint(identity.shirt, shoulders.distance(p))
      // The chin's shadow falls on the neck.
      let neck = neck.distance(p)
      dab.paint(skin * 0.84, neck)
      dab.paint(skin * 0.64, max(neck, distance(Point(x: p.x, y: p.y - 0.07))))
    }
    for ear in ears {
      let distance = ear.distance(p)
      dab.paint(skin * 0.93, distance)
      dab.paint(skin * 0.7, distance + identity.ears * 0.45)
    }
  }

  /// Along the jaw from ear to ear, free around the mouth.
  func paintBeard(_ tone: Double, _ p: Point, on dab: inout Dab) {
    let edge = 0.36 - 0.9 * p.x * p.x
    let lips = Ellipse(
      centre: Point(x: 0, y: identity.mouthHeight), radii: Point(x: identity.jawWidth * 0.78, y: 0.2))
    let beard = max(max(distance(p), edge - p.y), -lips.distance(p))
    dab.paint(tone, beard, opacity: 0.8)
  }
}
