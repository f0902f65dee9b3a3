/// The distribution of one tensor's values, gathered image by image in constant memory.
///
/// Bins are a power of two wide and doubled as larger values arrive, so the result does not depend on the order of the
/// images, and two histograms merge exactly. Zeros are counted apart: every format holds them without error, and after a
/// ReLU they are most values.
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

  /// How many values were recorded.
  public var total: UInt64 { counts.reduce(zeros, +) }

  /// True if no two recorded values differ.
  public var isConstant: Bool { minimum >= maximum }

  /// The centre of a bin.
  public func centre(_ index: Int) -> Double { (Double(index - Self.binsPerSide) + 0.5) * binWidth }

  public var binWidth: Double {
    counts.isEmpty ? 0 : Double(sign: .plus, exponent: exponent, significand: 1)
  }

  /// Adds values.
  ///
  /// - Returns: false, with nothing recorded, if a value is not finite.
  public mutating func record(_ values: [Float]) -> Bool {
    var least = Float.infinity
    var greatest = -Float.infinity
    var finite: Float = 0
    for value in values {
      least = min(least, value)
      greatest = max(greatest, value)
      finite += value * 0  // NaN as soon as one value is NaN or infinite
    }
    guard finite == 0 else { return false }
    guard !values.isEmpty else { return true }
    widen(to: max(abs(least), abs(greatest)))
    minimum = min(minimum, least)
    maximum = max(maximum, greatest)
    count(values)
    return true
  }

  /// Adds what another histogram has recorded.
  public mutating func merge(_ other: Histogram) {
    var other = other
    if !other.counts.isEmpty {
      widen(toExponent: other.exponent)
      other.widen(toExponent: exponent)
      for index in counts.indices { counts[index] += other.counts[index] }
    }
    zeros += other.zeros
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
  }

  /// Makes room for a range and notes its ends.
  mutating func reserve(minimum: Float, maximum: Float) {
    widen(to: max(abs(minimum), abs(maximum)))
    self.minimum = min(self.minimum, minimum)
    self.maximum = max(self.maximum, maximum)
  }

  mutating func addZeros(_ count: UInt64) { zeros += count }

  /// Adds values at one place, which may lie beyond the range that was reserved by the width of its bin.
  mutating func add(_ place: Double, count: UInt64) {
    let position = (place / binWidth).rounded(.down) + Double(Self.binsPerSide)
    counts[Int(min(max(position, 0), Double(counts.count - 1)))] += count
  }

  private mutating func count(_ values: [Float]) {
    let scale = counts.isEmpty ? 0 : 1 / binWidth
    var zeros: UInt64 = 0
    for value in values {
      if value == 0 {
        zeros += 1
      } else {
        // Below binsPerSide in magnitude by `widen`; the sum is not negative, so truncation is floor.
        counts[Int(Double(value) * scale + Double(Self.binsPerSide))] += 1
      }
    }
    self.zeros += zeros
  }

  /// Makes room for values up to `magnitude`.
  private mutating func widen(to magnitude: Float) {
    guard magnitude > 0 else { return }
    // magnitude < 2^(e+1), and binsPerSide = 2^11 bins of 2^(e+1-11) reach just there.
    widen(toExponent: Int(magnitude.exponent) + 1 - Self.binsPerSide.trailingZeroBitCount)
  }

  private mutating func widen(toExponent wanted: Int) {
    if counts.isEmpty {
      exponent = wanted
      counts = Array(repeating: 0, count: 2 * Self.binsPerSide)
      return
    }
    while exponent < wanted {
      exponent += 1
      var wider = Array(repeating: UInt64(0), count: counts.count)
      for index in counts.indices {
        let bin = (index - Self.binsPerSide) >> 1
        wider[bin + Self.binsPerSide] += counts[index]
      }
      counts = wider
    }
  }
}
