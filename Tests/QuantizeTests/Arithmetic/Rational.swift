import EdgeRuntime
import Quantize

/// An exact fraction. The denominator is positive; nothing is reduced.
struct Rational {
  var numerator: BigInteger
  var denominator: BigInteger

  init(_ numerator: BigInteger, over denominator: BigInteger = BigInteger(1)) {
    self.numerator = numerator
    self.denominator = denominator
  }

  /// `raw * 2^-fraction`.
  init(raw: Int64, fraction: Int) {
    self.init(
      BigInteger(raw) * .powerOfTwo(max(-fraction, 0)), over: .powerOfTwo(max(fraction, 0)))
  }

  init(_ number: FixedNumber) { self.init(raw: number.raw, fraction: number.format.fraction) }

  static func + (a: Rational, b: Rational) -> Rational {
    Rational(
      a.numerator * b.denominator + b.numerator * a.denominator, over: a.denominator * b.denominator)
  }
  static prefix func - (a: Rational) -> Rational { Rational(-a.numerator, over: a.denominator) }
  static func - (a: Rational, b: Rational) -> Rational { a + -b }
  static func * (a: Rational, b: Rational) -> Rational {
    Rational(a.numerator * b.numerator, over: a.denominator * b.denominator)
  }
}

extension Rational: Comparable {
  static func == (a: Rational, b: Rational) -> Bool { a.numerator * b.denominator == b.numerator * a.denominator }
  static func < (a: Rational, b: Rational) -> Bool { a.numerator * b.denominator < b.numerator * a.denominator }
}

/// The definitions of AMD's UG1399, on exact fractions: candidates are compared, nothing is shifted.
enum ArithmeticOracle {
  /// The greatest integer that isn't above `number`, put together from powers of two.
  static func floor(_ number: Rational) -> BigInteger {
    let magnitude = Rational(number.numerator.magnitude, over: number.denominator)
    var exponent = 0
    while Rational(.powerOfTwo(exponent)) <= magnitude { exponent += 1 }
    var whole = BigInteger(0)
    for exponent in (0..<exponent).reversed() {
      let next = whole + .powerOfTwo(exponent)
      if Rational(next) <= magnitude { whole = next }
    }
    let isWhole = Rational(whole) == magnitude
    return number.numerator.isNegative ? -(isWhole ? whole : whole + BigInteger(1)) : whole
  }

  static func rounded(_ number: Rational, by rule: Rounding) -> BigInteger {
    let below = floor(number)
    if Rational(below) == number { return below }
    let above = below + BigInteger(1)
    let towardsZero = number.numerator.isNegative ? above : below
    switch rule {
    case .trn: return below
    case .trnZero: return towardsZero
    default: break
    }
    let (down, up) = (number - Rational(below), Rational(above) - number)
    if down != up { return down < up ? below : above }
    return switch rule {
    case .rnd: above
    case .rndMinInf: below
    case .rndZero: towardsZero
    case .rndInf: towardsZero == below ? above : below
    case .rndConv: below.isEven ? below : above
    case .trn, .trnZero: fatalError("answered above")
    }
  }

  /// - Parameter format: of up to 32 bits.
  static func fitted(_ raw: BigInteger, into format: FixedFormat, by mode: Overflow) -> Int64 {
    let values = BigInteger.powerOfTwo(format.width)
    let one = BigInteger(1)
    let most = (format.isSigned ? .powerOfTwo(format.width - 1) : values) - one
    let least = format.isSigned ? most + one - values : BigInteger(0)
    // AMD's headers set the lowest bit of the least value, which one bit can't tell from the sign.
    let symmetric = format.isSigned && format.width > 1 ? -most : least
    switch mode {
    case .sat: return max(least, min(most, raw)).int64!
    case .satSym: return max(symmetric, min(most, raw)).int64!
    case .satZero: return raw < least || raw > most ? 0 : raw.int64!
    case .wrap:
      let low = raw.modulo(powerOfTwo: format.width)
      return BigInteger(low) > most ? (BigInteger(low) - values).int64! : low
    }
  }

  static func converted(_ number: Rational, to format: FixedFormat, _ rule: Rounding, _ mode: Overflow) -> Int64 {
    let steps = number * Rational(raw: 1, fraction: -format.fraction)
    return fitted(rounded(steps, by: rule), into: format, by: mode)
  }
}
