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

private func histogram(_ parts: [[Float]]) -> Histogram {
  var histogram = Histogram()
  for part in parts {
    let isRecorded = histogram.record(part)
    #expect(isRecorded)
  }
  return histogram
}

@Suite struct CalibrationHistogramTests {
  @Test func theOrderOfImagesMakesNoDifference() {
    let parts = [values(100, seed: 1, reach: 0.01), values(100, seed: 2, reach: 70), values(100, seed: 3, reach: 3)]
    #expect(histogram(parts) == histogram(parts.reversed()))
  }

  @Test func mergingEqualsRecordingEverything() {
    let parts = [values(500, seed: 1, reach: 0.3), values(500, seed: 2, reach: 900)]
    var merged = histogram([parts[0]])
    merged.merge(histogram([parts[1]]))
    #expect(merged == histogram(parts))
    var other = histogram([parts[1]])
    other.merge(histogram([parts[0]]))
    #expect(merged == other)
    #expect(merged.total == 1000)
  }

  @Test func everyValueLandsInTheBinAroundIt() {
    for value in [Float(0.1), 1, 1.999, 2, -0.1, -1, -2, 1e-20, -3e20] {
      let one = histogram([[value]])
      let bin = one.counts.firstIndex(of: 1)
      #expect(bin.map { abs(one.centre($0) - Double(value)) <= one.binWidth / 2 } == true, "\(value)")
    }
  }

  @Test func nothingIsRecordedOfValuesThatAreNotFinite() {
    for bad in [Float.nan, .infinity, -.infinity] {
      var one = histogram([[1, 2]])
      let before = one
      let isRecorded = one.record([1, bad, 3])
      #expect(!isRecorded)
      #expect(one == before)
    }
  }

  @Test func zerosAreCountedApart() {
    let one = histogram([[0, 0, 0]])
    #expect(one.zeros == 3)
    #expect(one.isConstant)
    #expect(one.counts.isEmpty)
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
    let direct = histogram([scaled])
    #expect(tensor.minimum == direct.minimum && tensor.maximum == direct.maximum)
    #expect(tensor.zeros == direct.zeros * 8 && tensor.total == direct.total * 8)
    for fraction in [-1, 0, 2, 3] {
      let format = FixedFormat(width: 6, fraction: fraction, isSigned: true)
      let ratio = tensor.squaredError(format) / 8 / direct.squaredError(format)
      #expect(0.9...1.1 ~= ratio, "fraction \(fraction): \(ratio)")
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
