import EdgeRuntime
import Quantize
import Testing

@testable import Exporter

@Suite struct InputAlignmentTests {
  /// Two layers without padding, the first behind a 2x2 mean.
  private func unpadded(mean: Float, standardDeviation: Float) -> FloatGraph {
    var builder = NetworkBuilder(size: 16, seed: 9)
    let small = builder.pool(0, average: true)
    let filter = FloatConvolution(
      weights: builder.weights(9 * 4, reach: 0.5), bias: builder.weights(4, reach: 0.1), kernel: Extent(3, 3))
    let features = builder.relu(
      builder.add("first", .convolution(filter), [small], Shape(height: 6, width: 6, channels: 4)))
    let last = builder.connected("last", builder.flatten(features), 3)
    var graph = builder.graph(output: last)
    graph.preparation = InputPreparation(mean: [mean], standardDeviation: [standardDeviation])
    return graph
  }

  private func seen(_ preparation: InputPreparation, _ pixels: [UInt8]) -> ChannelHistograms {
    var histograms = ChannelHistograms(channels: 1)
    let isFinite = histograms.record(preparation.prepared(pixels))
    #expect(isFinite)
    return histograms
  }

  private func alignment(mean: Float, standardDeviation: Float, _ pixels: [UInt8], width: Int = 8) -> InputAlignment? {
    let graph = unpadded(mean: mean, standardDeviation: standardDeviation)
    return InputAlignment(graph, seen: seen(graph.preparation, pixels), width: width)
  }

  private static let everyPixel = (0...255).map { UInt8($0) }

  @Test func everyPixelHasARawValueOfItsOwn() throws {
    let model = try export(FloatGraph.miniature())
    let zero = try #require(model.content.graph.inputTables[0].firstIndex(of: 0))
    #expect(128...131 ~= zero)
    for pixel in 0..<256 {
      #expect(model.content.graph.inputTables[0][pixel] == Int32(min(max(pixel - zero, -128), 127)))
    }
    #expect(model.content.provenance.contains("\"zero\":[\(zero)]}"))
  }

  @Test(arguments: [(Float(0.508), Float(0.255)), (0.5, 0.5), (0, 1), (0.45, 0.22)])
  func withoutPaddingTheFunctionIsKept(mean: Float, standardDeviation: Float) throws {
    let graph = unpadded(mean: mean, standardDeviation: standardDeviation)
    let input = InputAlignment(graph.preparation, fraction: 6, zero: [Int(mean * 255)])
    var aligned = graph
    let found = aligned.align(input)
    let maps = try #require(found)
    let pixels = picture(3, size: 16)
    let (before, after) = (FloatLoops(graph: graph).run(pixels), FloatLoops(graph: aligned).run(pixels))
    for value in graph.values.indices {
      let map = maps.first { $0.value == value }
      for (place, number) in before[value].enumerated() {
        let factor = Double(map.map { $0.factors[place % $0.factors.count] } ?? 1)
        let offset = Double(map.map { $0.offsets[place % $0.offsets.count] } ?? 0)
        #expect(abs(number * factor + offset - after[value][place]) < 1e-4)
      }
    }
    for (raw, pixel) in zip(after[graph.input], pixels) {
      #expect(abs(raw * 64 - Double(Int(pixel) - input.zero[0])) < 1e-3)
    }
  }

  @Test func theZeroIsThePixelThatCostsLeast() {
    // The mean lies at pixel 127.5, and every pixel fits at 128.
    let centred = alignment(mean: 0.5, standardDeviation: 0.5, Self.everyPixel)
    #expect(centred?.fraction == 7 && centred?.zero == [128])
    // Pixels are unsigned as they come.
    let plain = alignment(mean: 0, standardDeviation: 1, Self.everyPixel)
    #expect(plain?.format == FixedFormat(width: 8, fraction: 8, isSigned: false))
    // Dark pixels that don't occur may be clipped; those that do count.
    let bright = (10...255).map { UInt8($0) }
    #expect(alignment(mean: 0.508, standardDeviation: 0.255, bright)?.zero == [130])
    #expect(alignment(mean: 0.508, standardDeviation: 0.255, Self.everyPixel)?.zero == [129])
  }

  @Test func plainRoundingStaysWhereItCostsLessOrNothingElseIsPossible() {
    // A mean far from the middle would clip or move much.
    #expect(alignment(mean: 0.8, standardDeviation: 0.25, Self.everyPixel) == nil)
    #expect(alignment(mean: 0.5, standardDeviation: 0.5, Self.everyPixel, width: 6) == nil)
    let black = [UInt8](repeating: 0, count: 100) + Self.everyPixel
    #expect(alignment(mean: 0.508, standardDeviation: 0.255, black) == nil)
    // A clip has ends of its own.
    var builder = NetworkBuilder(size: 16, seed: 2)
    let clipped = builder.convolution("first", builder.relu(0), 4)
    let last = builder.connected("last", builder.flatten(clipped), 3)
    let graph = builder.graph(output: last)
    #expect(InputAlignment(graph, seen: seen(graph.preparation, Self.everyPixel), width: 8) == nil)
  }

  /// With activations of 12 bits, what is left is the rounding of the input.
  @Test(arguments: [UInt64(1), 2, 3]) func itKeepsMoreOfTheSignal(seed: UInt64) throws {
    var builder = NetworkBuilder(size: 16, seed: seed)
    let filter = FloatConvolution(
      weights: builder.weights(9 * 4, reach: 0.5), bias: builder.weights(4, reach: 0.1), kernel: Extent(3, 3))
    let shape = Shape(height: 14, width: 14, channels: 4)
    let features = builder.relu(builder.add("first", .convolution(filter), [0], shape))
    let last = builder.connected("last", builder.flatten(features), 3)
    let graph = builder.graph(output: last)
    func noise(without: Set<Repair>) throws -> Double {
      let settings = QuantizationSettings(activationBits: 12, without: without)
      return try logitSQNR(graph, export(graph, images: 64, settings: settings))
    }
    #expect(try noise(without: []) > noise(without: [.inputAlignment]))
  }
}
