/// A drawing of a face: grey pixels, what it expresses, and how it stands in the frame.
public struct DrawnFace: Sendable {
  public let expression: Expression
  /// Undoes rotation, scale and shift.
  public let theta: Theta
  /// Width and height, pixels.
  public let size: Int
  /// `size * size` grey values, row by row from the top.
  public let pixels: [UInt8]
}

/// An endless series of drawn faces, each a function of the seed and of its number alone.
///
///     let faces = FaceSeries(seed: 1)
///     let face = faces[0, size: 48]      // an angry one; the same bytes on every machine
///
/// Classes take turns: face `i` shows class `i % 7`. A face drawn at another size is the same face with other noise.
public struct FaceSeries: Sendable {
  public let seed: UInt64
  private let isUpright: Bool

  public init(seed: UInt64) {
    self.init(seed: seed, isUpright: false)
  }

  private init(seed: UInt64, isUpright: Bool) {
    self.seed = seed
    self.isUpright = isUpright
  }

  /// The same faces upright, centred and evenly lit; their theta is the identity.
  public var upright: FaceSeries { FaceSeries(seed: seed, isUpright: true) }

  /// The least size at which eyes, brows and mouth of the smallest face are several pixels large.
  public static let minimumSize = 48

  /// Face `index`, turned, moved, scaled and lit at random. Requires `index` >= 0 and `size` >= `minimumSize`.
  public subscript(index: Int, size size: Int) -> DrawnFace {
    precondition(size >= Self.minimumSize, "a drawn face is at least 48 pixels wide")
    return sitting(index).draw(size: size)
  }

  /// How face `index` stands in the frame, without drawing it. Requires `index` >= 0.
  public func theta(_ index: Int) -> Theta {
    Theta(sitting(index).nuisance)
  }

  private func sitting(_ index: Int) -> Sitting {
    var sitting = Sitting(seed: seed, index: index)
    if isUpright { sitting.nuisance = Nuisance() }
    return sitting
  }
}

/// One face of a series before it is drawn: who, feeling what, seen how.
private struct Sitting {
  let expression: Expression
  let identity: Identity
  let features: Features
  var nuisance: Nuisance
  /// Goes on to give the noise of the pixels.
  private var random: RandomSource

  init(seed: UInt64, index: Int) {
    precondition(index >= 0, "faces are numbered from 0")
    random = RandomSource(seed: seed, stream: UInt64(index))
    expression = Expression.allCases[index % Expression.allCases.count]
    identity = Identity.random(from: &random)
    features = Features.random(expression, from: &random)
    nuisance = Nuisance.random(from: &random)
  }

  func draw(size: Int) -> DrawnFace {
    var random = random
    let theta = Theta(nuisance)
    let pitch = 2 / Double(size)
    let light = Direction(turns: nuisance.light)
    let painter = FacePainter(
      identity: identity, features: features, pixel: pitch / nuisance.scale,
      light: Direction(turns: nuisance.light - nuisance.rotation))
    var pixels: [UInt8] = []
    pixels.reserveCapacity(size * size)
    for row in 0..<size {
      let y = (Double(row) + 0.5) * pitch - 1
      for column in 0..<size {
        let x = (Double(column) + 0.5) * pitch - 1
        var tone = painter.tone(at: theta.upright(x, y))
        tone += nuisance.gradient * (light.cosine * x + light.sine * y)
        tone = (tone - 0.5) * nuisance.contrast + 0.5 + nuisance.brightness + random.jitter(nuisance.noise)
        pixels.append(UInt8(min(max(tone * 255, 0), 255).rounded()))
      }
    }
    return DrawnFace(expression: expression, theta: theta, size: size, pixels: pixels)
  }
}
