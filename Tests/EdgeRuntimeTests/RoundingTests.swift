import EdgeRuntime
import Testing

/// The rules of ap_fixed, restated on exact binary fractions: a Double holds every value here exactly.
private func oracle(_ value: Int64, _ bits: Int, _ rule: Rounding) -> Int64 {
  var scale = 1.0
  for _ in 0..<bits { scale *= 2 }
  let exact = Double(value) / scale
  let rounded =
    switch rule {
    case .rnd: (exact + 0.5).rounded(.down)
    case .rndMinInf: (exact - 0.5).rounded(.up)
    case .rndZero: exact < 0 ? (exact + 0.5).rounded(.down) : (exact - 0.5).rounded(.up)
    case .rndInf: exact.rounded(.toNearestOrAwayFromZero)
    case .rndConv: exact.rounded(.toNearestOrEven)
    case .trn: exact.rounded(.down)
    case .trnZero: exact.rounded(.towardZero)
    }
  return Int64(rounded)
}

@Suite struct RoundingTests {
  @Test(arguments: Rounding.allCases)
  func everyRuleFollowsItsDefinition(rule: Rounding) {
    for bits in 0...8 {
      for value in Int64(-2048)...2048 {
        #expect(rule.shiftRight(value, by: bits) == oracle(value, bits, rule), "\(value) >> \(bits)")
      }
    }
  }

  /// Zeros below the value change nothing, up to the largest values and one place beyond a word's.
  @Test(arguments: Rounding.allCases)
  func scalingTheValueAndTheShiftAlikeChangesNothing(rule: Rounding) {
    for zeros in [20, 40, 55, 56, 60, 61, 62] {
      let greatest = Int64(1) << Int64(62 - zeros)
      for value in max(-65, -greatest)...min(65, greatest) {
        for bits in 0...8 {
          let scaled = rule.shiftRight(value << Int64(zeros), by: bits + zeros)
          #expect(scaled == rule.shiftRight(value, by: bits), "\(value) >> \(bits), \(zeros) zeros")
        }
      }
    }
  }

  @Test func whatIsFarBelowAStepIsStillRounded() {
    for bits in [64, 65, 1000, Int.max] {
      for value: Int64 in [1, 1 << 62] {
        for rule in Rounding.allCases {
          #expect(rule.shiftRight(value, by: bits) == 0)
          #expect(rule.shiftRight(-value, by: bits) == (rule == .trn ? -1 : 0))
        }
      }
    }
  }

  @Test func theTableOfTheDocumentationHolds() {
    let table: [(Rounding, [Int64])] = [
      (.rnd, [3, -2, 2, -2]), (.rndZero, [2, -2, 2, -2]), (.rndInf, [3, -3, 2, -2]), (.rndMinInf, [2, -3, 2, -2]),
      (.rndConv, [2, -2, 2, -2]), (.trn, [2, -3, 2, -3]), (.trnZero, [2, -2, 2, -2]),
    ]
    for (rule, expected) in table {
      #expect([10, -10, 9, -9].map { rule.shiftRight($0, by: 2) } == expected, "\(rule)")
    }
  }

  @Test func theRuntimesRequantisationIsRNDAndSAT() {
    let format = FixedFormat(width: 8, fraction: 0, isSigned: true)
    for shift in 0...12 {
      for value in stride(from: Int64(-1 << 20), through: 1 << 20, by: 997) {
        let expected = Overflow.sat.fit(Rounding.rnd.shiftRight(value, by: shift), into: format)
        let raw = requantize(Int32(value), shift: Int32(shift), minimum: -128, maximum: 127)
        #expect(Int64(raw) == expected)
      }
    }
  }
}

@Suite struct OverflowTests {
  @Test(arguments: 1...8, [true, false])
  func everyModeFollowsItsDefinition(width: Int, isSigned: Bool) {
    let format = FixedFormat(width: width, fraction: 0, isSigned: isSigned)
    let (least, most) = (format.minimumRaw, format.maximumRaw)
    let modulus = Int64(1) << Int64(width)
    for raw in Int64(-600)...600 {
      let inside = raw >= least && raw <= most
      #expect(Overflow.sat.fit(raw, into: format) == max(least, min(most, raw)))
      #expect(Overflow.satZero.fit(raw, into: format) == (inside ? raw : 0))
      // One signed bit has no symmetric range: as in AMD's headers it keeps -1.
      #expect(Overflow.satSym.fit(raw, into: format) == max(isSigned && width > 1 ? -most : least, min(most, raw)))
      let wrapped = Overflow.wrap.fit(raw, into: format)
      #expect(wrapped >= least && wrapped <= most && (wrapped - raw) % modulus == 0)
    }
  }

  /// A shift to the left is a multiplication; far beyond the format only sign and zero remain.
  @Test(arguments: 1...8, [true, false])
  func shiftingLeftIsMultiplying(width: Int, isSigned: Bool) {
    let format = FixedFormat(width: width, fraction: 0, isSigned: isSigned)
    for mode in Overflow.allCases {
      for raw in Int64(-300)...300 {
        for bits in 0...20 {
          #expect(mode.fit(raw, shiftedLeft: bits, into: format) == mode.fit(raw << Int64(bits), into: format))
        }
        for bits in [62, 63, 64, 1000, Int.max] where raw % 7 == 0 {
          #expect(mode.fit(raw, shiftedLeft: bits, into: format) == mode.fit(raw.signum() << 40, into: format))
        }
      }
    }
  }
}
