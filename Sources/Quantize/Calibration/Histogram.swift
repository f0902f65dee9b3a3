/// The distribution of one tensor's values, made of the histograms of its channels.
///
/// Bins are a power of two wide. Zeros are counted apart: every format holds them without error, and after a ReLU they are most
/// values.
public struct Histogram: Sendable, Equatable {
  /// Bins on either side of zero: an eighth of a step of an unsigned 8-bit format that covers the range.
  public static let binsPerSide = 2048

  /// A bin is `2^exponent` wide.
  public private(set) var exponent: Int
  /// Values in `(index - binsPerSide) * 2^exponent ..< (index + 1 - binsPerSide) * 2^exponent`.
  public private(set) var counts: [UInt64]
  public private(set) var zeros: UInt64 = 0
  /// The least and greatest value; an empty histogram has `+infinity` and `-infinity`.
  public private(set) var minimum = Float.infinity
  public private(set) var maximum = -Float.infinity

  public init() {
    exponent = Int.min
    counts = []
  }

  /// Empty, with room for values between these.
  init(minimum: Float, maximum: Float) {
    self.init()
    (self.minimum, self.maximum) = (minimum, maximum)
    let magnitude = max(abs(minimum), abs(maximum))
    guard magnitude > 0, magnitude.isFinite else { return }
    // magnitude < 2^(e+1), and binsPerSide = 2^11 bins of 2^(e+1-11) reach just there.
    exponent = Int(magnitude.exponent) + 1 - Self.binsPerSide.trailingZeroBitCount
    counts = Array(repeating: 0, count: 2 * Self.binsPerSide)
  }

  /// How many values were recorded.
  public var total: UInt64 { counts.reduce(zeros, +) }

  /// The centre of a bin.
  public func centre(_ index: Int) -> Double { (Double(index - Self.binsPerSide) + 0.5) * binWidth }

  public var binWidth: Double {
    counts.isEmpty ? 0 : Double(sign: .plus, exponent: exponent, significand: 1)
  }

  mutating func addZeros(_ count: UInt64) { zeros += count }

  /// Adds values at one place, which may lie beyond the range that was reserved by the width of its bin.
  mutating func add(_ place: Double, count: UInt64) {
    let position = (place / binWidth).rounded(.down) + Double(Self.binsPerSide)
    counts[Int(min(max(position, 0), Double(counts.count - 1)))] += count
  }
}
