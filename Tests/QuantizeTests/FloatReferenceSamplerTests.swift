import EdgeRuntime
import Foundation
import Quantize
import Testing

@Suite struct FloatReferenceSamplerTests {
  /// The formula of Jaderberg et al. 2015, equation 5, over all pixels of the source.
  private func sampled(_ image: [Float], _ source: Shape, theta: [Float], _ target: Shape, alignCorners: Bool)
    -> [Double]
  {
    let t = theta.map { Double($0) }
    func normal(_ index: Int, _ count: Int) -> Double {
      alignCorners ? Double(2 * index) / Double(count - 1) - 1 : Double(2 * index + 1) / Double(count) - 1
    }
    func pixel(_ normal: Double, _ count: Int) -> Double {
      alignCorners ? (normal + 1) * Double(count - 1) / 2 : ((normal + 1) * Double(count) - 1) / 2
    }
    var result: [Double] = []
    for row in 0..<target.height {
      for column in 0..<target.width {
        let (u, v) = (normal(column, target.width), normal(row, target.height))
        let x = pixel(t[0] * u + t[1] * v + t[2], source.width)
        let y = pixel(t[3] * u + t[4] * v + t[5], source.height)
        for channel in 0..<source.channels {
          var sum = 0.0
          for n in 0..<source.height {
            for m in 0..<source.width {
              let value = Double(image[(n * source.width + m) * source.channels + channel])
              sum += value * max(0, 1 - abs(x - Double(m))) * max(0, 1 - abs(y - Double(n)))
            }
          }
          result.append(sum)
        }
      }
    }
    return result
  }

  /// The output of a graph whose theta is a fully connected layer's bias.
  private func output(
    _ image: [Float], _ source: Shape, theta: [Float], _ target: Shape, _ sampler: FloatSampler
  ) -> [Float] {
    var graph = FloatGraph(input: source)
    let flat = graph.add(.flatten, of: [0], shape: .vector(source.count))
    let weights = [Float](repeating: 0, count: 6 * source.count)
    let six = graph.add(.fullyConnected(weights: weights, bias: theta), of: [flat], shape: .vector(6))
    graph.add(.affineGridSample(sampler), of: [0, six], shape: target)
    return graph.output(for: image)
  }

  @Test(arguments: UInt64(0)..<20, [false, true])
  func samplesByTheFormula(seed: UInt64, alignCorners: Bool) {
    var numbers = SeededNumbers(seed: seed)
    let channels = numbers.integer(1...3)
    let source = Shape(height: numbers.integer(2...9), width: numbers.integer(2...9), channels: channels)
    let target = Shape(height: numbers.integer(2...9), width: numbers.integer(2...9), channels: channels)
    let theta = numbers.floats(6, in: -1.5...1.5)
    let image = numbers.floats(source.count)
    let numbersOut = output(image, source, theta: theta, target, FloatSampler(alignCorners: alignCorners))
    let expected = sampled(image, source, theta: theta, target, alignCorners: alignCorners)
    #expect(greatestDifference(numbersOut, expected) < 2e-5)
  }

  @Test(arguments: [false, true]) func theIdentityCopiesTheImage(alignCorners: Bool) {
    var numbers = SeededNumbers(seed: 3)
    let shape = Shape(height: 8, width: 6, channels: 2)
    let image = numbers.floats(shape.count)
    let copy = output(image, shape, theta: [1, 0, 0, 0, 1, 0], shape, FloatSampler(alignCorners: alignCorners))
    #expect(greatestDifference(copy, image.map { Double($0) }) < 1e-5)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity, 1e30])
  func aPlaceFarOutsideIsZero(shift: Float) {
    let shape = Shape(height: 4, width: 4, channels: 1)
    let image = [Float](repeating: 1, count: 16)
    let black = output(image, shape, theta: [1, 0, shift, 0, 1, 0], shape, FloatSampler(alignCorners: false))
    #expect(black == [Float](repeating: 0, count: 16))
  }

  /// One line of Fixtures/grid-sample.json.
  private struct RuntimeCase: Decodable {
    var mode: String
    var padding: String
    var gridAligned: Bool
    var imageAligned: Bool
    var height: Int
    var width: Int
    var targetHeight: Int
    var targetWidth: Int
    var theta: [Float]
    var image: [Float]
    var output: [Double]

    var sampler: FloatSampler {
      get throws {
        let modes: [String: AffineGridParameters.Interpolation] = ["linear": .bilinear, "nearest": .nearest]
        let paddings: [String: AffineGridParameters.Outside] = [
          "zeros": .zeros, "border": .border,
          "reflection": imageAligned ? .reflectionAtCentres : .reflectionAtEdges,
        ]
        return FloatSampler(
          interpolation: try #require(modes[mode]), outside: try #require(paddings[padding]),
          targetAlignsCorners: gridAligned, sourceAlignsCorners: imageAligned)
      }
    }
  }

  /// Every interpolation, padding mode and pair of corner conventions, on images down to one pixel, near and far.
  @Test func samplesAsONNXRuntimeDoes() throws {
    let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/grid-sample.json")
    let cases = try JSONDecoder().decode([RuntimeCase].self, from: Data(contentsOf: file))
    #expect(cases.count == 2 * 3 * 4 * 5)
    for (index, line) in cases.enumerated() {
      let source = Shape(height: line.height, width: line.width, channels: 2)
      let target = Shape(height: line.targetHeight, width: line.targetWidth, channels: 2)
      let sampler = try line.sampler
      let found = output(line.image, source, theta: line.theta, target, sampler)
      #expect(greatestDifference(found, line.output) < 1e-3, "line \(index): \(sampler)")
    }
  }

  @Test(arguments: [AffineGridParameters.Outside.border, .reflectionAtEdges, .reflectionAtCentres])
  func aPlaceThatIsNoNumberIsZero(outside: AffineGridParameters.Outside) {
    let shape = Shape(height: 4, width: 4, channels: 1)
    let sampler = FloatSampler(outside: outside, targetAlignsCorners: false, sourceAlignsCorners: false)
    let image = [Float](repeating: 1, count: 16)
    let black = output(image, shape, theta: [1, 0, .nan, 0, 1, 0], shape, sampler)
    #expect(black == [Float](repeating: 0, count: 16))
  }
}
