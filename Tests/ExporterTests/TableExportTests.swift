import EdgeRuntime
import Foundation
import Quantize
import Testing

@testable import Exporter

/// Element-wise functions, from the float graph to the model file.
@Suite struct TableExportTests {
  private static let x = PointwiseFunction.argument
  private static let silu = x * .unary(.sigmoid, x)

  /// Three convolutions of 12 x 12 pixels, each with a function behind it; the last one is pooled and classified.
  private static func network(
    _ functions: [PointwiseFunction], seed: UInt64 = 4, last: PointwiseFunction? = nil
  ) -> FloatGraph {
    var builder = NetworkBuilder(size: 12, seed: seed)
    var value = 0
    for (index, function) in functions.enumerated() {
      value = builder.convolution("conv\(index)", value, 12)
      value = builder.add("function\(index)", .pointwise(function), [value], builder.values[value].shape)
    }
    let features = builder.flatten(builder.pool(value, average: true))
    var logits = builder.connected("classifier", features, 5)
    if let last { logits = builder.add("last", .pointwise(last), [logits], .vector(5)) }
    return builder.graph(output: logits)
  }

  private static func tables(_ model: ExportedModel) -> [(operation: FixedGraph.Operation, table: FixedTable)] {
    model.content.graph.operations.compactMap { operation in
      if case .table(let table) = operation.kind { (operation, table) } else { nil }
    }
  }

  @Test(arguments: [UInt64(1), 2, 3])
  func eightBitsKeepTheSignal(seed: UInt64) throws {
    let leaky = Self.x + .constant(-0.8) * .clip(Self.x, least: -.infinity, greatest: 0)
    let graph = Self.network([Self.silu, leaky, .unary(.tanh, Self.x)], seed: seed, last: .unary(.sigmoid, Self.x))
    let model = try export(graph)
    #expect(try logitSQNR(graph, model) >= 25)
    for noise in model.content.sqnrCentibels { #expect(try #require(noise) >= 2000) }
    // The last table is that of the logits.
    #expect(Self.tables(model).map { model.content.graph.tensors[$0.operation.output].format.width } == [8, 8, 8, 16])
  }

  @Test(arguments: [4, 8, 12])
  func anEntryIsTheFunctionsNearestValue(bits: Int) throws {
    let slopes = PointwiseFunction.constant((0..<12).map { Double($0) / 8 - 0.5 })
    let functions = [Self.silu, slopes * Self.silu + slopes, .unary(.softplus, Self.x)]
    let model = try export(Self.network(functions), settings: QuantizationSettings(activationBits: bits))
    let tables = Self.tables(model)
    #expect(tables.map(\.table.tables) == [1, 12, 1])
    for (function, (operation, table)) in zip(functions, tables) {
      let (input, output) = (
        model.content.graph.tensors[operation.inputs[0]].format, model.content.graph.tensors[operation.output].format
      )
      #expect(input.width == bits && table.entries.count == table.tables << bits)
      for index in 0..<1 << bits {
        let raw = input.isSigned && index >= 1 << (bits - 1) ? index - (1 << bits) : index
        let values = function.values(at: Array(repeating: input.number(Int64(raw)), count: 12))
        for channel in 0..<table.tables {
          let steps = (values[channel] / output.step + 0.5).rounded(.down)
          let expected = min(max(steps, Double(output.minimumRaw)), Double(output.maximumRaw))
          #expect(Double(table.entries[channel << bits + index]) == expected)
        }
      }
    }
    // A softplus is never negative.
    #expect(!model.content.graph.tensors[tables[2].operation.output].format.isSigned)
  }

  @Test func everyInstructionSetAndThreadGivesTheSameLogits() throws {
    let model = try export(Self.network([Self.silu, Self.silu, Self.silu]))
    for set in InstructionSet.allCases where set.isAvailable {
      let runner = try ModelRunner(model.bytes, instructionSet: set)
      for vector in model.content.vectors { #expect(runner.outputs(vector.pixels) == vector.values, "\(set)") }
    }
  }

  @Test func aClipBehindAFunctionIsPartOfItsTable() throws {
    var builder = NetworkBuilder(size: 8, seed: 1)
    let convolution = builder.convolution("conv", 0, 4)
    let shape = builder.values[convolution].shape
    let function = builder.add("tanh", .pointwise(.unary(.tanh, Self.x)), [convolution], shape)
    let clip = builder.add("clip", .clip(least: -0.25, greatest: 0.5), [function], shape)
    let logits = builder.connected("classifier", builder.flatten(clip), 3)
    let graph = builder.graph(output: logits)
    let model = try export(graph)
    #expect(model.content.graph.operations.map(\.name) == ["conv", "tanh", "classifier"])
    let (operation, table) = try #require(Self.tables(model).first)
    #expect(table.entries.min() == operation.minimum && table.entries.max() == operation.maximum)
    #expect(try logitSQNR(graph, model) >= 25)
  }

  @Test func aBatchNormBehindAFunctionIsPartOfItsTable() throws {
    var builder = NetworkBuilder(size: 8, seed: 1)
    let convolution = builder.convolution("conv", 0, 2)
    let shape = builder.values[convolution].shape
    let function = builder.add("silu", .pointwise(Self.silu), [convolution], shape)
    let norm = builder.add("norm", .batchNormalization(scale: [2, -1], shift: [0, 1]), [function], shape)
    let logits = builder.connected("classifier", builder.flatten(norm), 3)
    let graph = Passes.all(builder.graph(output: logits))
    #expect(graph.nodes.map(\.name) == ["conv", "silu", "norm/flat", "classifier"])
    let model = try export(graph)
    #expect(Self.tables(model).map(\.table.tables) == [2])
    #expect(try logitSQNR(graph, model) >= 25)
  }

  /// Leaky ReLUs commute with positive factors, what bends elsewhere does not.
  @Test func equalisationGoesThroughHomogeneousFunctionsAlone() throws {
    let leaky = Self.x + .constant(-0.8) * .clip(Self.x, least: -.infinity, greatest: 0)
    for (function, isLinked) in [(leaky, true), (Self.silu, false)] {
      let graph = Self.network([function, function])
      let link = graph.link(ofNode: 0)
      #expect((link != nil) == isLinked)
      guard let link else { continue }
      var scaled = graph
      scaled.scale(link, by: (0..<12).map { 0.5 + Float($0) / 4 })
      let pixels = picture(3, size: 12)
      let (before, after) = (FloatLoops(graph: graph).run(pixels), FloatLoops(graph: scaled).run(pixels))
      for (exact, found) in zip(before[graph.output], after[graph.output]) { #expect(abs(exact - found) < 1e-4) }
    }
  }

  @Test func aFunctionWithoutAValueIsRefusedWithItsLayer() throws {
    let graph = Self.network([.unary(.squareRoot, Self.x * Self.x * Self.x)])
    #expect {
      try export(graph)
    } throws: { error in
      // Calibration comes upon it first, where the convolution makes a negative number.
      "\(error)".contains("function0")
    }
    // Where no picture does, its table does.
    var lifted = Self.network([.unary(.squareRoot, Self.x)])
    guard case .convolution(var convolution) = lifted.nodes[0].operation else { return }
    convolution.bias = convolution.bias.map { $0 + 40 }
    lifted.nodes[0].operation = .convolution(convolution)
    #expect {
      try export(lifted)
    } throws: { error in
      "\(error)".contains("function0") && "\(error)".contains("its function has no value at -")
    }
  }

  @Test func tablesThatWouldFillMemoryAreRefusedWithTheirLayer() throws {
    let (wide, output) = (
      FixedFormat(width: 16, fraction: 8, isSigned: true), FixedFormat(width: 8, fraction: 3, isSigned: true)
    )
    func table(channels: Int) throws -> FixedTable {
      let slopes = PointwiseFunction.constant((0..<channels).map(Double.init))
      return try FixedTable(
        slopes * Self.x, from: wide, to: output, within: -128...127, channels: channels, layer: "slopes")
    }
    #expect(try table(channels: 2).entries.count == 2 << 16)
    #expect { try table(channels: 65) } throws: { "\($0)".contains("slopes") && "\($0)".contains("65 tables of 65536") }
  }

  @Test func theLoaderRefusesATableThatIsNotTheOperations() throws {
    let model = try export(Self.network([.unary(.tanh, Self.x)]))
    let index = try #require(model.content.graph.operations.firstIndex { $0.kind.kind == .table })
    let file = AlignedBytes(model.bytes)
    let loaded = try unsafe ModelFile(unsafeBytes: UnsafeRawBufferPointer(file.unsafeBytes))
    guard case .table(let parameters) = loaded.operation(index).operation else {
      Issue.record("the operation is no table")
      return
    }
    #expect(parameters.tables == 1 && parameters.bytes == 256)
    func word(_ at: Int) -> Int { (0..<8).reduce(0) { $0 | Int(model.bytes[at + $1]) << (8 * $1) } }
    // Offsets of the sections of operations and weights, as the table says.
    let (operations, weights) = (word(128 + 24 + 8), word(128 + 48 + 8))
    let record = operations + index * Layout.operationRecordBytes
    let words = record + Layout.parameterOffset
    func fault(_ at: Int, _ byte: UInt8) -> ModelError? {
      var bytes = model.bytes
      bytes[at] = byte
      let digest = unsafe bytes.withUnsafeBytes { unsafe Digest.ofModel($0) }
      for place in 0..<32 { bytes[64 + place] = digest[place] }
      let damaged = AlignedBytes(bytes)
      do throws(ModelError) {
        _ = try unsafe ModelFile(unsafeBytes: UnsafeRawBufferPointer(damaged.unsafeBytes))
        return nil
      } catch {
        return error
      }
    }
    #expect(fault(words, model.bytes[words] ^ 1) == ModelError(.weightPlace, at: words))
    #expect(fault(words + 3, 0x7F) == ModelError(.weightPlace, at: words))
    #expect(fault(words + 5, 2) == ModelError(.weightPlace, at: words + 4))
    #expect(fault(words + 8, 3) == ModelError(.parameter, at: words + 8))
    #expect(fault(words + 12, 1) == ModelError(.reservedNotZero, at: words + 12))
    // As many tables as channels, but not as many bytes.
    #expect(fault(words + 8, 12) == ModelError(.weightPlace, at: words + 4))
    // A range without the table's greatest entry.
    let greatest = Int(loaded.operation(index).maximum)
    let entry = try #require(
      (0..<256).first { Int(Int8(bitPattern: model.bytes[weights + parameters.offset + $0])) > 10 })
    #expect(greatest > 10)
    #expect(fault(record + 36, 10) == ModelError(.tableValue, at: weights + parameters.offset + entry))
  }
}
