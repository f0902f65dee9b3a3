/// The bounds of a histogram's bins: their ends grow by an equal ratio from the least to the greatest value.
///
/// Times have a long tail: such bins show it and keep the bulk apart. From 1 to 4096 in 12 bins: 1, 2, 4, 8 ... 4096.
public struct HistogramBounds: Sendable {
  public let bins: Int
  private let least: Double
  private let ratio: Double

  /// - Parameters:
  ///   - least: the lower end, included; a value below 1 counts as 1.
  ///   - greatest: the upper end, included.
  ///   - bins: 1 or more.
  public init(least: UInt64, greatest: UInt64, bins: Int) {
    self.bins = bins
    self.least = Double(max(least, 1))
    let span = max(Double(greatest) / self.least, 1)
    // The root by halving an interval: the platform's C library need not have `pow`.
    var (low, high) = (1.0, span)
    for _ in 0..<64 {
      let middle = (low + high) / 2
      if Self.power(middle, bins) < span { low = middle } else { high = middle }
    }
    // Above 1, so that equal values fall into the first bin.
    ratio = max(high, 1 + 1e-9)
  }

  /// The lower end of bin 0, 1, ...; of bin `bins`, the upper end of the last.
  public func lowerEnd(_ bin: Int) -> Double { least * Self.power(ratio, bin) }

  /// The bin of a value between least and greatest: the last whose lower end it reaches.
  public func bin(of value: UInt64) -> Int {
    var bin = bins - 1
    while bin > 0 && Double(value) < lowerEnd(bin) { bin -= 1 }
    return bin
  }

  private static func power(_ base: Double, _ exponent: Int) -> Double {
    var result = 1.0
    for _ in 0..<exponent { result *= base }
    return result
  }
}
