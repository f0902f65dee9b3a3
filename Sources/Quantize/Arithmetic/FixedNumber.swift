import EdgeRuntime

/// A number in fixed point: `raw * 2^-format.fraction`.
///
/// Sums, differences and products are exact and have the formats that `ap_fixed` gives them (AMD UG1399, "Class Methods,
/// Operators, and Data Members"). Only `converted`, `shifted` and an `Accumulator` round.
public struct FixedNumber: Equatable, Hashable, Sendable {
  public let raw: Int64
  public let format: FixedFormat

  /// - Parameter raw: within the format's range.
  public init(raw: Int64, format: FixedFormat) {
    precondition(raw >= format.minimumRaw && raw <= format.maximumRaw, "a raw value lies outside its format")
    self.raw = raw
    self.format = format
  }

  /// A real number in `format`: rounded, then fitted.
  ///
  /// - Parameter number: anything but NaN.
  public init(_ number: Double, format: FixedFormat, rounding: Rounding = .rnd, overflow: Overflow = .sat) {
    self.init(raw: format.raw(number, rounding: rounding, overflow: overflow), format: format)
  }

  /// Exact up to 53 bits.
  public var value: Double { format.number(raw) }

  /// The nearest number of `format` by these rules: rounded first, then fitted, as `ap_fixed` does on assignment.
  ///
  ///     2.75 in Q(8, 4, signed) to Q(3, 1, signed): 5.5 steps, rnd 6, sat 3, which is 1.5
  public func converted(to format: FixedFormat, rounding: Rounding = .rnd, overflow: Overflow = .sat) -> FixedNumber {
    let raw = format.raw(raw, fraction: self.format.fraction, rounding: rounding, overflow: overflow)
    return FixedNumber(raw: raw, format: format)
  }
}

/// Exact arithmetic. Each throws `FixedPointError` where the exact format would be too wide, whatever the raw values are.
extension FixedNumber {
  public static func + (a: FixedNumber, b: FixedNumber) throws(FixedPointError) -> FixedNumber {
    let format = try a.format.sum(with: b.format)
    return FixedNumber(raw: a.raw(atFractionOf: format) + b.raw(atFractionOf: format), format: format)
  }

  public static func - (a: FixedNumber, b: FixedNumber) throws(FixedPointError) -> FixedNumber {
    let format = try a.format.difference(with: b.format)
    return FixedNumber(raw: a.raw(atFractionOf: format) - b.raw(atFractionOf: format), format: format)
  }

  public static func * (a: FixedNumber, b: FixedNumber) throws(FixedPointError) -> FixedNumber {
    FixedNumber(raw: a.raw * b.raw, format: try a.format.product(with: b.format))
  }

  public static prefix func - (a: FixedNumber) throws(FixedPointError) -> FixedNumber {
    FixedNumber(raw: -a.raw, format: try a.format.negation())
  }

  /// No overflow: the exact format, at most 62 bits wide, holds every aligned operand.
  private func raw(atFractionOf exact: FixedFormat) -> Int64 { raw << Int64(exact.fraction - format.fraction) }
}

/// The two shifts.
extension FixedNumber {
  /// `value * 2^bits`, exact: the binary point moves and every bit stays (`lshift` and `rshift` of `ap_fixed`).
  public func scaled(byPowerOfTwo bits: Int) throws(FixedPointError) -> FixedNumber {
    let fraction = format.fraction - bits
    return FixedNumber(
      raw: raw, format: try .exact(width: format.width, fraction: fraction, isSigned: format.isSigned))
  }

  /// `value * 2^bits` in the same format: the bits move and the binary point stays.
  ///
  /// By default what leaves on either side is lost, as with `<<` and `>>` of `ap_fixed`.
  public func shifted(by bits: Int, rounding: Rounding = .trn, overflow: Overflow = .wrap) -> FixedNumber {
    let raw = format.raw(raw, fraction: format.fraction - bits, rounding: rounding, overflow: overflow)
    return FixedNumber(raw: raw, format: format)
  }
}
