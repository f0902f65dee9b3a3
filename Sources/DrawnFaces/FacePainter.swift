/// The tone building up at one point as layers are painted over each other, from the back to the front.
struct Dab {
  var tone: Double
  /// Width of a pixel in units of the face: an outline's edge is spread over that much.
  let pixel: Double

  /// Covers what is there with `tone`, as far as a shape at this signed `distance` covers the pixel.
  mutating func paint(_ tone: Double, _ distance: Double, opacity: Double = 1) {
    let coverage = min(max(0.5 - distance / pixel, 0), 1)
    self.tone += (tone - self.tone) * coverage * opacity
  }

  /// Darkens (or lightens, with a negative `strength`) by a soft edge that reaches `blur` into the shape.
  mutating func shade(_ strength: Double, _ distance: Double, blur: Double) {
    tone *= 1 - strength * smoothStep(0, blur, -distance)
  }
}

/// Paints one upright face, a point at a time.
struct FacePainter {
  let identity: Identity
  let pixel: Double
  private let light: Direction
  private let head: Head
  private let hair: HairShape
  private let eyes: Eyes
  private let nose: Nose
  private let mouth: Mouth

  /// `pixel` is a pixel's width in units of the face; `light` where the light comes from, seen by the upright face.
  init(identity: Identity, features: Features, pixel: Double, light: Direction) {
    self.identity = identity
    self.pixel = pixel
    self.light = light
    head = Head(identity)
    hair = HairShape(identity)
    eyes = Eyes(identity, features)
    nose = Nose(identity, features)
    mouth = Mouth(identity, features)
  }

  /// The face's tone at `p`, about 0 (black) ... 1 (white).
  func tone(at p: Point) -> Double {
    var dab = Dab(tone: identity.background, pixel: pixel)
    let relief = relief(p)
    let skin = identity.skin * relief
    let hairTone = identity.hairTone * relief
    let head = head.distance(p)

    hair.paintBack(hairTone * 0.82, p, on: &dab)
    self.head.paintBody(skin, p, on: &dab)
    dab.paint(skin, head)
    if identity.hasBeard { self.head.paintBeard(hairTone, p, on: &dab) }
    if head < pixel {
      nose.paint(skin: skin, ink: identity.ink, p, on: &dab)
      eyes.paint(skin: skin, ink: identity.ink, p, on: &dab)
      mouth.paint(skin: skin, ink: identity.ink, p, on: &dab)
    }
    hair.paintFront(hairTone, p, on: &dab)
    eyes.paintBrows(identity.browTone, p, on: &dab)
    if identity.hasGlasses { eyes.paintGlasses(identity.ink, p, on: &dab) }
    return dab.tone
  }

  /// Light on the head taken as half an ellipsoid: about 1, less on the side away from the light.
  private func relief(_ p: Point) -> Double {
    let x = p.x / 0.75
    let y = p.y / 0.95
    let depth = max(1 - x * x - y * y, 0).squareRoot()
    return 0.86 + 0.16 * depth + 0.14 * min(max(light.cosine * x + light.sine * y, -1), 1)
  }
}
