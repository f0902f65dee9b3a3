/// The cosine of the angle between a tensor and its reference, gathered over images.
struct CosineSimilarity: Equatable, Codable, Sendable {
  private var product = 0.0
  private var exactSquare = 0.0
  private var approximateSquare = 0.0

  mutating func record(exact: Double, approximate: Double) {
    product += exact * approximate
    exactSquare += exact * exact
    approximateSquare += approximate * approximate
  }

  mutating func merge(_ other: CosineSimilarity) {
    product += other.product
    exactSquare += other.exactSquare
    approximateSquare += other.approximateSquare
  }

  var isSound: Bool {
    product.isFinite && exactSquare.isFinite && approximateSquare.isFinite && exactSquare >= 0 && approximateSquare >= 0
  }

  /// -1...1; nil where one of the two is zero throughout.
  var value: Double? {
    guard exactSquare > 0, approximateSquare > 0 else { return nil }
    return product / (exactSquare.squareRoot() * approximateSquare.squareRoot())
  }
}
