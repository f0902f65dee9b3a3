import EdgeRuntime
import Quantize
import Testing

/// Sums of products, step by step beside exact fractions.
@Suite struct AccumulatorTests {
  /// Random accumulators of 1 to 32 bits, finer and coarser than their products, in every mode.
  @Test(arguments: Rounding.allCases, Overflow.allCases)
  func everyStepIsTheExactSumRoundedAndFitted(rule: Rounding, mode: Overflow) throws {
    var generator = SeededGenerator(seed: 11)
    for _ in 0..<40 {
      let a = format(1...16, fraction: -8...8, &generator)
      let b = format(1...16, fraction: -8...8, &generator)
      // About the products' range, so that some steps overflow and most don't.
      let shift = Int.random(in: -4...8, using: &generator)
      let sum = format(1...32, fraction: a.fraction + b.fraction - shift...a.fraction + b.fraction + 4, &generator)
      var accumulator = Accumulator(format: sum, rounding: rule, overflow: mode)
      var overflows = 0
      for _ in 0..<20 {
        let (x, y) = (number(a, &generator), number(b, &generator))
        let exact = Rational(accumulator.sum) + Rational(x) * Rational(y)
        let expected = ArithmeticOracle.converted(exact, to: sum, rule, mode)
        let rounded = ArithmeticOracle.rounded(exact * Rational(raw: 1, fraction: -sum.fraction), by: rule)
        if BigInteger(expected) != rounded { overflows += 1 }
        try accumulator.multiplyAdd(x, y)
        #expect(accumulator.sum.raw == expected, "\(x) * \(y) into \(sum)")
      }
      #expect(accumulator.overflows == overflows)
    }
  }

  /// A pixel of the runtime's convolution: int8 weights, uint8 activations, 32 bits that wrap, RND and SAT at the end.
  @Test func theRuntimesDotProductIsThisArithmetic() throws {
    var generator = SeededGenerator(seed: 5)
    let weight = FixedFormat(width: 8, fraction: 7, isSigned: true)
    let activation = FixedFormat(width: 8, fraction: 6, isSigned: false)
    let output = FixedFormat(width: 8, fraction: 4, isSigned: true)
    let sum = FixedFormat(width: 32, fraction: 13, isSigned: true)
    // The second bias overflows on its way: both wrap alike.
    for bias: Int32 in [-3000, .max - 40_000] {
      var accumulator = Accumulator(format: sum, start: Int64(bias))
      var runtime = bias
      for _ in 0..<100 {
        let (w, x) = (number(weight, &generator), number(activation, &generator))
        try accumulator.multiplyAdd(w, x)
        runtime &+= Int32(w.raw) &* Int32(x.raw)
        #expect(accumulator.sum.raw == Int64(runtime))
      }
      #expect((accumulator.overflows > 0) == (bias > 0))
      let raw = requantize(runtime, shift: 9, minimum: -128, maximum: 127)
      if runtime < .max - 256 { #expect(accumulator.sum.converted(to: output).raw == Int64(raw)) }
    }
  }

  /// Format changes of whole tensors, by every shift that the loader takes.
  @Test func theRuntimesRequantisationIsAConversion() {
    for shift in Int32(-15)...31 {
      let target = FixedFormat(width: 8, fraction: 3 - Int(shift), isSigned: true)
      for source in FixedFormat.every(2...16, fraction: 3) {
        for raw in stride(from: source.minimumRaw, through: source.maximumRaw, by: max(1, 1 << (source.width - 7))) {
          let number = FixedNumber(raw: raw, format: source)
          let runtime = Requantize.value(Int32(raw), shift: shift, minimum: -128, maximum: 127)
          #expect(number.converted(to: target).raw == Int64(runtime), "\(number) by \(shift)")
        }
      }
    }
  }

  @Test func aSumThatHasNoFormatIsRefusedAndLeavesTheAccumulatorAlone() throws {
    var accumulator = Accumulator(format: FixedFormat(width: 32, fraction: 0, isSigned: true), start: 7)
    let tiny = FixedNumber(raw: 1, format: FixedFormat(width: 8, fraction: 20, isSigned: true))
    #expect(throws: FixedPointError.tooWide(width: 73)) { try accumulator.multiplyAdd(tiny, tiny) }
    #expect(accumulator.sum.raw == 7 && accumulator.overflows == 0)
  }

  private func format(
    _ widths: ClosedRange<Int>, fraction: ClosedRange<Int>, _ generator: inout SeededGenerator
  ) -> FixedFormat {
    FixedFormat(
      width: .random(in: widths, using: &generator), fraction: .random(in: fraction, using: &generator),
      isSigned: .random(using: &generator))
  }

  private func number(_ format: FixedFormat, _ generator: inout SeededGenerator) -> FixedNumber {
    FixedNumber(raw: .random(in: format.minimumRaw...format.maximumRaw, using: &generator), format: format)
  }
}
