/// What stays of a person whatever they feel: proportions, tones (0 black ... 1 white), hair, and what they wear.
struct Identity {
  enum Hair: CaseIterable {
    case bald, short, parted, bob, long, curly, spiky, bun
  }

  var skin: Double
  var hairTone: Double
  var shirt: Double
  var background: Double

  var headWidth: Double
  var jawWidth: Double
  var chin: Double
  var ears: Double

  var hair: Hair
  /// Height of the hairline's middle, and its slope for a parting.
  var hairline: Double
  var parting: Double
  var hairVolume: Double

  var eyeSpacing: Double
  var eyeHeight: Double
  var eyeWidth: Double
  var irisTone: Double
  var browThickness: Double
  var browWidth: Double
  var noseLength: Double
  var noseWidth: Double
  var mouthHeight: Double
  var lipThickness: Double

  var hasGlasses: Bool
  var hasBeard: Bool

  /// The tone of outlines and brows: dark, but not darker than the hair would make it.
  var ink: Double { min(0.16, skin * 0.35) }
  /// Brows stay darker than the skin, or they would vanish on fair heads.
  var browTone: Double { min(hairTone, skin * 0.5) * 0.8 }

  static func random(from random: inout RandomSource) -> Identity {
    let skin = random.uniform(0.36...0.9)
    let hairTone = random.chance(0.12) ? random.uniform(0.7...0.92) : random.uniform(0.06...0.55)
    // Hair and background that equal the skin would hide the head's shape.
    let hair = abs(hairTone - skin) < 0.22 ? skin * 0.45 : hairTone
    var background = random.uniform(0.12...0.95)
    if abs(background - skin) < 0.12 { background = skin > 0.6 ? skin - 0.3 : skin + 0.3 }
    return Identity(
      skin: skin, hairTone: hair, shirt: random.uniform(0.1...0.9), background: background,
      headWidth: random.uniform(0.54...0.64), jawWidth: random.uniform(0.4...0.53), chin: random.uniform(0.74...0.86),
      ears: random.uniform(0.09...0.14),
      hair: random.pick(Hair.allCases), hairline: random.uniform(-0.54...(-0.44)),
      parting: random.uniform(-0.35...0.35), hairVolume: random.uniform(0.05...0.12),
      eyeSpacing: random.uniform(0.25...0.29), eyeHeight: random.uniform(-0.1...(-0.04)),
      eyeWidth: random.uniform(0.15...0.18), irisTone: random.uniform(0.1...0.4),
      browThickness: random.uniform(0.024...0.042), browWidth: random.uniform(0.15...0.18),
      noseLength: random.uniform(0.18...0.26), noseWidth: random.uniform(0.06...0.1),
      mouthHeight: random.uniform(0.42...0.48), lipThickness: random.uniform(0.02...0.045),
      hasGlasses: random.chance(0.14), hasBeard: random.chance(0.1))
  }
}
