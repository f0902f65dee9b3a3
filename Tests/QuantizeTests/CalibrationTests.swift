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

@Suite struct CalibrationGatheringTests {
  /// Value 0 is the pixels as numbers, value 1 their squares.
  private static func run(_ pixels: [UInt8], _ visit: (Int, [Float]) -> Void) {
    visit(0, pixels.map { Float($0) })
    visit(1, pixels.map { Float($0) * Float($0) })
  }

  private func gather(_ count: Int, observed: Set<Int>) throws -> Calibration {
    try Calibration.gather(
      observed: observed, valueCount: 2, imageCount: count, makeRunner: { Self.run },
      image: { index in (0..<9).map { UInt8(($0 * 31 + index * 7) % 256) } }, progress: { _ in })
  }

  @Test func everyObservedValueOfEveryImageCounts() throws {
    let calibration = try gather(13, observed: [1])
    #expect(calibration.histograms[0] == nil)
    #expect(calibration.histograms[1]?.total == 13 * 9)
    #expect(calibration.imageCount == 13)
  }

  @Test func withoutImagesThereIsNoCalibration() {
    #expect(throws: CalibrationError.noImages) { try gather(0, observed: [0]) }
  }

  @Test func aValueThatIsNotFiniteIsNamedWithItsImage() {
    #expect(throws: CalibrationError.notFinite(value: 0, image: 4)) {
      try Calibration.gather(
        observed: [0], valueCount: 1, imageCount: 6,
        makeRunner: { { pixels, visit in visit(0, pixels[0] == 4 ? [.nan] : [1]) } }, image: { [UInt8($0)] },
        progress: { _ in })
    }
  }

  @Test func anImageThatCannotBeReadEndsTheCalibration() {
    struct Unreadable: Error {}
    #expect(throws: Unreadable.self) {
      try Calibration.gather(
        observed: [0], valueCount: 2, imageCount: 6, makeRunner: { Self.run },
        image: { if $0 == 3 { throw Unreadable() } else { return [1] } }, progress: { _ in })
    }
  }
}
