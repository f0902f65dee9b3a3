import EdgeRuntime
import Quantize
import Testing

/// Sums, differences and products against exact fractions.
@Suite struct ExactArithmeticTests {
  static let pairs: [(FixedFormat, FixedFormat)] = [
    (FixedFormat(width: 8, fraction: 4, isSigned: true), FixedFormat(width: 8, fraction: 7, isSigned: true)),
    (FixedFormat(width: 8, fraction: 10, isSigned: false), FixedFormat(width: 8, fraction: -3, isSigned: true)),
    (FixedFormat(width: 7, fraction: 0, isSigned: false), FixedFormat(width: 8, fraction: 0, isSigned: false)),
    (FixedFormat(width: 5, fraction: -20, isSigned: true), FixedFormat(width: 8, fraction: 20, isSigned: false)),
    (FixedFormat(width: 1, fraction: 0, isSigned: true), FixedFormat(width: 8, fraction: 1, isSigned: true)),
    (FixedFormat(width: 1, fraction: 2, isSigned: false), FixedFormat(width: 1, fraction: -2, isSigned: true)),
  ]

  /// Every raw value beside every other: the results are exact.
  @Test(arguments: pairs)
  func everyPairOfNarrowNumbersGivesTheExactResult(a: FixedFormat, b: FixedFormat) throws {
    for x in a.minimumRaw...a.maximumRaw {
      for y in b.minimumRaw...b.maximumRaw {
        let (x, y) = (FixedNumber(raw: x, format: a), FixedNumber(raw: y, format: b))
        let (exactX, exactY) = (Rational(x), Rational(y))
        let results = [
          (try x + y, exactX + exactY), (try x - y, exactX - exactY), (try y - x, exactY - exactX),
          (try x * y, exactX * exactY),
        ]
        guard results.allSatisfy({ Rational($0) == $1 }) else {
          Issue.record("\(x) and \(y): \(results.map(\.0))")
          return
        }
      }
    }
  }

  @Test func everyNarrowNumberHasItsNegative() throws {
    for format in FixedFormat.every(1...8, fraction: 3) {
      for raw in format.minimumRaw...format.maximumRaw {
        let number = FixedNumber(raw: raw, format: format)
        #expect(Rational(try -number) == -Rational(number))
      }
    }
  }

  @Test func resultsHaveTheFormatsOfAPFixed() throws {
    // ap_fixed<8, 3> and ap_ufixed<6, 4>.
    let a = FixedFormat(width: 8, fraction: 5, isSigned: true)
    let b = FixedFormat(width: 6, fraction: 2, isSigned: false)
    #expect(try a.sum(with: b) == FixedFormat(width: 11, fraction: 5, isSigned: true))
    #expect(try b.sum(with: b) == FixedFormat(width: 7, fraction: 2, isSigned: false))
    #expect(try b.difference(with: b) == FixedFormat(width: 7, fraction: 2, isSigned: true))
    #expect(try a.product(with: b) == FixedFormat(width: 14, fraction: 7, isSigned: true))
    #expect(try b.negation() == FixedFormat(width: 7, fraction: 2, isSigned: true))
    #expect(a.integerBits == 3)
  }

  /// What decides is the formats, not the raw values.
  @Test func resultsThatNoFormatHoldsAreRefused() throws {
    let high = FixedNumber(raw: 0, format: FixedFormat(width: 16, fraction: -23, isSigned: true))
    let low = FixedNumber(raw: 0, format: FixedFormat(width: 16, fraction: 22, isSigned: true))
    let lower = FixedNumber(raw: 0, format: FixedFormat(width: 16, fraction: 23, isSigned: true))
    #expect(try (high + low).format.width == 62)
    #expect(throws: FixedPointError.tooWide(width: 63)) { try high + lower }
    #expect(throws: FixedPointError.tooWide(width: 63)) { try lower - high }
    let wide = FixedNumber(raw: 1 << 30, format: FixedFormat(width: 32, fraction: 0, isSigned: false))
    #expect(throws: FixedPointError.tooWide(width: 64)) { try wide * wide }
    #expect(throws: FixedPointError.fractionOutOfRange(fraction: 129)) { try low.scaled(byPowerOfTwo: -107) }
    #expect(throws: FixedPointError.tooWide(width: 63)) { try -(high + low) }
  }

  /// n terms of the largest magnitude fit and, where they are signed, not in one bit less.
  @Test(arguments: [1, 2, 3, 4, 5, 9, 1024, 1025])
  func guardBitsHoldASum(terms: Int) throws {
    for format in FixedFormat.every(1...9, fraction: 2) {
      let sum = try format.accumulated(terms: terms)
      let (least, most) = (Int64(terms) * format.minimumRaw, Int64(terms) * format.maximumRaw)
      #expect(least >= sum.minimumRaw && most <= sum.maximumRaw)
      #expect(sum.fraction == 2 && sum.isSigned == format.isSigned)
      if format.isSigned { #expect(sum.width == 1 || least < sum.minimumRaw / 2) }
    }
  }
}

@Suite struct ShiftTests {
  @Test func scalingMovesThePointAndKeepsEveryBit() throws {
    for format in FixedFormat.every(1...8, fraction: 3) {
      for raw in format.minimumRaw...format.maximumRaw {
        let number = FixedNumber(raw: raw, format: format)
        for bits in [-100, -9, -1, 0, 1, 9, 100] {
          let scaled = try number.scaled(byPowerOfTwo: bits)
          #expect(scaled.raw == raw && Rational(scaled) == Rational(number) * Rational(raw: 1, fraction: -bits))
        }
      }
    }
  }

  @Test(arguments: Rounding.allCases)
  func shiftingKeepsTheFormat(rule: Rounding) {
    for format in FixedFormat.every(1...8, fraction: 3) {
      for raw in format.minimumRaw...format.maximumRaw {
        let number = FixedNumber(raw: raw, format: format)
        for bits in [-9, -8, -3, -1, 0, 1, 4, 8] {
          let rounded = ArithmeticOracle.rounded(Rational(raw: raw, fraction: -bits), by: rule)
          for mode in Overflow.allCases {
            let shifted = number.shifted(by: bits, rounding: rule, overflow: mode)
            let expected = ArithmeticOracle.fitted(rounded, into: format, by: mode)
            guard shifted.raw == expected, shifted.format == format else {
              Issue.record("\(number) shifted by \(bits), \(mode): \(shifted.raw), not \(expected)")
              return
            }
          }
        }
      }
    }
  }

  @Test func shiftsDropAndWrapUnlessTold() {
    let number = FixedNumber(raw: -77, format: FixedFormat(width: 8, fraction: 4, isSigned: true))
    #expect(number.shifted(by: -1).raw == -39)
    #expect(number.shifted(by: 1).raw == 102)
  }
}
