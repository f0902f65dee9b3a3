import EdgeRuntime
import Foundation
import Quantize
import Testing

@testable import Exporter

@Suite struct RepairTests {
  private func seen(_ graph: FloatGraph) -> [ChannelHistograms?] {
    var seen = graph.values.map { ChannelHistograms(channels: $0.shape.channels) }
    for index in 0..<8 {
      let values = FloatLoops(graph: graph).run(picture(index, size: graph.values[graph.input].shape.height))
      for (value, numbers) in values.enumerated() {
        let isFinite = seen[value].record(numbers.map { Float($0) })
        #expect(isFinite)
      }
    }
    return seen
  }

  private func equalised(_ graph: FloatGraph, without: Set<Repair>) throws -> Equalisation {
    Equalisation(
      try LayerGraph(fusing: graph), calibration: seen(graph), settings: QuantizationSettings(without: without))
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func scalingChannelsKeepsTheFunction(seed: UInt64) throws {
    let graph = FloatGraph.miniature(seed: seed)
    let scaled = try equalised(graph, without: [.inputAlignment])
    #expect(scaled.parts.count == 6 && scaled.input == nil)
    for index in 20..<24 {
      let pixels = picture(index, size: 16)
      let (before, after) = (FloatLoops(graph: graph).run(pixels), FloatLoops(graph: scaled.graph).run(pixels))
      for value in graph.values.indices {
        let greatest = before[value].map(abs).max()!
        for (place, number) in before[value].enumerated() {
          let factor = scaled.factors[value].map { Double($0[place % $0.count]) } ?? 1
          #expect(abs(number * factor - after[value][place]) <= 1e-5 * max(greatest, 1) * factor)
        }
      }
    }
  }

  @Test func nothingIsScaledThatItsReadersCantUndo() throws {
    var graph = FloatGraph.miniature()
    func link(_ name: String) throws -> ChannelLink? {
      graph.link(ofNode: try #require(graph.nodes.firstIndex { $0.name == name }))
    }
    #expect(try link("sdl/theta") == nil)
    #expect(try link("classifier") == nil)
    #expect(try link("plain/1")?.readers.count == 1)
    // What has a finite greatest bound does not commute with a factor.
    let relu = try #require(
      graph.nodes.firstIndex { $0.name.hasPrefix("plain/1") && "\($0.operation)".hasPrefix("clip") })
    graph.nodes[relu].operation = .clip(least: 0, greatest: 6)
    #expect(try link("plain/1") == nil)
    // What the network gives a format, or its reader's weights a grid, stays as it is.
    let hidden = try #require(graph.nodes.firstIndex { $0.name == "classifier" })
    graph.nodes[hidden].grid = WeightGrid(width: 8, fractions: Array(repeating: 7, count: 7))
    #expect(try link("hidden") == nil)
  }

  /// A depthwise convolution reads the channels one by one.
  @Test func groupedReadersUndoTheirOwnChannels() throws {
    var builder = NetworkBuilder(size: 8, seed: 4)
    let first = builder.relu(builder.convolution("first", 0, 6))
    let shape = builder.values[first].shape
    let depthwise = FloatConvolution(
      weights: builder.weights(9 * 6, reach: 1), bias: builder.weights(6, reach: 0.1), kernel: Extent(3, 3),
      padding: Padding(top: 1, left: 1, bottom: 1, right: 1), groups: 6)
    let second = builder.add("second", .convolution(depthwise), [first], shape)
    let last = builder.connected("last", builder.flatten(second), 3)
    let graph = builder.graph(output: last)
    var scaled = graph
    for (name, factors) in [("first", [1, 2, 0.5, 1.1, 4, 1.01]), ("second", [1.03, 1.02, 0.9, 5, 1.3, 1.4])] {
      let node = try #require(graph.nodes.firstIndex { $0.name == name })
      scaled.scale(try #require(scaled.link(ofNode: node)), by: factors.map { Float($0) })
    }
    let pixels = picture(3, size: 8)
    let (before, after) = (FloatLoops(graph: graph).run(pixels), FloatLoops(graph: scaled).run(pixels))
    for (exact, found) in zip(before[graph.output], after[graph.output]) { #expect(abs(exact - found) < 1e-4) }
  }

  @Test func theRepairsTogetherKeepMoreOfTheSignalAtFourBits() throws {
    let graph = FloatGraph.miniature()
    let plain = QuantizationSettings(weightBits: 4, without: Set(Repair.allCases))
    let repaired = QuantizationSettings(weightBits: 4)
    let without = try logitSQNR(graph, export(graph, images: 64, settings: plain))
    let with = try logitSQNR(graph, export(graph, images: 64, settings: repaired))
    #expect(with > without + 3, "\(without) dB, with repairs \(with) dB")
  }

  @Test(arguments: Repair.allCases)
  func eachRepairCanBeLeftOutAndIsNamed(repair: Repair) throws {
    let graph = FloatGraph.miniature()
    let model = try export(graph, settings: QuantizationSettings(weightBits: 5, without: [repair]))
    #expect(model.content.provenance.contains("\"without\":[\"\(repair.rawValue)\"]"))
    #expect(try model.bytes != export(graph, settings: QuantizationSettings(weightBits: 5)).bytes)
  }

  @Test func channelsThirtyOctavesApartExport() throws {
    var graph = FloatGraph.miniature()
    let index = try #require(graph.nodes.firstIndex { $0.name == "plain/2" })
    let link = try #require(graph.link(ofNode: index))
    // The same function: what reads the channels undoes it.
    graph.scale(link, by: (0..<24).map { $0 == 0 ? 0x1p-15 : $0 == 1 ? 0x1p15 : 1 })
    let scaled = try logitSQNR(graph, try export(graph))
    let plain = try logitSQNR(.miniature(), try export(.miniature()))
    #expect(scaled > plain - 3, "\(scaled) dB, \(plain) dB without")
    // And another function, of which one channel is all but alone.
    guard case .convolution(var convolution) = graph.nodes[index].operation else { return }
    for tap in 0..<9 * 16 { convolution.weights[2 * 9 * 16 + tap] *= 0x1p15 }
    graph.nodes[index].operation = .convolution(convolution)
    #expect(try logitSQNR(graph, export(graph)) >= 20)
  }

  /// Graphs that differ in a layer's numbers, its grid, formats before and after it, widths and methods, in any order.
  @Test func whatIsKnownOfOtherGraphsChangesNoGraph() throws {
    let scaled = try equalised(.miniature(), without: [])
    let histograms = scaled.histograms(Calibration(histograms: seen(.miniature()), imageCount: 8))
    let plain = try scaled.layers
    let index = try #require(plain.layers.firstIndex { $0.name == "plain/2" })
    let linear = try #require(plain.layers[index].operation.linear)
    let eight = QuantizationSettings()
    var cases = [(layers: plain, settings: eight)]
    func add(_ settings: QuantizationSettings = QuantizationSettings(), _ change: (inout LayerGraph) -> Void) {
      var layers = plain
      change(&layers)
      cases.append((layers, settings))
    }
    add { layers in
      layers.layers[index].operation = layers.layers[index].operation.with(
        weights: linear.weights.map { -$0 }, bias: linear.bias)
    }
    add { layers in
      layers.layers[index].operation = layers.layers[index].operation.with(
        weights: linear.weights, bias: linear.bias.map { $0 + 1 })
    }
    let fractions = try #require(
      try FixedGraph(plain, histograms: histograms, settings: eight).operations[index].kind.linear?.weights.fractions)
    add { $0.layers[index].grid = WeightGrid(width: 8, fractions: fractions.map { $0 - 1 }) }
    for value in [plain.layers[index].inputs[0], plain.layers[index].output] {
      add { $0.chosenFormats[value] = FixedFormat(width: 8, fraction: 3, isSigned: false) }
    }
    add(QuantizationSettings(weightBits: 5)) { _ in }
    add(QuantizationSettings(activationBits: 6)) { _ in }
    add(QuantizationSettings(method: .percentile(90))) { _ in }
    let cache = QuantizationCache()
    for (layers, settings) in cases + cases.reversed() {
      let anew = try FixedGraph(layers, histograms: histograms, settings: settings)
      let cached = try FixedGraph(layers, histograms: histograms, settings: settings, cache: cache)
      #expect(cached == anew)
      #expect(try ModelContent(draft: cached, cache: cache).encoded() == ModelContent(draft: anew).encoded())
    }
    let files = try cases.map { layers, settings in
      try ModelContent(draft: FixedGraph(layers, histograms: histograms, settings: settings)).encoded()
    }
    let repeated = files.indices.filter { files[..<$0].contains(files[$0]) }
    #expect(repeated.isEmpty, "each case changes the file")
  }
}
