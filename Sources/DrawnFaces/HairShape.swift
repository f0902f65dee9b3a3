/// Hair in two layers: behind the head, and over the forehead.
struct HairShape {
  private let style: Identity.Hair
  private let outline: Ellipse
  private let hairline: Double
  private let parting: Double
  private let curls: [Ellipse]
  private let crown: Ellipse
  private let sheen: Ellipse

  init(_ identity: Identity) {
    style = identity.hair
    hairline = identity.hairline
    parting = identity.parting
    let volume = identity.hairVolume
    outline = Ellipse(
      centre: Point(x: 0, y: -0.16), radii: Point(x: identity.headWidth + volume * 0.7, y: 0.62 + volume))
    crown = Ellipse(centre: Point(x: 0, y: -0.16), radii: Point(x: identity.headWidth + 0.15, y: 0.64 + volume))
    sheen = Ellipse(centre: Point(x: -0.24, y: -0.62), radii: Point(x: 0.26, y: 0.11))
    curls =
      identity.hair == .curly
      ? (0..<9).map { index in
        let direction = Direction(turns: 0.47 + Double(index) / 8 * 0.56)
        return Ellipse(
          centre: Point(
            x: direction.cosine * (identity.headWidth + 0.02), y: -0.2 + direction.sine * 0.6),
          radii: Point(x: 0.2, y: 0.2))
      } : []
  }

  func paintBack(_ tone: Double, _ p: Point, on dab: inout Dab) {
    switch style {
    case .bald, .short, .parted, .spiky: return
    case .bob: dab.paint(tone, drop(to: 0.46, p))
    case .long: dab.paint(tone, drop(to: 1.05, p))
    case .curly: for curl in curls { dab.paint(tone, curl.distance(p)) }
    case .bun:
      let bun = Ellipse(centre: Point(x: 0, y: -0.88), radii: Point(x: 0.22, y: 0.19))
      dab.paint(tone, bun.distance(p))
    }
  }

  /// Hair over the crown that falls beside the head down to `y`.
  private func drop(to y: Double, _ p: Point) -> Double {
    let top = -0.4
    let fall = RoundedBox(
      centre: Point(x: 0, y: (top + y) / 2), half: Point(x: crown.radii.x - 0.01, y: (y - top) / 2), radius: 0.24)
    return smoothUnion(crown.distance(p), fall.distance(p), radius: 0.1)
  }

  func paintFront(_ tone: Double, _ p: Point, on dab: inout Dab) {
    if style == .bald || p.y > 0.25 { return }
    let edge = edge(p.x)
    let slope = (self.edge(p.x + 0.01) - edge) / 0.01
    let fringe = (p.y - edge) / (1 + slope * slope).squareRoot()
    let hair = max(surface(p), fringe)
    // A soft shadow under the fringe, then the hair, then its sheen.
    if fringe > 0 { dab.shade(0.25, max(surface(p), fringe - 0.07), blur: 0.07) }
    dab.paint(tone, hair)
    if style != .curly { dab.shade(-0.3, max(hair + 0.01, sheen.distance(p)), blur: 0.08) }
  }

  private func surface(_ p: Point) -> Double {
    switch style {
    case .spiky: outline.distance(p) - (p.y < -0.3 ? 0.14 * wave(p.x * 4.5) : 0)
    case .curly: curls.reduce(outline.distance(p)) { min($0, $1.distance(p)) }
    default: outline.distance(p)
    }
  }

  /// The lower edge of the hair over the forehead.
  private func edge(_ x: Double) -> Double {
    switch style {
    case .bald, .short: hairline + 1.25 * x * x
    case .bun: hairline - 0.06 + 1.1 * x * x
    case .parted: hairline + 0.02 + parting * x + 1.2 * x * x
    case .bob: max(hairline + 0.1, hairline + 3 * (x * x - 0.2))
    case .long: hairline - 0.05 + 0.75 * abs(x) + 0.8 * x * x
    case .curly: hairline + 0.02 + 1.1 * x * x + 0.05 * wave(x * 4)
    case .spiky: hairline + 0.02 + 1.1 * x * x - 0.12 * wave(x * 5 + 0.5)
    }
  }

  /// A triangle wave of period 1: 1 at whole numbers, 0 halfway.
  private func wave(_ x: Double) -> Double {
    abs(x - x.rounded(.down) - 0.5) * 2
  }
}
