import Foundation
import Testing

@testable import Quantize

/// Functions of one number: their values, and what their forms tell.
@Suite struct PointwiseFunctionTests {
  private let x = PointwiseFunction.argument
  private let slopes = PointwiseFunction.constant([0.5, -2])

  private func leaky(_ slope: PointwiseFunction) -> PointwiseFunction {
    .clip(x, least: 0, greatest: .infinity) + slope * .clip(x, least: -.infinity, greatest: 0)
  }

  @Test func valuesAreThoseOfTheFormula() {
    let arguments = [-40, -1.5, 0, 0.25, 3, 800]
    let cases: [(PointwiseFunction, (Double) -> Double)] = [
      (x * .unary(.sigmoid, x), { $0 / (1 + exp(-$0)) }), (.unary(.softplus, x), { $0 > 30 ? $0 : log(1 + exp($0)) }),
      (.unary(.errorFunction, x), erf), (.binary(.power, x, .constant(2)), { $0 * $0 }),
      (.choice(.binary(.greater, x, .constant(1)), x - .constant(1), .constant(7)), { $0 > 1 ? $0 - 1 : 7 }),
      (.unary(.exponential, .clip(x, least: -2, greatest: 1)), { exp(min(max($0, -2), 1)) }),
      (.unary(.negate, .unary(.magnitude, x)) / .constant(3), { -abs($0) / 3 }),
    ]
    for (function, expected) in cases {
      for (argument, found) in zip(arguments, function.values(at: arguments)) {
        #expect(
          abs(found - expected(argument)) <= 1e-12 * max(1, abs(expected(argument))), "\(function) at \(argument)")
      }
    }
  }

  @Test func constantsRunThroughTheChannels() {
    #expect(leaky(slopes).values(at: [-1, -1, 2, 2, -4, 3]) == [-0.5, 2, 2, 2, -2, 3])
    // Without an argument, too.
    #expect(slopes.values(at: [9, 9, 9, 9]) == [0.5, -2, 0.5, -2])
    #expect((slopes * .constant(2)).differsByChannel && !(x * .constant(2)).differsByChannel)
    #expect(leaky(slopes).hasConstants(for: 2) && !leaky(slopes).hasConstants(for: 3))
  }

  @Test func aFunctionOfAFunctionTakesItsPlace() {
    let joined = (x * x).of(x + .constant(1))
    #expect(joined.values(at: [2, -3]) == [9, 4])
    #expect(joined.terms == 5)
  }

  @Test func batchNormsOfOneScaleHaveOneConstant() {
    #expect(PointwiseFunction.channelwise(scale: [2, 2], shift: [0, 0]) == x * .constant(2))
    #expect(PointwiseFunction.channelwise(scale: [1, 1], shift: [1, 3]) == x + .constant([1, 3]))
    #expect(PointwiseFunction.channelwise(scale: [1], shift: [0]) == x)
  }

  /// Equalisation relies on it, so that a wrong yes would change what a network computes.
  @Test func homogeneousFunctionsAreFoundByTheirForm() {
    let positive = PointwiseFunction.binary(.greater, x, .constant(0))
    let homogeneous = [
      leaky(.constant(0.1)), leaky(slopes), .unary(.magnitude, x), x * x / .unary(.magnitude, x),
      .binary(.maximum, x, .constant(0.2) * x), .choice(positive, x, .constant(0.1) * x),
      .choice(positive, .constant(0), x),
    ]
    let others: [PointwiseFunction] = [
      .clip(x, least: 0, greatest: 6), .unary(.sigmoid, x), x * x, x + .constant(1), .constant(1), x * .unary(.tanh, x),
      .binary(.maximum, x, .constant(-1)), .choice(.binary(.greater, x, .constant(1)), x, .constant(0)),
      .binary(.power, x, .constant(1)), .unary(.exponential, .clip(x, least: 0, greatest: .infinity)),
    ]
    for function in homogeneous {
      #expect(function.isHomogeneous, "\(function)")
      for factor in [0.25, 3] {
        let arguments = [-2, -0.5, 0.75, 4]
        let scaled = function.values(at: arguments.map { factor * $0 })
        for (left, right) in zip(scaled, function.values(at: arguments)) { #expect(abs(left - factor * right) < 1e-12) }
      }
    }
    for function in others { #expect(!function.isHomogeneous, "\(function)") }
  }

  /// Unsigned formats rely on it.
  @Test func functionsThatAreNeverNegativeAreFoundByTheirForm() {
    let always: [PointwiseFunction] = [
      .unary(.sigmoid, x), .unary(.softplus, x), .unary(.magnitude, x), x * x, .clip(x, least: 0, greatest: 6),
      .binary(.equal, x, .constant(1)), .unary(.exponential, x) + .unary(.squareRoot, x),
    ]
    let forNonNegative: [PointwiseFunction] = [
      x, .unary(.tanh, x), x / .constant(3), .binary(.minimum, x, .constant(1)),
    ]
    let never: [PointwiseFunction] = [
      x - .constant(1), .unary(.negate, x), x * .constant(-1), .unary(.logarithm, x), .constant([1, -1]),
    ]
    for function in always { #expect(function.isNonNegative(ofNonNegative: false), "\(function)") }
    for function in forNonNegative {
      #expect(
        function.isNonNegative(ofNonNegative: true) && !function.isNonNegative(ofNonNegative: false), "\(function)")
    }
    for function in never { #expect(!function.isNonNegative(ofNonNegative: true), "\(function)") }
  }
}
