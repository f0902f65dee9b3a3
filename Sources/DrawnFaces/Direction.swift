/// A direction in the plane, as the cosine and sine of its angle.
///
/// Computed with `+ - *` and rounding alone, which IEEE 754 defines to the last bit; `sin` of a C library differs between
/// machines. The error against exact values is under 1e-15.
struct Direction: Equatable {
  let cosine: Double
  let sine: Double

  /// The direction at an angle counted in turns: 0.25 is a quarter turn, from +x towards +y.
  init(turns: Double) {
    let quarters = (turns * 4).rounded(.toNearestOrEven)
    // Exact: both are multiples of the last place of `turns * 4`, and the difference is at most 1/2.
    let angle = (turns * 4 - quarters) * (Double.pi / 2)
    let square = angle * angle
    let sine = angle * Self.polynomial(square, Self.sineCoefficients)
    let cosine = Self.polynomial(square, Self.cosineCoefficients)
    switch Int(quarters) & 3 {
    case 0: (self.cosine, self.sine) = (cosine, sine)
    case 1: (self.cosine, self.sine) = (-sine, cosine)
    case 2: (self.cosine, self.sine) = (-cosine, -sine)
    default: (self.cosine, self.sine) = (sine, -cosine)
    }
  }

  /// Taylor coefficients in the square of the angle; the first omitted term is under 1e-16 for angles up to pi / 4.
  private static let sineCoefficients: [Double] = [
    1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362_880, -1 / 39_916_800, 1 / 6_227_020_800, -1 / 1_307_674_368_000,
  ]
  private static let cosineCoefficients: [Double] = [
    1, -1 / 2, 1 / 24, -1 / 720, 1 / 40_320, -1 / 3_628_800, 1 / 479_001_600, -1 / 87_178_291_200,
    1 / 20_922_789_888_000,
  ]

  private static func polynomial(_ x: Double, _ coefficients: [Double]) -> Double {
    var sum = 0.0
    for coefficient in coefficients.reversed() { sum = sum * x + coefficient }
    return sum
  }
}
