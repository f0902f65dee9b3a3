import EdgeRuntime
import Foundation
import Testing

@testable import Quantize

private func values(_ count: Int, seed: UInt64, reach: Float) -> [Float] {
  var state = seed
  return (0..<count).map { index in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    if index % 5 == 0 { return 0 }
    return (Float(state >> 40) / Float(1 << 24) * 2 - 1) * reach
  }
}

@Suite struct CalibrationChannelTests {
  private func recorded(_ images: [[Float]], channels: Int) -> ChannelHistograms {
    var histograms = ChannelHistograms(channels: channels)
    for image in images {
      let isRecorded = histograms.record(image)
      #expect(isRecorded)
    }
    return histograms
  }

  @Test func theOrderOfImagesMakesNoDifferenceNorDoesMerging() {
    let images = [values(90, seed: 1, reach: 0.01), values(90, seed: 2, reach: 70), values(90, seed: 3, reach: 3)]
    let all = recorded(images, channels: 3)
    #expect(all == recorded(images.reversed(), channels: 3))
    var merged = recorded([images[1]], channels: 3)
    merged.merge(recorded([images[0], images[2]], channels: 3))
    #expect(merged == all)
    #expect(all.total == 270)
  }

  @Test(arguments: [[Float(1), 1], [0.25, 8], [0.7, 1.3]])
  func aScaledTensorHasTheRangeAndTheErrorOfScaledValues(factors: [Float]) {
    let image = values(20_000, seed: 5, reach: 3)
    let scaled = image.enumerated().map { $1 * factors[$0 % 2] }
    let tensor = recorded([image], channels: 2).tensor(scaledBy: factors)
    #expect(tensor.minimum == scaled.min() && tensor.maximum == scaled.max())
    #expect(tensor.zeros == 8 * UInt64(scaled.count { $0 == 0 }) && tensor.total == 8 * 20_000)
    for fraction in [-1, 0, 2, 3] {
      let format = FixedFormat(width: 6, fraction: fraction, isSigned: true)
      let exact = scaled.reduce(0.0) { sum, value in
        let difference = format.number(format.raw(Double(value))) - Double(value)
        return sum + difference * difference
      }
      let ratio = tensor.squaredError(format) / 8 / exact
      #expect(0.9...1.1 ~= ratio, "fraction \(fraction): \(ratio)")
    }
  }

  @Test func everyValueLandsInTheBinAroundIt() {
    for value in [Float(0.1), 1, 1.999, 2, -0.1, -1, -2, 1e-20, -3e20, 0x1p-140] {
      let one = recorded([[value]], channels: 1)[0]
      let place = Double(value) * exp2(-Double(one.exponent))
      let bin = one.counts.firstIndex(of: 1).map { Double($0 - ChannelHistograms.binsPerSide) }
      #expect(bin == place.rounded(.down), "\(value)")
    }
  }

  @Test func zerosAreCountedApart() {
    let one = recorded([[0, 0, 0]], channels: 1)
    #expect(one.isConstant && one[0].zeros == 3 && one[0].counts.allSatisfy { $0 == 0 })
  }

  @Test func aRecordIsTakenOverAndOneThatNoRecordingMakesIsNot() {
    let all = recorded([values(90, seed: 1, reach: 7), values(90, seed: 2, reach: 70)], channels: 3)
    var copy = ChannelHistograms(channels: 3)
    for channel in 0..<3 {
      let isTaken = copy.set(channel, all[channel], values: 60)
      #expect(isTaken)
    }
    #expect(copy == all)
    let changes: [(inout ChannelHistograms.Channel) -> Void] = [
      { $0.zeros += 1 }, { $0.counts[200] += 1 }, { $0.counts[3] = .max }, { $0.exponent += 1 }, { $0.exponent = .min },
      { $0.maximum = .infinity }, { $0.minimum = .nan }, { ($0.minimum, $0.maximum) = (1, -1) },
      { $0.counts.removeLast() },
      { ($0.minimum, $0.maximum) = (0, 0) },
    ]
    for (number, change) in changes.enumerated() {
      var record = all[1]
      change(&record)
      let isTaken = copy.set(1, record, values: 60)
      #expect(!isTaken && copy == all, "change \(number)")
    }
  }

  @Test func anOutlierIsClippedFromTheReachAndAFlatDistributionIsNot() {
    let flat = (0..<5000).map { Float($0) / 5000 }
    #expect(recorded([flat], channels: 1).clippedReach(levels: 255)[0] > 0.98)
    let reach = recorded([flat + flat + [40]], channels: 1).clippedReach(levels: 7)[0]
    #expect(reach < 40 && reach >= 0.5)
    #expect(recorded([[0, 0]], channels: 1).clippedReach(levels: 255) == [0])
  }

  @Test func nothingIsRecordedOfValuesThatAreNotFinite() {
    var one = recorded([[1, 2]], channels: 2)
    let before = one
    let isRecorded = one.record([3, .nan])
    #expect(!isRecorded && one == before)
  }
}

@Suite struct CalibrationGatheringTests {
  /// Value 0 is the pixels as numbers, value 1 their squares.
  private static func run(_ pixels: [UInt8], _ visit: (Int, [Float]) -> Void) {
    visit(0, pixels.map { Float($0) })
    visit(1, pixels.map { Float($0) * Float($0) })
  }

  private func gather(_ count: Int, observed: [Int: Int]) throws -> Calibration {
    try Calibration.gather(
      observed: observed, valueCount: 2, imageCount: count, makeRunner: { Self.run },
      image: { index in (0..<9).map { UInt8(($0 * 31 + index * 7) % 256) } }, progress: { _ in })
  }

  @Test func everyObservedValueOfEveryImageCounts() throws {
    let calibration = try gather(13, observed: [1: 1])
    #expect(calibration.histograms[0] == nil)
    #expect(calibration.histograms[1]?.total == 13 * 9)
    #expect(calibration.imageCount == 13)
  }

  @Test func withoutImagesThereIsNoCalibration() {
    #expect(throws: CalibrationError.noImages) { try gather(0, observed: [0: 1]) }
  }

  @Test func aValueThatIsNotFiniteIsNamedWithItsImage() {
    #expect(throws: CalibrationError.notFinite(value: 0, image: 4)) {
      try Calibration.gather(
        observed: [0: 1], valueCount: 1, imageCount: 6,
        makeRunner: { { pixels, visit in visit(0, pixels[0] == 4 ? [.nan] : [1]) } }, image: { [UInt8($0)] },
        progress: { _ in })
    }
  }

  @Test func anImageThatCannotBeReadEndsTheCalibration() {
    struct Unreadable: Error {}
    #expect(throws: Unreadable.self) {
      try Calibration.gather(
        observed: [0: 1], valueCount: 2, imageCount: 6, makeRunner: { Self.run },
        image: { if $0 == 3 { throw Unreadable() } else { return [1] } }, progress: { _ in })
    }
  }
}
