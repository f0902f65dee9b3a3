import EdgeRuntime

/// A sum in a stated format: each step adds exactly, then rounds and fits once, as `sum += a * b` of `ap_fixed` does.
///
/// The runtime's accumulators have 32 bits, the fraction of their products, and `wrap` (`&+`); the exporter proves that none
/// leaves its range. With `wrap` and no fraction bits lost the order of terms doesn't matter; otherwise it does.
public struct Accumulator: Sendable {
  public let rounding: Rounding
  public let overflow: Overflow
  public private(set) var sum: FixedNumber
  /// Steps whose rounded result lay outside the format. After one of them the sum is what `overflow` made of it.
  public private(set) var overflows = 0

  /// - Parameters:
  ///   - format: of the sum: up to 32 bits in the runtime.
  ///   - start: the first value, a bias say, within `format`.
  public init(format: FixedFormat, rounding: Rounding = .rnd, overflow: Overflow = .wrap, start: Int64 = 0) {
    sum = FixedNumber(raw: start, format: format)
    self.rounding = rounding
    self.overflow = overflow
  }

  /// `sum + a * b`.
  ///
  /// - Throws: `FixedPointError` where the exact sum has no format, whatever the raw values are; the sum stays as it was.
  public mutating func multiplyAdd(_ a: FixedNumber, _ b: FixedNumber) throws(FixedPointError) {
    try add(a * b)
  }

  /// `sum + term`.
  public mutating func add(_ term: FixedNumber) throws(FixedPointError) {
    let exact = try sum + term
    let format = sum.format
    // The exact sum has at least as many fraction bits as either operand.
    let rounded = rounding.shiftRight(exact.raw, by: exact.format.fraction - format.fraction)
    let raw = overflow.fit(rounded, into: format)
    if raw != rounded { overflows += 1 }
    sum = FixedNumber(raw: raw, format: format)
  }
}
