import EdgeRuntime
import Quantize
import Testing

@Suite struct ConversionTests {
  /// Every raw value of every format of up to 8 bits, into every format of up to 8 bits whose step is 2^dropped of its own,
  /// by every mode: 11 million conversions.
  @Test(arguments: -10...12)
  func everyNarrowConversionFollowsTheDefinition(dropped: Int) {
    let sources = FixedFormat.every(1...8, fraction: 3)
    let targets = FixedFormat.every(1...8, fraction: 3 - dropped)
    let fits = targets.flatMap { target in Overflow.allCases.map { (target: target, mode: $0) } }
    // What the definition makes of a rounded number, for each of `fits`.
    var fitted: [BigInteger: [Int64]] = [:]
    for raw in Int64(-128)...255 {
      let numbers = sources.filter { raw >= $0.minimumRaw && raw <= $0.maximumRaw }
        .map { FixedNumber(raw: raw, format: $0) }
      for rule in Rounding.allCases {
        let rounded = ArithmeticOracle.rounded(Rational(raw: raw, fraction: dropped), by: rule)
        let expected = fitted[rounded] ?? fits.map { ArithmeticOracle.fitted(rounded, into: $0.target, by: $0.mode) }
        fitted[rounded] = expected
        for ((target, mode), expected) in zip(fits, expected) {
          for number in numbers {
            let found = number.converted(to: target, rounding: rule, overflow: mode)
            guard found.raw == expected, found.format == target else {
              Issue.record("\(number) to \(target) by \(rule), \(mode): \(found.raw), not \(expected)")
              return
            }
          }
        }
      }
    }
  }

  /// Binary points as far apart as formats allow, where a shift would leave any machine word.
  @Test(arguments: [-256, -129, -65, -64, -63, -62, -61, -33, -31, 31, 33, 60, 61, 62, 63, 64, 65, 129, 256])
  func farBinaryPointsConvertExactly(dropped: Int) {
    let (from, to) = (dropped / 2, dropped / 2 - dropped)
    let sources = [1, 16, 62].flatMap { FixedFormat.every($0...$0, fraction: from) }
    let targets = [1, 9, 32].flatMap { FixedFormat.every($0...$0, fraction: to) }
    for source in sources {
      let (least, most) = (source.minimumRaw, source.maximumRaw)
      for raw in Set([least, least / 2, least / 2 - 1, -1, 0, 1, 5, most / 2, most / 2 + 1, most])
      where raw >= least && raw <= most {
        for rule in Rounding.allCases {
          let rounded = ArithmeticOracle.rounded(Rational(raw: raw, fraction: dropped), by: rule)
          for target in targets {
            for mode in Overflow.allCases {
              let found = FixedNumber(raw: raw, format: source).converted(to: target, rounding: rule, overflow: mode)
              let expected = ArithmeticOracle.fitted(rounded, into: target, by: mode)
              guard found.raw == expected else {
                Issue.record("\(raw) in \(source) to \(target) by \(rule), \(mode): \(found.raw), not \(expected)")
                return
              }
            }
          }
        }
      }
    }
  }

  @Test(arguments: Rounding.allCases, Overflow.allCases)
  func realNumbersConvertExactly(rule: Rounding, mode: Overflow) {
    var generator = SeededGenerator(seed: 3)
    for target in [-128, -20, 0, 3, 15, 128].flatMap({ FixedFormat.every(1...16, fraction: $0) }) {
      for _ in 0..<4 {
        // 53 random bits about the target's range, and halves of steps.
        let bits = Int64.random(in: -(1 << 53)...1 << 53, using: &generator)
        let below = Int.random(in: 30...70, using: &generator)
        let tie = Int64.random(in: -70_000...70_000, using: &generator) * 2 + 1
        for (raw, fraction) in [(bits, target.fraction + below), (tie, target.fraction + 1)] {
          let number = Double(sign: .plus, exponent: -fraction, significand: Double(raw))
          let expected = ArithmeticOracle.converted(Rational(raw: raw, fraction: fraction), to: target, rule, mode)
          #expect(
            target.raw(number, rounding: rule, overflow: mode) == expected, "\(raw) * 2^-\(fraction) to \(target)")
        }
      }
    }
  }

  @Test func theSmallestAndTheLargestDoublesConvert() {
    let format = FixedFormat(width: 8, fraction: 4, isSigned: true)
    let tiny = Double.leastNonzeroMagnitude
    #expect(format.raw(tiny) == 0 && format.raw(-tiny, rounding: .trn) == -1)
    #expect(format.raw(-tiny, rounding: .trnZero) == 0)
    for number in [Double.greatestFiniteMagnitude, .infinity] {
      #expect(format.raw(number) == 127 && format.raw(-number) == -128)
      #expect(format.raw(-number, overflow: .satSym) == -127)
      #expect(format.raw(number, overflow: .satZero) == 0 && format.raw(number, overflow: .wrap) == 0)
    }
  }

  @Test func wideningLosesNothing() {
    for source in FixedFormat.every(1...8, fraction: 3) {
      let wide = FixedFormat(width: source.width + 6, fraction: 8, isSigned: true)
      for raw in source.minimumRaw...source.maximumRaw {
        let number = FixedNumber(raw: raw, format: source)
        for mode in Overflow.allCases { #expect(number.converted(to: wide, overflow: mode).value == number.value) }
      }
    }
  }
}
