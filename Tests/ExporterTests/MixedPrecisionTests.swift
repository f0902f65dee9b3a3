import EdgeRuntime
import Quantize
import Testing

@testable import Exporter

@Suite struct MixedPrecisionTests {
  private let source: ExportSource
  private let images: CalibrationImages
  private let calibration: Calibration
  private let reference: LogitReference

  init() throws {
    source = ExportSource(graph: .miniature(seed: 5), digest: "07", name: "test.onnx") { FloatLoops.runner($0) }
    images = CalibrationImages(count: 24, frameBytes: 256) { picture($0, size: 16) }
    calibration = try calibrate(source, images: images)
    reference = try LogitReference(
      source, images: CalibrationImages(count: 32, frameBytes: 256) { picture(100 + $0, size: 16) },
      labels: (0..<32).map { $0 % 7 })
  }

  private func search(
    _ budget: SearchBudget, weightWidths: [Int] = Array(2...8), activationWidths: [Int] = [8]
  ) throws -> (MixedPrecisionSearch, SearchResult) {
    var search = try MixedPrecisionSearch(
      source, calibration: calibration, images: images, reference: reference, budget: budget, settings: .init(),
      weightWidths: weightWidths, activationWidths: activationWidths)
    return (search, try search.run())
  }

  /// Bytes with the same width everywhere, told for each layer.
  private func bytes(_ width: Int) throws -> Int {
    let layers = try LayerGraph(fusing: source.graph).layers.filter { $0.operation.linear != nil }
    let settings = QuantizationSettings(
      layers: Dictionary(uniqueKeysWithValues: layers.map { ($0.name, .init(weightBits: width)) }))
    return try exportModel(source, calibration: calibration, images: images, settings: settings).content.encoded().count
  }

  @Test func theFrontFallsAndTheChoiceKeepsToItsBytes() throws {
    let (wide, narrow) = (try bytes(8), try bytes(2))
    #expect(narrow < wide)
    for budget in [narrow + 64, (narrow + wide) / 2] {
      let (_, result) = try search(.bytes(budget))
      #expect(result.chosen.bytes <= budget && result.front.contains(result.chosen))
      #expect(
        zip(result.front, result.front.dropFirst()).allSatisfy {
          $0.bytes < $1.bytes && $0.fidelity.divergence > $1.fidelity.divergence
        })
      // Nothing that was measured is better within the budget.
      for point in result.front + result.uniform where point.bytes <= budget {
        #expect(point.fidelity.divergence >= result.chosen.fidelity.divergence)
      }
      #expect(result.uniform.map(\.uniformBits) == [8, 6, 5, 4, 3])
    }
  }

  @Test func exportWithTheChosenSettingsMakesTheModelThatWasMeasured() throws {
    let (_, result) = try search(.bytes(try bytes(4) - 128))
    let again = try exportModel(
      source, calibration: calibration, images: images, settings: result.chosen.settings)
    #expect(again.digest == result.model.digest)
    let fidelity = try reference.fidelity(of: again.content.graph, threads: 1)
    #expect(fidelity == result.chosen.fidelity)
    let widths = again.content.graph.operations.compactMap { $0.kind.linear?.geometry.weightWidth }
    #expect(Set(widths).count > 1, "less than 4 bits everywhere, and better than 3")
  }

  @Test func theSameSearchFindsTheSame() throws {
    let budget = SearchBudget.bytes((try bytes(3) + bytes(5)) / 2)
    let (first, second) = (try search(budget), try search(budget))
    #expect(first.1.front == second.1.front && first.1.model.bytes == second.1.model.bytes)
    #expect(first.0.sensitivities.choices == second.0.sensitivities.choices)
  }

  @Test func fewerBitsNeverLookBetter() throws {
    let (search, _) = try search(.bytes(1 << 20))
    #expect(search.sensitivities.choices.filter { $0.kind == .weights }.count == 8)
    for choice in search.sensitivities.choices {
      #expect(choice.options.map(\.width) == Array((2...8).reversed()))
      #expect(zip(choice.options, choice.options.dropFirst()).allSatisfy { $0.divergence <= $1.divergence })
      #expect(zip(choice.options, choice.options.dropFirst()).allSatisfy { $0.bytes >= $1.bytes })
    }
  }

  @Test func bytesOfWideWeightsAreThoseOfTheFile() throws {
    let (_, result) = try search(.bytes(1 << 20), weightWidths: [8])
    #expect(result.chosen.bytes == result.model.bytes.count)
  }

  @Test func cyclesBuyWiderOutputs() throws {
    let (_, narrow) = try search(.cycles(1 << 40, .cortexA53), weightWidths: [8], activationWidths: [8])
    let base = try #require(narrow.chosen.cycles)
    let (_, wide) = try search(.cycles(1 << 40, .cortexA53), weightWidths: [8], activationWidths: [8, 12])
    #expect(wide.chosen.cycles! > base)
    #expect(wide.chosen.fidelity.divergence < narrow.chosen.fidelity.divergence)
    let budget = (base + wide.chosen.cycles!) / 2
    let (_, between) = try search(.cycles(budget, .cortexA53), weightWidths: [8], activationWidths: [8, 12])
    #expect(between.chosen.cycles! <= budget)
    #expect(throws: ExportError.self) {
      try search(.cycles(base - 1, .cortexA53), weightWidths: [8], activationWidths: [8, 12])
    }
  }

  @Test func aLossIsKeptWithTheFewestBytes() throws {
    let (_, result) = try search(.loss(100))
    #expect(result.chosen.bytes == result.front.map(\.bytes).min())
    let (_, strict) = try search(.loss(0))
    #expect(strict.chosen.fidelity.accuracy >= reference.accuracy)
  }

  @Test func aBudgetBelowTheLeastIsRefused() throws {
    let least = try bytes(2)
    #expect(throws: ExportError.budgetTooSmall("100 bytes are too few: the least possible is \(least)")) {
      try search(.bytes(100))
    }
    #expect(try search(.bytes(least), weightWidths: [2, 8]).1.chosen.bytes == least)
  }

  @Test func aNetworkThatGivesItsWidthsHasNothingToSearch() throws {
    var graph = FloatGraph.miniature(seed: 5)
    for index in graph.nodes.indices {
      guard let linear = graph.nodes[index].operation.linear else { continue }
      graph.nodes[index].grid = WeightGrid(width: 8, fractions: Array(repeating: 6, count: linear.bias.count))
      let rounded = linear.weights.map { ($0 * 64).rounded() / 64 }
      graph.nodes[index].operation = graph.nodes[index].operation.with(weights: rounded, bias: linear.bias)
    }
    let given = ExportSource(graph: graph, digest: "07", name: "given.onnx") { FloatLoops.runner($0) }
    #expect(throws: ExportError.nothingToSearch) {
      try MixedPrecisionSearch(
        given, calibration: calibration, images: images, reference: reference, budget: .bytes(1 << 20),
        settings: .init(), weightWidths: Array(2...8), activationWidths: [8])
    }
  }
}
