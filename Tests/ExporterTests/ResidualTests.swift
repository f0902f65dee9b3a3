import EdgeRuntime
import Quantize
import Testing

@testable import Exporter

/// Sums of two values, from ONNX to the model file.
@Suite struct ResidualTests {
  @Test(arguments: [UInt64(1), 2, 3])
  func eightBitsKeepTheSignal(seed: UInt64) throws {
    let graph = FloatGraph.residual(seed: seed)
    let model = try export(graph)
    #expect(try logitSQNR(graph, model) >= 25)
    for noise in model.content.sqnrCentibels { #expect(try #require(noise) >= 2500) }
    // A ReLU joins its sum.
    let sums = model.content.graph.operations.filter { if case .add = $0.kind { true } else { false } }
    #expect(sums.map(\.name) == ["block", "bottleneck"])
    #expect(sums[0].minimum == 0 && sums[1].minimum < 0)
  }

  @Test func everyInstructionSetGivesTheSameLogits() throws {
    let model = try export(.residual())
    for set in InstructionSet.allCases where set.isAvailable {
      let runner = try ModelRunner(model.bytes, instructionSet: set)
      for vector in model.content.vectors { #expect(runner.outputs(vector.pixels) == vector.values, "\(set)") }
    }
  }

  @Test func layersThatAreAddedUpTakeTheSameFactors() throws {
    let graph = FloatGraph.residual()
    func link(_ name: String) throws -> ChannelLink? {
      graph.link(ofNode: try #require(graph.nodes.firstIndex { $0.name == name }))
    }
    func names(_ nodes: [Int]) -> Set<String> { Set(nodes.map { graph.nodes[$0].name }) }
    let block = try #require(try link("stem"))
    #expect(names(block.nodes) == ["stem", "block/2"])
    #expect(names(block.readers.map(\.node)) == ["block/1", "narrow"])
    let bottleneck = try #require(try link("project"))
    #expect(names(bottleneck.nodes) == ["project", "narrow"])
    #expect(names(bottleneck.readers.map(\.node)) == ["expand", "features"])
    #expect(try #require(try link("block/1")).nodes.count == 1)

    var scaled = graph
    scaled.scale(block, by: (0..<16).map { 0.5 + Float($0) / 4 })
    scaled.scale(bottleneck, by: (0..<8).map { 2 - Float($0) / 8 })
    let pixels = picture(3, size: 16)
    let (before, after) = (FloatLoops(graph: graph).run(pixels), FloatLoops(graph: scaled).run(pixels))
    for (exact, found) in zip(before[graph.output], after[graph.output]) { #expect(abs(exact - found) < 1e-4) }
  }

  @Test func theGraphsInputHoldsWhatItIsAddedTo() throws {
    var builder = NetworkBuilder(size: 8, seed: 2)
    let sum = builder.sum("sum", 0, builder.convolution("layer", 0, 1))
    let logits = builder.connected("classifier", builder.flatten(sum), 3)
    let graph = builder.graph(output: logits)
    #expect(graph.link(ofNode: 0) == nil && graph.linkOfInput() == nil)
    #expect(try logitSQNR(graph, export(graph)) >= 20)
  }

  /// A side that is always zero has a format far from the other's.
  @Test func formatsFarApartAreBroughtTogether() throws {
    var graph = FloatGraph.residual()
    let index = try #require(graph.nodes.firstIndex { $0.name == "project" })
    guard case .convolution(var convolution) = graph.nodes[index].operation else { return }
    for factor in [Float(0), 0x1p-9, 0x1p-40] {
      convolution.weights = convolution.weights.map { $0 * factor }
      convolution.bias = convolution.bias.map { $0 * factor }
      graph.nodes[index].operation = .convolution(convolution)
      let settings = QuantizationSettings(without: [.equalisation, .absorption])
      #expect(try logitSQNR(graph, export(graph, settings: settings)) >= 25, "\(factor)")
    }
  }

  @Test func alignmentFollowsTheFormats() {
    func format(_ fraction: Int) -> FixedFormat { FixedFormat(width: 8, fraction: fraction, isSigned: true) }
    #expect(AdditionParameters(adding: format(4), format(4)) == AdditionParameters(first: 0, second: 0, shift: 0))
    #expect(AdditionParameters(adding: format(4), format(7)) == AdditionParameters(first: 3, second: 0, shift: 0))
    #expect(AdditionParameters(adding: format(24), format(4)) == AdditionParameters(first: -6, second: 14, shift: 0))
    #expect(AdditionParameters(adding: format(64), format(-4)) == AdditionParameters(first: -31, second: 14, shift: 0))
  }

  /// Every bit of a sum's record, the digest made right again: refused, or run.
  @Test func noFlippedBitOfASumBreaksTheRuntime() throws {
    let model = try export(.residual())
    let index = try #require(model.content.graph.operations.firstIndex { $0.name == "block" })
    let operations = Layout.sectionTableOffset + Layout.sectionEntryBytes
    let start = (0..<8).reduce(0) { $0 | Int(model.bytes[operations + 8 + $1]) << (8 * $1) }
    let record = start + index * Layout.operationRecordBytes
    var refused = 0
    for byte in record..<record + Layout.parameterOffset + 16 {
      for bit in UInt8(0)..<8 {
        var damaged = model.bytes
        damaged[byte] ^= 1 << bit
        let digest = unsafe damaged.withUnsafeBytes { unsafe Digest.ofModel($0) }
        for place in 0..<32 { damaged[Layout.digestOffset + place] = digest[place] }
        guard let runner = try? ModelRunner(damaged, instructionSet: .best) else {
          refused += 1
          continue
        }
        _ = runner.outputs(model.content.vectors[0].pixels)
      }
    }
    #expect(refused > 300)
  }

  @Test func onnxSums() throws {
    var model = TinyONNX.model
    model.graph.node.insert(TinyONNX.node("Add", ["features", "image"], "sum"), at: 1)
    model.graph.node[2].input = ["sum"]
    let graph = try TinyONNX.graph(model)
    let sum = try #require(graph.nodes.first { $0.name == "sum" })
    guard case .add = sum.operation else {
      Issue.record("\(sum.operation) is no sum")
      return
    }
    #expect(sum.inputs.map { graph.values[$0].name } == ["features", "image"])

    var vectors = TinyONNX.model
    vectors.graph.node.append(TinyONNX.node("Add", ["dense", "dense"], "logits"))
    vectors.graph.node[2].output = ["dense"]
    #expect(try TinyONNX.graph(vectors).nodes.last?.inputs == [3, 3])
  }

  @Test(arguments: [Int64(0), 1])
  func onnxMeansOfAnImageAreGlobalPools(keepdims: Int64) throws {
    var model = TinyONNX.model
    model.opsetImport = [TinyONNX.opset("", 18)]
    model.graph.initializer[1] = TinyONNX.tensor("matrix", [2, 2], [1, 2, 3, 4])
    model.graph.initializer.append(TinyONNX.integers("axes", [-1, 2]))
    model.graph.node[1] = TinyONNX.node(
      "ReduceMean", ["features", "axes"], "mean", [TinyONNX.attribute("keepdims", keepdims)])
    model.graph.node.insert(TinyONNX.node("Flatten", ["mean"], "flat"), at: 2)
    let graph = try TinyONNX.graph(model)
    guard case .averagePool(let pool) = graph.nodes[1].operation else {
      Issue.record("\(graph.nodes[1].operation) is no pool")
      return
    }
    #expect(pool.kernel == Extent(3, 3) && graph.values[graph.nodes[1].output].shape == .vector(2))
    model.graph.initializer[2] = TinyONNX.integers("axes", [1, 2])
    #expect { try TinyONNX.graph(model) } throws: { "\($0)".contains("neighbours in memory") }
  }

  @Test func onnxSumsRepeatAnExtentOfOne() throws {
    var model = TinyONNX.model
    model.graph.initializer.append(TinyONNX.tensor("one", [1, 2, 1, 1], [1, 2]))
    model.graph.node.insert(TinyONNX.node("Conv", ["image", "one"], "narrow"), at: 1)
    model.graph.node.insert(TinyONNX.node("Add", ["features", "narrow"], "sum"), at: 2)
    model.graph.node[3].input = ["sum"]
    // One channel is repeated.
    #expect(try TinyONNX.graph(model).nodes.map(\.name).prefix(4) == ["features", "narrow", "sum/channels", "sum"])
    var flat = model
    flat.graph.node[1] = TinyONNX.node("Flatten", ["mean"], "narrow")
    flat.graph.node.insert(TinyONNX.node("GlobalAveragePool", ["mono"], "mean"), at: 1)
    flat.graph.node.insert(TinyONNX.node("Conv", ["image", "one"], "mono"), at: 1)
    // So is a vector of one number, whose axes stand for the image's last.
    #expect(try TinyONNX.graph(flat).nodes.contains { $0.name == "sum/channels" })
    model.graph.node[2].opType = "Div"
    model.graph.node[2].input = ["features", "image"]
    #expect { try TinyONNX.graph(model) } throws: { "\($0)".contains("depend on the image in different ways") }
  }
}
