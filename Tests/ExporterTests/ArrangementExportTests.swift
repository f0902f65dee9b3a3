import EdgeRuntime
import Foundation
import Quantize
import Testing

@testable import Exporter

/// Moved values and products, from the float graph to the model file.
@Suite struct ArrangementExportTests {
  /// A squeeze and excitation, an upsampling beside a crop, joined and multiplied: 12 x 12 pixels.
  private static func network(seed: UInt64 = 1) -> FloatGraph {
    var builder = NetworkBuilder(size: 12, seed: seed)
    let stem = builder.relu(builder.convolution("stem", 0, 8))
    let whole = builder.values[stem].shape
    let squeezed = builder.add(
      "squeeze", .averagePool(FloatPool(kernel: Extent(12, 12), stride: Extent(12, 12))), [stem], .vector(8))
    let excited = builder.connected("excite", squeezed, 8)
    let gate = builder.add("gate", .pointwise(.unary(.sigmoid, .argument)), [excited], .vector(8))
    let scaled = builder.add("scale", .multiply, [stem, gate], whole)
    let small = builder.pool(scaled)
    let large = builder.add(
      "enlarge",
      .rearrange(FloatRearrangement(rows: .init(divisor: 2), columns: .init(divisor: 2), repeats: true)), [small], whole
    )
    let part = Shape(height: 12, width: 12, channels: 4)
    let half = builder.add("half", .rearrange(FloatRearrangement(firstChannel: 4)), [stem], part)
    let joined = builder.add(
      "join", .concatenate, [large, half], Shape(height: 12, width: 12, channels: 12))
    let map = builder.convolution("map", joined, 8)
    let product = builder.relu(builder.add("product", .multiply, [map, stem], whole))
    let padded = builder.add(
      "pad",
      .rearrange(FloatRearrangement(rows: .init(offset: -1), columns: .init(offset: -2), fill: 0.5)), [product],
      Shape(height: 14, width: 15, channels: 8))
    let pooled = builder.pool(builder.convolution("features", padded, 12), average: true)
    let logits = builder.connected("classifier", builder.flatten(pooled), 5)
    return builder.graph(output: logits)
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func eightBitsKeepTheSignal(seed: UInt64) throws {
    let graph = Self.network(seed: seed)
    let model = try export(graph)
    #expect(try logitSQNR(graph, model) >= 20)
    for noise in model.content.sqnrCentibels { #expect(try #require(noise) >= 2000) }
    let sixteen = try export(graph, settings: QuantizationSettings(activationBits: 12))
    #expect(try logitSQNR(graph, sixteen) > logitSQNR(graph, model))
  }

  @Test func everyInstructionSetGivesTheSameLogits() throws {
    let model = try export(Self.network())
    for set in InstructionSet.allCases where set.isAvailable {
      let runner = try ModelRunner(model.bytes, instructionSet: set)
      for vector in model.content.vectors { #expect(runner.outputs(vector.pixels) == vector.values, "\(set)") }
    }
  }

  @Test func aRearrangementKeepsItsInputsFormatAndBits() throws {
    let model = try export(Self.network())
    let (graph, runner) = (model.content.graph, try ModelRunner(model.bytes, instructionSet: .scalar))
    var outputs: [Int: [Double]] = [:]
    runner.steps(picture(7, size: 12)) { outputs[graph.operations[$0].output] = $1 }
    for operation in graph.operations {
      guard case .rearrange(let parameters) = operation.kind else { continue }
      let (input, output) = (graph.tensors[operation.inputs[0]], graph.tensors[operation.output])
      #expect(input.format == output.format, "\(operation.name)")
      let given = Set(try #require(outputs[operation.inputs[0]]) + [input.format.number(Int64(parameters.fill))])
      #expect(try #require(outputs[operation.output]).allSatisfy(given.contains), "\(operation.name)")
    }
  }

  /// Factors go through what moves values, for the channels that it moves, and end at products.
  @Test func equalisationGoesThroughSlices() throws {
    var builder = NetworkBuilder(size: 8, seed: 3)
    let stem = builder.relu(builder.convolution("stem", 0, 6))
    let part = builder.add(
      "slice", .rearrange(FloatRearrangement(rows: .init(offset: 2), firstChannel: -1)), [stem],
      Shape(height: 6, width: 8, channels: 4))
    let logits = builder.connected("classifier", builder.flatten(part), 3)
    let graph = builder.graph(output: logits)
    let link = try #require(graph.link(ofNode: 0))
    var scaled = graph
    scaled.scale(link, by: (0..<6).map { 0.5 + Float($0) / 4 })
    let pixels = picture(3, size: 8)
    let (before, after) = (FloatLoops(graph: graph).run(pixels), FloatLoops(graph: scaled).run(pixels))
    for (exact, found) in zip(before[graph.output], after[graph.output]) { #expect(abs(exact - found) < 1e-4) }
    #expect(try logitSQNR(graph, export(graph)) >= 25)
    #expect(Self.network().link(ofNode: 0) == nil)
  }

  @Test func zerosAroundBecomePadding() throws {
    var builder = NetworkBuilder(size: 8, seed: 3)
    let padded = builder.add(
      "pad", .rearrange(FloatRearrangement(rows: .init(offset: -2), columns: .init(offset: -1))), [0],
      Shape(height: 11, width: 9, channels: 1))
    let logits = builder.connected("classifier", builder.flatten(builder.convolution("conv", padded, 4)), 3)
    let graph = builder.graph(output: logits)
    let passed = Passes.all(graph)
    #expect(passed.nodes.map(\.name) == ["conv", "conv/flat", "classifier"])
    guard case .convolution(let convolution) = passed.nodes[0].operation else { return }
    #expect(convolution.padding == Padding(top: 3, left: 2, bottom: 2, right: 1))
    let pixels = picture(4, size: 8)
    let (before, after) = (FloatLoops(graph: graph).run(pixels), FloatLoops(graph: passed).run(pixels))
    for (exact, found) in zip(before[graph.output], after[passed.output]) { #expect(abs(exact - found) < 1e-9) }
  }

  @Test func whatIsLessThanAnyNumberBecomesAMaxPoolsPadding() throws {
    func network(_ fill: Float) -> FloatGraph {
      var builder = NetworkBuilder(size: 7, seed: 3)
      let padded = builder.add(
        "pad", .rearrange(FloatRearrangement(rows: .init(offset: -1), columns: .init(offset: -1), fill: fill)),
        [builder.convolution("conv", 0, 4)], Shape(height: 8, width: 8, channels: 4))
      let logits = builder.connected("classifier", builder.flatten(builder.pool(padded)), 3)
      return builder.graph(output: logits)
    }
    let passed = Passes.all(network(-.infinity))
    #expect(passed.nodes.map(\.name) == ["conv", "pad/pool", "pad/pool/flat", "classifier"])
    #expect(try logitSQNR(network(-.infinity), export(passed)) >= 25)
    // A number that the format in front does not reach is refused rather than cut off.
    #expect {
      try export(Passes.all(network(-1000)))
    } throws: { error in
      "\(error)".contains("layer pad: what it puts around, -1000.0, is beyond the format")
    }
  }

  /// Every byte of the records' parameters, changed: refused, or run without leaving the arena.
  @Test func damagedParametersAreRefusedOrHarmless() throws {
    let model = try export(Self.network())
    // The offset of the operations' section, as the table says.
    let place = Layout.sectionTableOffset + Layout.sectionEntryBytes + 8
    let operations = model.bytes[place..<place + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
    var (refused, accepted) = (0, 0)
    for (index, operation) in model.content.graph.operations.enumerated() {
      switch operation.kind {
      case .rearrange, .multiply, .table: break
      default: continue
      }
      let words = operations + index * Layout.operationRecordBytes + Layout.parameterOffset
      for place in words..<words + 40 {
        for change in [UInt8(1), 0x80, 0xFF] {
          var damaged = model.bytes
          damaged[place] ^= change
          let digest = unsafe damaged.withUnsafeBytes { unsafe Digest.ofModel($0) }
          for byte in 0..<32 { damaged[Layout.digestOffset + byte] = digest[byte] }
          guard let runner = try? ModelRunner(damaged, instructionSet: .scalar) else {
            refused += 1
            continue
          }
          accepted += 1
          _ = runner.outputs(model.content.vectors[0].pixels)
        }
      }
    }
    #expect(refused > 300 && accepted > 20)
  }
}
