import EdgeRuntime
import Testing

@testable import Quantize

/// The layers' loops over 64-bit numbers, by examples that can be added up by hand.
@Suite struct DoubleArithmeticTests {
  private let image: [Double] = [1, 2, 3, 4, 5, 6]
  private let shape = Shape(height: 2, width: 3, channels: 1)

  @Test func aConvolutionAddsItsProductsAndBias() {
    var arithmetic = DoubleArithmetic()
    let geometry = FloatConvolution(weights: [0, 0], bias: [0], kernel: Extent(1, 2))
    let output = arithmetic.convolve(
      image, shape, geometry, weights: [10, -1], bias: [0.5], outputShape: Shape(height: 2, width: 2, channels: 1))
    #expect(output == [8.5, 17.5, 35.5, 44.5])
  }

  @Test func poolsTakeTheGreatestAndTheSum() {
    let arithmetic = DoubleArithmetic()
    let pool = FloatPool(kernel: Extent(2, 2), stride: Extent(1, 1))
    let small = Shape(height: 1, width: 2, channels: 1)
    #expect(arithmetic.maximum(image, shape, pool, outputShape: small) == [5, 6])
    #expect(arithmetic.sum(image, shape, pool, outputShape: small) == [12, 16])
  }

  @Test func theIdentitySamplesTheImageAndHalfAPixelItsNeighboursMean() {
    let arithmetic = DoubleArithmetic()
    let sampler = FloatSampler(alignCorners: false)
    let identity: [Double] = [1, 0, 0, 0, 1, 0]
    let same = arithmetic.sample(image, shape, theta: identity, sampler, outputShape: shape)
    for (found, wanted) in zip(same, image) { #expect(abs(found - wanted) < 1e-12) }
    // A third of the width is one pixel: half of it, to the right.
    let shifted = arithmetic.sample(image, shape, theta: [1, 0, 1 / 3, 0, 1, 0], sampler, outputShape: shape)
    for (found, wanted) in zip(shifted, [1.5, 2.5, 1.5, 4.5, 5.5, 3]) { #expect(abs(found - wanted) < 1e-12) }
  }

  @Test func joinedImagesLieSideBySide() {
    #expect(DoubleArithmetic().concatenate([[1, 2], [3, 4, 5, 6]], pixels: 2) == [1, 3, 4, 2, 5, 6])
  }
}

@Suite struct ConcurrentMapTests {
  private struct Refusal: Error, Equatable { var index: Int }

  @Test(arguments: [0, 1, 7, 100]) func resultsComeInOrder(_ count: Int) throws {
    let squares = try concurrentMap(count, prepare: { 3 }) { state, index in state * index * index }
    #expect(squares == (0..<count).map { 3 * $0 * $0 })
    let rows = try concurrentRows(count, of: 2, prepare: { Float(2) }) { state, index in [Float(index), state] }
    #expect(rows == (0..<count).flatMap { [Float($0), 2] })
  }

  @Test func anErrorIsTold() {
    #expect(throws: Refusal.self) {
      try concurrentMap(9, prepare: {}) { _, index in if index >= 4 { throw Refusal(index: index) } }
    }
    #expect(throws: Refusal(index: -1)) {
      try concurrentRows(9, of: 1, prepare: { throw Refusal(index: -1) }) { (_: Int, _) in [0] }
    }
  }
}
