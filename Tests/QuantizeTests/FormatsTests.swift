import EdgeRuntime
import Foundation
import Testing

@testable import Quantize

private func histogram(_ values: [Float]) -> Histogram {
  var histograms = ChannelHistograms(channels: 1)
  let isRecorded = histograms.record(values)
  #expect(isRecorded)
  return histograms.tensor()
}

@Suite struct FormatsConversionTests {
  /// Half goes up, as in the runtime.
  @Test(arguments: [(2.5, 3), (-2.5, -2), (2.25, 2), (-2.25, -2), (-2.75, -3), (0, 0), (200, 127), (-200, -128)])
  func numbersRoundAsTheRuntimeDoes(number: Double, raw: Int64) {
    #expect(FixedFormat(width: 8, fraction: 0, isSigned: true).raw(number) == raw)
    #expect(FixedFormat(width: 8, fraction: 4, isSigned: true).raw(number / 16) == raw)
    #expect(FixedFormat(width: 8, fraction: -3, isSigned: true).raw(number * 8) == raw)
  }

  /// A hair below a half is below it.
  @Test func whatIsJustBelowAHalfGoesDown() {
    let format = FixedFormat(width: 8, fraction: 0, isSigned: true)
    #expect(format.unboundedRaw(0.5 - 0x1p-30) == 0 && format.unboundedRaw(0.5) == 1)
    #expect(format.unboundedRaw(-0.5 - 0x1p-30) == -1 && format.unboundedRaw(-0.5) == 0)
  }

  @Test func everyRawValueSurvivesTheWayToANumberAndBack() {
    for format in [
      FixedFormat(width: 8, fraction: 6, isSigned: true), FixedFormat(width: 7, fraction: -2, isSigned: false),
      FixedFormat(width: 12, fraction: 30, isSigned: true),
    ] {
      for raw in format.minimumRaw...format.maximumRaw { #expect(format.raw(format.number(raw)) == raw) }
    }
  }

  @Test func theCoveringFormatIsTheFinestThatClipsNothing() {
    for reach in [0.001, 0.4999, 0.5, 1, 1.99, 2, 127.4, 1e6] {
      for isSigned in [false, true] {
        let range = isSigned ? -reach...reach : 0...reach
        var format = FixedFormat.covering(range, width: 8, isSigned: isSigned)
        #expect(format.covers(reach) && format.covers(range.lowerBound))
        format.fraction += 1
        #expect(!format.covers(reach))
      }
    }
  }
}

@Suite struct FormatsActivationTests {
  @Test func aFlatDistributionIsNotClipped() {
    let flat = histogram((0..<4080).map { Float($0) / 1024 })
    for method in [CalibrationMethod.squaredError, .range, .percentile(99.99), .entropy] {
      #expect(
        flat.format(width: 8, isSigned: false, method: method) == FixedFormat(width: 8, fraction: 6, isSigned: false))
    }
  }

  /// Where steps are finer than bins a value costs a twelfth of a step's square; where they are not, what it loses at its bin's centre.
  @Test func squaredErrorsOfFineAndCoarseSteps() {
    let values = histogram([Float](repeating: 0.7, count: 10))
    let total = Double(values.total)
    let fine = FixedFormat(width: 16, fraction: 15, isSigned: false)
    #expect(abs(values.squaredError(fine) - total * 0x1p-30 / 12) < 1e-15)
    let coarse = FixedFormat(width: 4, fraction: 2, isSigned: false)
    // To 0.75: 0.05, give or take a bin of its channel and one of the tensor.
    #expect(abs((values.squaredError(coarse) / total).squareRoot() - 0.05) < 2 * values.binWidth)
  }

  @Test func oneOutlierIsClippedBySquaredErrorAndPercentileAndKeptByRange() {
    let values = (0..<1_000_000).map { Float($0 % 1000) / 1100 } + [2.5]
    let spiky = histogram(values)
    #expect(spiky.format(width: 8, isSigned: false, method: .range).fraction == 6)
    #expect(spiky.format(width: 8, isSigned: false, method: .percentile(99.99)).fraction == 8)
    #expect(spiky.format(width: 8, isSigned: false, method: .squaredError).fraction == 8)
  }

  @Test func squaredErrorFindsWhatTryingEveryFormatFinds() {
    // A Laplace distribution: most values small, a long tail.
    let values = (1..<20_000).map { index -> Float in
      let share = Float(index) / 20_000
      return share < 0.5 ? log(2 * share) : -log(2 - 2 * share)
    }
    for width in [4, 6, 8] {
      let best = (-4...12).map { FixedFormat(width: width, fraction: $0, isSigned: true) }
        .min { error(values, $0) < error(values, $1) }
      #expect(histogram(values).format(width: width, isSigned: true, method: .squaredError) == best)
    }
  }

  private func error(_ values: [Float], _ format: FixedFormat) -> Double {
    values.reduce(0) { sum, value in
      let difference = format.number(format.raw(Double(value))) - Double(value)
      return sum + difference * difference
    }
  }

  @Test(arguments: [CalibrationMethod.squaredError, .range, .percentile(99.9), .entropy])
  func deadAndConstantTensorsHaveFiniteFormats(method: CalibrationMethod) {
    #expect(Histogram().format(width: 8, isSigned: true, method: method).fraction == 6)
    #expect(histogram([0, 0]).format(width: 8, isSigned: false, method: method).fraction == 7)
    let constant = histogram([0.3, 0.3, 0.3]).format(width: 8, isSigned: false, method: method)
    #expect(constant.covers(0.3) && abs(constant.number(constant.raw(0.3)) - 0.3) < 0.002)
  }
}

@Suite struct FormatsWeightTests {
  private let input = FixedFormat(width: 8, fraction: 6, isSigned: false)
  private let output = FixedFormat(width: 8, fraction: 4, isSigned: true)

  @Test func weightsStaySymmetric() {
    for width in 2...8 {
      let limit = Int8((1 << (width - 1)) - 1)
      for weight in [Float(-9), -1, 0.3, 9] {
        #expect(-limit...limit ~= WeightFormat.raw(weight, fraction: width - 1, width: width))
      }
    }
  }

  @Test func channelsHaveFractionsOfTheirOwn() throws {
    let weights: [Float] = [0.9, -0.5, 0.1, 0.02, -0.01, 0.015]
    let quantized = try QuantizedWeights(weights: weights, bias: [0.5, 0.25], width: 8, input: input, output: output)
    #expect(quantized.fractions == [7, 12])
    #expect(quantized.shifts == [9, 14])
    #expect(quantized.raws == [115, -64, 13, 82, -41, 61])
    // At the accumulators' scales, 2^13 and 2^18.
    #expect(quantized.bias == [1 << 12, 1 << 16])
  }

  @Test func theBoundHoldsForTheWorstInput() throws {
    let weights: [Float] = [0.9, -0.5, 0.1]
    let quantized = try QuantizedWeights(weights: weights, bias: [-0.5], width: 8, input: input, output: output)
    let sum = quantized.raws.reduce(0) { $0 + abs(Int($1)) }
    #expect(Int(quantized.accumulatorBound) == 4096 + 256 + sum * 255)
  }

  @Test func anOutputFinerThanItsSumsGivesUpFractionBits() throws {
    let fine = FixedFormat(width: 16, fraction: 15, isSigned: true)
    let quantized = try QuantizedWeights(weights: [0.9], bias: [0], width: 8, input: input, output: fine)
    #expect(quantized.output.fraction == 13)
    #expect(quantized.shifts == [0])
  }

  @Test func sumsThatWouldLeave32BitsGetCoarserWeights() throws {
    let wide = FixedFormat(width: 16, fraction: 10, isSigned: true)
    let weights = [Float](repeating: 0.99, count: 4000)
    let quantized = try QuantizedWeights(weights: weights, bias: [0], width: 8, input: wide, output: output)
    #expect(quantized.accumulatorBound < 1 << 31)
    #expect(quantized.fractions[0] < 7)
    #expect(Int(quantized.shifts[0]) == 10 + quantized.fractions[0] - 4)
  }

  /// At eight bits dropped: a bias of 2^31 - 384 or 2^31 - 256, a half of 128, and a weight of 1 times 128.
  @Test func aSumOf2To31IsTooMuchAndOneThatIsLessIsNot() throws {
    let byte = FixedFormat(width: 8, fraction: 0, isSigned: true)
    let wide = FixedFormat(width: 16, fraction: 0, isSigned: true)
    for (bias, shift, bound) in [(Float(8_388_606.5), 8, 1 << 31 - 128), (8_388_607, 7, 1 << 30 + 64)] {
      let quantized = try QuantizedWeights(weights: [1 / 256], bias: [bias], width: 2, input: byte, output: wide)
      #expect(quantized.shifts == [UInt8(shift)] && quantized.raws == [1])
      #expect(Int(quantized.accumulatorBound) == bound)
    }
  }

  @Test func sumsThatNoScaleCanHoldAreRefused() {
    let format = FixedFormat(width: 8, fraction: 30, isSigned: true)
    #expect(throws: QuantizationError.accumulatorOverflow(channel: 1)) {
      try QuantizedWeights(weights: [0.5, 0.5], bias: [0, 1e6], width: 8, input: input, output: format)
    }
  }

  @Test func deadChannelsKeepTheirBias() throws {
    let quantized = try QuantizedWeights(
      weights: [0, 0, 0.5, 0.5], bias: [1.5, 0], width: 8, input: input, output: output)
    #expect(quantized.raws[..<2] == [0, 0])
    let raw = requantize(quantized.bias[0], shift: Int32(quantized.shifts[0]), minimum: -128, maximum: 127)
    #expect(output.number(Int64(raw)) == 1.5)
  }

  @Test func numbersThatAreNotFiniteAreRefused() {
    #expect(throws: QuantizationError.notFinite(channel: 1)) {
      try QuantizedWeights(weights: [1, .nan], bias: [0, 0], width: 8, input: input, output: output)
    }
    #expect(throws: QuantizationError.notFinite(channel: 0)) {
      try QuantizedWeights(weights: [1, 1], bias: [.infinity, 0], width: 8, input: input, output: output)
    }
  }

  @Test func weightsOnAGridKeepIt() throws {
    let grid = WeightGrid(width: 4, fractions: [3, 5])
    let weights: [Float] = [0.875, -0.25, 0, 0.03125]
    let quantized = try QuantizedWeights(weights: weights, bias: [0, 0], grid: grid, input: input, output: output)
    #expect(quantized.raws == [7, -2, 0, 1] && quantized.fractions == [3, 5] && quantized.shifts == [5, 7])
    // More than 31 bits would have to be dropped.
    let far = WeightGrid(width: 4, fractions: [60, 5])
    #expect(throws: QuantizationError.unreachableGrid(channel: 0)) {
      try QuantizedWeights(
        weights: [0x1p-60, 0, 0, 0.03125], bias: [0, 0], grid: far, input: input, output: output)
    }
  }

  /// A hundred weights of an eighth are worth more than one of a half, which is clipped to an eighth.
  @Test func aFewLargeWeightsAreClippedWhereThatPays() {
    #expect(WeightFormat.fraction([Float](repeating: 0.125, count: 100) + [0.5], width: 2) == 3)
    #expect(WeightFormat.fraction([0.125, 0.5], width: 2) == 1)
  }

  /// Weights that are steps of one number get it; a lone large one is clipped, at 15/42 of it at most, where that pays.
  @Test func theBestStepHasTheLeastError() throws {
    #expect(WeightFormat.bestStep([0, 0], width: 4) == nil)
    #expect(try #require(WeightFormat.bestStep([0.7, -0.7, 0.1, 0.3], width: 4)) == Double(Float(0.7)) / 7)
    let outlier: [Float] = [Float](repeating: 0.1, count: 100) + [0.32]
    let step = try #require(WeightFormat.bestStep(outlier[...], width: 2))
    #expect(abs(step - Double(Float(0.32)) * 15 / 42) < 1e-9)
  }
}
