/// What the camera adds to a face: where it stands in the frame, and the light on it.
struct Nuisance {
  /// In turns, clockwise as seen; 0.0972 is 35 degrees.
  var rotation = 0.0
  /// The face's size against an upright drawing.
  var scale = 1.0
  /// Of the face's centre from the image's, in normalised coordinates (the image is 2 wide).
  var shift = Point(x: 0, y: 0)

  /// Multiplies the tones' distance from mid-grey.
  var contrast = 1.0
  /// Added to every tone.
  var brightness = 0.0
  /// Added at the edge of the image towards the light, taken away at the opposite one.
  var gradient = 0.0
  /// Where the light comes from, in turns.
  var light = -0.15
  /// Reach of the noise of each pixel, about 2.4 of its deviations.
  var noise = 0.0

  static func random(from random: inout RandomSource) -> Nuisance {
    let scale = random.uniform(0.6...1.1)
    // At most a fifth of the image, and for large faces less: eyes and mouth stay in the frame.
    let reach = min(0.4, 1.04 - 0.7 * scale)
    return Nuisance(
      rotation: random.uniform(-0.0972...0.0972), scale: scale,
      shift: Point(x: random.uniform(-reach...reach), y: random.uniform(-reach...reach)),
      contrast: random.uniform(0.65...1.1), brightness: random.uniform(-0.1...0.1),
      gradient: random.uniform(0...0.2), light: random.uniform(0...1), noise: random.uniform(0...0.07))
  }
}

/// The affine map that undoes the placing of a face, in the convention of ONNX AffineGrid with `align_corners` 0:
/// target to source, both axes -1...1 over the outer edges of the pixels.
///
/// Sampling the drawn image at `theta * (x, y, 1)` for each target (x, y) gives the upright, centred face.
public struct Theta: Equatable, Sendable {
  /// Row by row: x_source = row0 · (x, y, 1), y_source = row1 · (x, y, 1).
  public let row0: SIMD3<Double>
  public let row1: SIMD3<Double>

  /// The six values in the order of a [2, 3] tensor.
  public var values: [Float] { [row0.x, row0.y, row0.z, row1.x, row1.y, row1.z].map(Float.init) }

  init(_ nuisance: Nuisance) {
    let direction = Direction(turns: nuisance.rotation)
    let cosine = direction.cosine * nuisance.scale
    let sine = direction.sine * nuisance.scale
    // `0 - sine`, since `-sine` would write the identity with a negative zero.
    row0 = SIMD3(cosine, 0 - sine, nuisance.shift.x)
    row1 = SIMD3(sine, cosine, nuisance.shift.y)
  }

  /// The upright face's point that a point of the image shows: the inverse map.
  func upright(_ x: Double, _ y: Double) -> Point {
    let determinant = row0.x * row1.y - row0.y * row1.x
    let dx = x - row0.z
    let dy = y - row1.z
    return Point(x: (row1.y * dx - row0.y * dy) / determinant, y: (row0.x * dy - row1.x * dx) / determinant)
  }
}
