import EdgeRuntime

/// From float numbers to raw integers, by the runtime's own roundings.
extension FixedFormat {
  /// The raw value nearest to `number`, half up (RND), without regard to the format's range.
  ///
  /// - Parameter number: anything but NaN; magnitudes of 2^36 steps and more come out as ±2^36.
  public func unboundedRaw(_ number: Double) -> Int64 {
    precondition(!number.isNaN, "NaN has no raw value")
    // Floor to 24 bits below a step, then RND: floor(floor(x * 2^24) + 2^23 >> 24) is floor(x + 1/2) exactly.
    let steps = min(max(number * Self.powerOfTwo(fraction), -0x1p36), 0x1p36)
    return Rounding.rnd.shiftRight(Int64((steps * 0x1p24).rounded(.down)), by: 24)
  }

  /// The raw value of `number` in this format: rounded first, then fitted; exact for every finite number.
  ///
  /// - Parameter number: anything but NaN. An infinity is greater than every number, and its low bits are zeros.
  public func raw(_ number: Double, rounding: Rounding = .rnd, overflow: Overflow = .sat) -> Int64 {
    precondition(!number.isNaN, "NaN has no raw value")
    if number == 0 { return 0 }
    // A double is an integer of 53 bits times a power of two; an infinity stands as one that leaves every format.
    let exponent = number.isFinite ? Int(number.exponent) - 52 : 1 << 11
    let steps = number.isFinite ? Int64(number.significand * 0x1p52) : 1
    return raw(number < 0 ? -steps : steps, fraction: -exponent, rounding: rounding, overflow: overflow)
  }

  /// What a raw value stands for; exact up to 53 bits.
  public func number(_ raw: Int64) -> Double { Double(raw) * Self.powerOfTwo(-fraction) }

  /// The distance between neighbouring values.
  public var step: Double { Self.powerOfTwo(-fraction) }

  /// True if `number` rounds to a raw value inside the format's range.
  public func covers(_ number: Double) -> Bool {
    let raw = unboundedRaw(number)
    return raw >= minimumRaw && raw <= maximumRaw
  }

  /// The format of `width` bits with the most fraction bits that covers `range`; 0 in the middle and an empty range are
  /// taken as ±1, so that a dead value has a finite format too.
  public static func covering(_ range: ClosedRange<Double>, width: Int, isSigned: Bool) -> FixedFormat {
    let reach = max(abs(range.lowerBound), abs(range.upperBound))
    let wanted = reach == 0 || !reach.isFinite ? (isSigned ? -1...1 : 0...1) : range
    let magnitude = reach == 0 || !reach.isFinite ? 0 : Int(reach.exponent)
    // A magnitude in 2^e ..< 2^(e+1) needs e + 1 whole bits; one bit more is tried because it may round into range.
    var format = FixedFormat(width: width, fraction: clampedFraction(width - magnitude), isSigned: isSigned)
    while format.fraction > -64 && !(format.covers(wanted.lowerBound) && format.covers(wanted.upperBound)) {
      format.fraction -= 1
    }
    return format
  }

  /// A fraction within what a format can hold: -64...64.
  static func clampedFraction(_ fraction: Int) -> Int { min(max(fraction, -64), 64) }

  private static func powerOfTwo(_ exponent: Int) -> Double {
    Double(sign: .plus, exponent: exponent, significand: 1)
  }
}
