/// What becomes of the bits that a right shift drops, by `ap_fixed`'s names (AMD UG1399, "Quantization modes").
///
///     dropped bits  x = 2.5  -2.5   2.25  -2.25
///     rnd               3    -2     2     -2      half goes up
///     rndZero           2    -2     2     -2      half goes towards zero
///     rndInf            3    -3     2     -2      half goes away from zero
///     rndMinInf         2    -3     2     -2      half goes down
///     rndConv           2    -2     2     -2      half goes to even
///     trn               2    -3     2     -3      floor
///     trnZero           2    -2     2     -2      towards zero
public enum Rounding: UInt8, Sendable {
  case rnd, rndZero, rndInf, rndMinInf, rndConv, trn, trnZero

  /// `value * 2^-bits`, rounded by this rule; exact, for every `value` in ±2^62 and every `bits` from 0 on.
  @inlinable
  public func shiftRight(_ value: Int64, by bits: Int) -> Int64 {
    precondition(bits >= 0, "a rounding shift is not negative")
    if bits == 0 { return value }
    // What is less than half a step rounds as a quarter of one does, whatever the rule.
    if bits > 63 { return shiftRight(value.signum(), by: 2) }
    let floor = value >> Int64(bits)
    let half = Int64(1) << Int64(bits - 1)
    let rest = value & (half | (half - 1))
    let up: Bool
    switch self {
    case .rnd: up = rest >= half
    case .rndMinInf: up = rest > half
    case .rndZero: up = value < 0 ? rest >= half : rest > half
    case .rndInf: up = value < 0 ? rest > half : rest >= half
    case .rndConv: up = rest > half || (rest == half && floor & 1 == 1)
    case .trn: up = false
    case .trnZero: up = value < 0 && rest != 0
    }
    return up ? floor &+ 1 : floor
  }
}

/// What becomes of a raw value outside its format, by `ap_fixed`'s names (AMD UG1399, "Overflow modes").
public enum Overflow: UInt8, Sendable {
  /// The nearest bound.
  case sat
  /// Zero.
  case satZero
  /// The nearest bound, with `-maximum` as the lower one, so that a signed range of 2 bits and more is symmetric.
  case satSym
  /// The low bits (two's complement).
  case wrap

  /// `raw * 2^bits` brought into `format`; exact, for every `raw` and every `bits` from 0 on.
  ///
  /// One signed bit holds -1 and 0 by `satSym` too, as in AMD's headers: its range has no symmetric part but 0.
  @inlinable
  public func fit(_ raw: Int64, shiftedLeft bits: Int = 0, into format: FixedFormat) -> Int64 {
    precondition(bits >= 0, "a left shift is not negative")
    let most = format.maximumRaw
    let least = self == .satSym && format.isSigned && format.width > 1 ? -most : format.minimumRaw
    // The bounds are scaled down, towards zero, rather than the value up, which might not fit.
    if raw >= -(-least >> Int64(bits)) && raw <= most >> Int64(bits) { return raw << Int64(bits) }
    switch self {
    case .sat, .satSym: return raw < 0 ? least : most
    case .satZero: return 0
    case .wrap:
      let low = (raw << Int64(bits)) & ((1 << Int64(format.width)) - 1)
      return format.isSigned && low > most ? low - (1 << Int64(format.width)) : low
    }
  }
}

/// The runtime's one requantisation, RND then saturation to `minimum...maximum`: `sqrshl` and a clamp on ARM.
///
/// - Parameters:
///   - accumulator: any 32-bit value whose sum with `2^(shift-1)` is inside 32 bits (the exporter proves it).
///   - shift: 0...31 bits to drop.
@inlinable @inline(__always)
public func requantize(_ accumulator: Int32, shift: Int32, minimum: Int32, maximum: Int32) -> Int32 {
  let half: Int32 = shift == 0 ? 0 : 1 &<< (shift &- 1)
  return min(max((accumulator &+ half) &>> shift, minimum), maximum)
}

#if !hasFeature(Embedded)
  // `allCases` is an array, which Embedded Swift without allocations lacks.
  extension Rounding: CaseIterable {}
  extension Overflow: CaseIterable {}
#endif
