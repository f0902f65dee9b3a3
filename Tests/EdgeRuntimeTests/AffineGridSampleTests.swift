import EdgeRuntime
import Foundation
import Testing

@Suite struct AffineGridSampleTests {
  /// Samples `image` (height x width x 1, unsigned 8 bits) with a real-valued theta rounded to 13 fraction bits.
  private func sample(_ image: [UInt8], height: Int, width: Int, theta: [Double]) -> [UInt8] {
    func axis(_ extent: Int, along: Int, across: Int) -> AffineGridParameters.Axis {
      func q16(_ value: Double) -> Int32 { Int32((value * 65536).rounded()) }
      let half = Double(extent) / 2
      return AffineGridParameters.Axis(
        a0: q16((1 / Double(along) - 1) * half), a1: q16(Double(extent) / Double(along)),
        b0: q16((1 / Double(across) - 1) * half), b1: q16(Double(extent) / Double(across)), c: q16(half),
        d: q16((Double(extent) - 1) / 2))
    }
    let source = Memory(image)
    let raw = Memory(theta.map { Int16(($0 * 8192).rounded()) })
    let output = Memory([UInt8](repeating: 77, count: image.count))
    unsafe AffineGridSample.reference(
      AffineGridSampleArguments(
        parameters: AffineGridParameters(
          x: axis(width, along: width, across: height), y: axis(height, along: width, across: height)),
        image: source.pointer, imageHeight: height, imageWidth: width, channels: 1,
        format: FixedFormat(width: 8, fraction: 8, isSigned: false), theta: raw.pointer, thetaFraction: 13,
        output: output.pointer, outputHeight: height, outputWidth: width, minimum: 0, maximum: 255))
    return output.elements
  }

  /// The formula of the spatial transformer's paper in floating point (align_corners false, zeros outside).
  private func real(_ image: [UInt8], height: Int, width: Int, theta t: [Double]) -> [Double] {
    var result: [Double] = []
    for i in 0..<height {
      for j in 0..<width {
        let (xn, yn) = (Double(2 * j + 1) / Double(width) - 1, Double(2 * i + 1) / Double(height) - 1)
        let x = ((t[0] * xn + t[1] * yn + t[2] + 1) * Double(width) - 1) / 2
        let y = ((t[3] * xn + t[4] * yn + t[5] + 1) * Double(height) - 1) / 2
        var sum = 0.0
        for n in 0..<height {
          for m in 0..<width {
            sum += Double(image[n * width + m]) * max(0, 1 - abs(x - Double(m))) * max(0, 1 - abs(y - Double(n)))
          }
        }
        result.append(sum)
      }
    }
    return result
  }

  private func noise(_ count: Int, seed: UInt64) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  @Test func theIdentityCopiesTheImage() {
    let image = noise(12 * 9, seed: 1)
    #expect(sample(image, height: 12, width: 9, theta: [1, 0, 0, 0, 1, 0]) == image)
  }

  @Test func aShiftByOnePixelBringsZerosIn() {
    let image = noise(64, seed: 2)
    let shifted = sample(image, height: 8, width: 8, theta: [1, 0, 0.25, 0, 1, 0])
    for row in 0..<8 {
      let expected: [UInt8] = Array(image[row * 8 + 1..<row * 8 + 8]) + [0]
      #expect(Array(shifted[row * 8..<row * 8 + 8]) == expected)
    }
  }

  /// Theta is exact in 13 bits here, so only the coordinate's rounding to 1/128 pixel (255/256 grey levels on each axis for
  /// neighbours that differ by 255) and the last rounding remain: 2 * 255/256 + 1/2, and a little for their product.
  @Test(arguments: 1...20)
  func staysNearTheRealFormula(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let theta = (0..<6).map { index in
      let centre = index == 0 || index == 4 ? 1.0 : 0.0
      return (Double.random(in: centre - 0.6...centre + 0.6, using: &generator) * 8192).rounded() / 8192
    }
    let image = noise(16 * 11, seed: UInt64(seed) + 100)
    let fixed = sample(image, height: 16, width: 11, theta: theta)
    for (fixed, exact) in zip(fixed, real(image, height: 16, width: 11, theta: theta)) {
      let error = abs(Double(fixed) - exact)
      #expect(error < 2.6)
    }
  }

  @Test func farAwayThetasSampleOnlyZeros() {
    let image = noise(64, seed: 3)
    #expect(sample(image, height: 8, width: 8, theta: [0, 0, 3.9, 0, 0, -3.9]) == [UInt8](repeating: 0, count: 64))
  }

  /// A row of `image` sampled by the reference at the pixel places `first`, `first + step`, ...: theta's 13 fraction bits hold
  /// both exactly.
  private func row(
    _ image: [UInt8], first: Double, step: Double, count: Int,
    _ outside: AffineGridParameters.Outside, _ interpolation: AffineGridParameters.Interpolation = .bilinear
  ) -> [UInt8] {
    let still = AffineGridParameters.Axis(a0: 0, a1: 0, b0: 0, b1: 0, c: 0, d: 0)
    let source = Memory(image)
    let raw = Memory([step, 0, first, 0, 0, 0].map { Int16($0 * 8192) })
    let output = Memory([UInt8](repeating: 77, count: count))
    unsafe AffineGridSample.reference(
      AffineGridSampleArguments(
        parameters: AffineGridParameters(
          interpolation: interpolation, outside: outside,
          x: AffineGridParameters.Axis(a0: 0, a1: 1 << 16, b0: 0, b1: 0, c: 16 << 16, d: 0), y: still),
        image: source.pointer, imageHeight: 1, imageWidth: image.count, channels: 1,
        format: FixedFormat(width: 8, fraction: 0, isSigned: false), theta: raw.pointer, thetaFraction: 13,
        output: output.pointer, outputHeight: 1, outputWidth: count, minimum: 0, maximum: 255))
    return output.elements
  }

  /// Ten places, from four pixels before the image on.
  @Test func whatLiesOutsideGoesOnAsItsNameSays() {
    func around(_ outside: AffineGridParameters.Outside) -> [UInt8] {
      row([1, 2, 3], first: -4 / 16, step: 1, count: 10, outside)
    }
    #expect(around(.zeros) == [0, 0, 0, 0, 1, 2, 3, 0, 0, 0])
    #expect(around(.border) == [1, 1, 1, 1, 1, 2, 3, 3, 3, 3])
    #expect(around(.reflectionAtEdges) == [3, 3, 2, 1, 1, 2, 3, 3, 2, 1])
    #expect(around(.reflectionAtCentres) == [1, 2, 3, 2, 1, 2, 3, 2, 1, 2])
  }

  @Test func betweenTwoPixelsTheNearestIsTheEvenOne() {
    // -1.5, -0.5, 0.5 and so on; then a 128th of a pixel before 1.5, and one behind it.
    #expect(row([1, 2, 3, 4], first: -1.5 / 16, step: 1, count: 7, .zeros, .nearest) == [0, 1, 1, 3, 3, 0, 0])
    #expect(
      row([1, 2, 3, 4], first: -1.5 / 16, step: 1, count: 7, .reflectionAtEdges, .nearest) == [2, 1, 1, 3, 3, 4, 4])
    let near = 1.0 / 128
    #expect(row([1, 2, 3, 4], first: (1.5 - near) / 16, step: 2 * near, count: 2, .zeros, .nearest) == [2, 3])
  }

  @Test(arguments: [AffineGridParameters.Outside.border, .reflectionAtEdges, .reflectionAtCentres])
  func onePixelIsSeenFromEverywhere(outside: AffineGridParameters.Outside) {
    #expect(row([9], first: -3.3, step: 1.7, count: 40, outside) == [UInt8](repeating: 9, count: 40))
    #expect(row([9], first: 3.9, step: -3.3, count: 40, outside, .nearest) == [UInt8](repeating: 9, count: 40))
  }

  @Test func placesFarOutsideSaturate() {
    let axis = AffineGridParameters.Axis(a0: 0, a1: 0, b0: 0, b1: 0, c: 0, d: 0)
    let parameters = AffineGridParameters(x: axis, y: axis)
    for (place, wanted) in [(Int64(1) << 40, 1 << 24), (-1 << 40, -1 << 24), (1 << 24, 1 << 24), (300, 300)] {
      #expect(parameters.settled(place, size: 5) == wanted)
    }
  }
}
