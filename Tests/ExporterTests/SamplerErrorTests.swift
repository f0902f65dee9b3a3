import EdgeRuntime
import Exporter
import Quantize
import Testing

/// The fixed-point sampler, with the constants that the exporter gives it, against the same sampler in real arithmetic.
@Suite("A sampler's error")
struct SamplerErrorTests {
  /// Raw 8-bit values, and theta in 13 fraction bits.
  private struct Problem {
    var source: Shape
    var target: Shape
    var sampler: FloatSampler
    var theta: [Int16]
    var image: [UInt8]

    init(seed: UInt64) {
      var generator = SplitMix(state: seed)
      func extent() -> Int { Int.random(in: 1...20, using: &generator) }
      let channels = Int.random(in: 1...2, using: &generator)
      source = Shape(height: extent(), width: extent(), channels: channels)
      target = Shape(height: extent(), width: extent(), channels: channels)
      let outsides: [AffineGridParameters.Outside] = [.zeros, .border, .reflectionAtEdges, .reflectionAtCentres]
      sampler = FloatSampler(
        interpolation: Bool.random(using: &generator) ? .bilinear : .nearest,
        outside: outsides.randomElement(using: &generator)!, targetAlignsCorners: Bool.random(using: &generator),
        sourceAlignsCorners: Bool.random(using: &generator))
      // Near the identity, or any shear and shift that 13 fraction bits hold.
      let reach = Bool.random(using: &generator) ? 0.3 : 3.0
      theta = [1.0, 0, 0, 0, 1, 0].map {
        Int16((($0 + Double.random(in: -reach...reach, using: &generator)) * 8192).rounded(.down).clamped)
      }
      image = (0..<source.count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    var fixed: [Double] {
      var output = [UInt8](repeating: 0, count: target.count)
      unsafe image.withUnsafeBytes { image in
        unsafe theta.withUnsafeBufferPointer { theta in
          unsafe output.withUnsafeMutableBytes { output in
            unsafe AffineGridSample.reference(
              AffineGridSampleArguments(
                parameters: AffineGridParameters(source: source, target: target, sampler), image: image.baseAddress!,
                imageHeight: source.height, imageWidth: source.width, channels: source.channels,
                format: FixedFormat(width: 8, fraction: 0, isSigned: false), theta: theta.baseAddress!,
                thetaFraction: 13,
                output: output.baseAddress!, outputHeight: target.height, outputWidth: target.width, minimum: 0,
                maximum: 255))
          }
        }
      }
      return output.map(Double.init)
    }

    /// In real arithmetic, at places that lie `x` and `y` pixels further.
    func real(x: Double = 0, y: Double = 0) -> [Double] {
      func normal(_ pixels: Double, _ size: Int) -> Double {
        pixels * 2 / Double(sampler.sourceAlignsCorners ? max(size - 1, 1) : size)
      }
      var theta = theta.map { Double($0) / 8192 }
      theta[2] += normal(x, source.width)
      theta[5] += normal(y, source.height)
      return DoubleArithmetic().sample(image.map(Double.init), source, theta: theta, sampler, outputShape: target)
    }

    /// By how much a coordinate can be off, in pixels: the rounding to 1/128 pixel, and the constants' to 2^-16.
    var coordinateError: Double {
      let factors = 4 * Double(target.width + 1) + 4 * Double(target.height + 1) + 5
      return 1.0 / 256 + factors * 0x1p-17
    }
  }

  @Test("is within docs/fixed-point.md's bound, in every mode", arguments: 0..<200)
  func bound(seed: Int) {
    let problem = Problem(seed: UInt64(seed))
    let (fixed, error) = (problem.fixed, problem.coordinateError)
    if problem.sampler.interpolation == .bilinear {
      // Neighbours differ by 255 at most; the last term is that of the two coordinates' errors together.
      let bound = 255 * 2 * error + 0.5 + 4 * 255 * error * error
      for (fixed, real) in zip(fixed, problem.real()) { #expect(abs(fixed - real) <= bound, "\(problem.sampler)") }
    } else {
      // The pixel that the exact place has nearest, or one that a place so little off has.
      let moves = [-error, 0, error]
      let candidates = moves.flatMap { x in moves.map { y in problem.real(x: x, y: y) } }
      for index in fixed.indices {
        #expect(candidates.contains { $0[index] == fixed[index] }, "\(problem.sampler), value \(index)")
      }
    }
  }
}

extension Double {
  fileprivate var clamped: Double { Swift.min(Swift.max(self, -32768), 32767) }
}
