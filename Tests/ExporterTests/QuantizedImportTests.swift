import EdgeRuntime
import Foundation
import Quantize
import Testing

@testable import Exporter

/// Formats that travel in the ONNX file: QuantizeLinear and DequantizeLinear.
@Suite("Formats in the network")
struct QuantizedImportTests {
  private func fixture() throws -> FloatGraph {
    Passes.all(try Importer.graph(data: try ImportFixture("quantized").data, folder: nil))
  }

  private func exported(_ graph: FloatGraph, settings: QuantizationSettings = .init()) throws -> ExportedModel {
    let size = graph.values[graph.input].shape.height
    let source = ExportSource(graph: graph, digest: "07", name: "test.onnx") { graph in
      let reference = FloatReference(graph)
      return { pixels, visit in reference.run(pixels: pixels, visit: visit) }
    }
    return try exportModel(
      source, images: CalibrationImages(count: 8, frameBytes: size * size) { picture($0, size: size) },
      settings: settings)
  }

  @Test("every format that the network gives is the model's")
  func formatsAreKept() throws {
    let graph = try exported(try fixture()).content.graph
    func format(_ width: Int, _ fraction: Int, _ isSigned: Bool) -> FixedFormat {
      FixedFormat(width: width, fraction: fraction, isSigned: isSigned)
    }
    #expect(graph.tensors[graph.input].format == format(8, 5, true))
    let outputs = graph.operations.map { graph.tensors[$0.output].format }
    #expect(
      outputs == [
        format(8, 5, true), format(16, 12, true), format(8, 5, true), format(8, 4, false), format(6, 3, false),
        format(6, 3, false), format(16, 6, true),
      ])
    // int4's -8, which one of the rounded floats becomes, needs 5 symmetric bits.
    #expect(graph.operations.map { $0.kind.linear?.geometry.weightWidth } == [nil, 3, nil, 8, 5, nil, 3])
    #expect(graph.operations[3].kind.linear?.weights.fractions == [7, 8, 6, 7])
    #expect(graph.operations[4].kind.linear?.weights.fractions == [3, 3, 2, 4, 3])
    #expect(graph.operations[6].kind.linear?.weights.fractions == [4, 5, 4])
  }

  @Test("raw weights and an integer bias reach the model unchanged")
  func rawsAreKept() throws {
    let imported = try fixture()
    let model = try exported(imported)
    for operation in model.content.graph.operations {
      guard let linear = operation.kind.linear else { continue }
      let node = try #require(imported.nodes.first { $0.name == operation.name })
      let weights: [Float]
      let bias: [Float]
      switch node.operation {
      case .convolution(let convolution): (weights, bias) = (convolution.weights, convolution.bias)
      case .fullyConnected(let matrix, let vector): (weights, bias) = (matrix, vector)
      default: continue
      }
      let input = model.content.graph.tensors[operation.inputs[0]].format
      let taps = weights.count / linear.weights.fractions.count
      for (index, weight) in weights.enumerated() {
        let fraction = linear.weights.fractions[index / taps]
        #expect(Float(linear.weights.raws[index]) == weight * Float(sign: .plus, exponent: fraction, significand: 1))
      }
      // The first convolution's bias has the accumulators' scale in the file.
      if operation.name == "Conv_a0" {
        for (channel, raw) in linear.weights.bias.enumerated() {
          let fraction = input.fraction + linear.weights.fractions[channel]
          #expect(Float(raw) == bias[channel] * Float(sign: .plus, exponent: fraction, significand: 1))
        }
      }
    }
  }

  /// Only the halves differ, which ONNX rounds to even and the runtime up, and the sampler's own rounding.
  @Test("the model computes what the network computes, within a few steps")
  func logitsAgree() throws {
    let graph = try fixture()
    let model = try exported(graph)
    let runner = try ModelRunner(model.bytes, instructionSet: .scalar)
    let reference = FloatReference(graph)
    let format = model.content.graph.tensors[model.content.graph.outputs[0].tensor].format
    var (signal, noise) = (0.0, 0.0)
    for index in 100..<120 {
      let pixels = picture(index, size: 12)
      reference.run(pixels: pixels)
      for (raw, exact) in zip(runner.outputs(pixels), reference.output) {
        let difference = format.number(Int64(raw)) - Double(exact)
        signal += Double(exact * exact)
        noise += difference * difference
      }
    }
    #expect(10 * log10(signal / noise) > 30)
  }

  @Test("a setting that contradicts a given width is refused by the layer's name")
  func contradictingSettings() throws {
    let graph = try fixture()
    #expect(
      throws: ExportError.conflict(
        .init(layer: "Conv_a0", setting: .weightBits, reason: "is 4, but the network gives it weights of 8"))
    ) {
      try exported(graph, settings: .init(layers: ["Conv_a0": .init(weightBits: 4)]))
    }
    #expect(
      throws: ExportError.conflict(
        .init(layer: "Conv_b0", setting: .activationBits, reason: "is 8, but the network gives its output 6"))
    ) {
      try exported(graph, settings: .init(layers: ["Conv_b0": .init(activationBits: 8)]))
    }
  }

  // MARK: One convolution and one fully connected layer, changed by each test

  /// Image [1, 2, 3, 3], a quantised 1x1 convolution, a max-pool of one row, a fully connected layer.
  private func model(
    scale: Float = 0.25, zeroPoint: Int32 = 0, poolScale: Float? = nil, weights: [Int32] = [1, 2, 3, -127],
    weightScales: [Float] = [0.5, 0.25], weightAxis: Int64 = 0, zeroType: ONNXTensorProto.DataType = .uint8
  ) -> ONNXModelProto {
    var model = TinyONNX.model
    model.graph.initializer = [
      Self.integers("kernel", [2, 2, 1, 1], weights, .int8), TinyONNX.tensor("steps", [2], weightScales),
      Self.integers("zero", [], [zeroPoint], zeroType), TinyONNX.tensor("step", [], [scale]),
      TinyONNX.tensor("poolStep", [], [poolScale ?? scale]),
      TinyONNX.tensor("matrix", [6, 2], (0..<12).map { Float($0) / 16 }),
    ]
    model.graph.node = [
      TinyONNX.node("DequantizeLinear", ["kernel", "steps"], "weights", [TinyONNX.attribute("axis", weightAxis)]),
      TinyONNX.node("Conv", ["image", "weights"], "features"),
      TinyONNX.node("QuantizeLinear", ["features", "step", "zero"], "raw", name: "q"),
      TinyONNX.node("DequantizeLinear", ["raw", "step", "zero"], "rounded", name: "dq"),
      TinyONNX.node("MaxPool", ["rounded"], "pooled", name: "pool", [TinyONNX.attribute("kernel_shape", [1, 3])]),
      TinyONNX.node("QuantizeLinear", ["pooled", "poolStep", "zero"], "raw2", name: "q2"),
      TinyONNX.node("DequantizeLinear", ["raw2", "poolStep", "zero"], "pooled2", name: "dq2"),
      TinyONNX.node("Flatten", ["pooled2"], "flat"),
      TinyONNX.node("Gemm", ["flat", "matrix"], "logits", name: "dense"),
    ]
    return model
  }

  private static func integers(
    _ name: String, _ dims: [Int64], _ values: [Int32], _ type: ONNXTensorProto.DataType
  ) -> ONNXTensorProto {
    var tensor = ONNXTensorProto()
    tensor.name = name
    tensor.dims = dims
    tensor.dataType = type
    tensor.int32Data = values
    return tensor
  }

  private func refusal(_ model: ONNXModelProto) -> String? {
    do {
      let graph = Passes.all(try TinyONNX.graph(model))
      let source = ExportSource(graph: graph, digest: "", name: "") { graph in
        let reference = FloatReference(graph)
        return { pixels, visit in reference.run(pixels: pixels, visit: visit) }
      }
      let images = CalibrationImages(count: 2, frameBytes: 18) { index in (0..<18).map { UInt8($0 * 13 + index) } }
      _ = try exportModel(source, images: images, settings: .init())
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test("a sound network of this kind exports")
  func soundNetwork() {
    #expect(refusal(model()) == nil)
  }

  @Test("scales, zero points, weights and formats that can't be had are refused by the node's name")
  func refusals() throws {
    let cases: [(ONNXModelProto, [String])] = [
      (model(scale: 0), [#"node "q" (QuantizeLinear)"#, "0.0 is not above 0"]),
      (model(scale: -0.5), ["-0.5 is not above 0"]),
      (model(weightScales: [0.5, -0.3]), [#"node "weights" (DequantizeLinear)"#, "-0.3 is not above 0"]),
      (model(weights: [1, 2, 3, -128]), [#"node "features" (Conv)"#, "-127...127"]),
      (model(weightAxis: 1), [#"node "features" (Conv)"#, "axis 1", "outputs lie along 0"]),
      (model(poolScale: 0.5), ["layer pool", "Q(8, 1, unsigned)", "Q(8, 2, unsigned)"]),
      (model(zeroType: .int32), [#"node "q" (QuantizeLinear)"#, "int8"]),
    ]
    for (model, parts) in cases {
      let message = refusal(model) ?? "accepted"
      for part in parts { #expect(message.contains(part), "\(message) lacks \(part)") }
    }
    var bare = model()
    bare.graph.node[4].input = ["raw"]
    #expect(refusal(bare)?.contains("a DequantizeLinear belongs between") == true)
    var mixed = model()
    mixed.graph.node[3].input[1] = "two"
    mixed.graph.initializer.append(TinyONNX.tensor("two", [], [2]))
    #expect(refusal(mixed)?.contains("not that of the QuantizeLinear") == true)
  }

  /// As engines that quantise after training write it, a ReLU folded into the range of what follows a convolution.
  @Test("scales that are no powers of two, and zero points, leave a range, and formats are chosen anew, which is said")
  func otherSteps() throws {
    /// What the network finds of one image, and what the user is told.
    func logits(_ model: ONNXModelProto) throws -> (found: [Float], notes: [String]) {
      let graph = try TinyONNX.graph(model)
      let reference = FloatReference(Passes.all(graph))
      reference.run(pixels: (0..<18).map { UInt8($0 * 13) })
      return (reference.output, graph.notes)
    }
    for (scale, zero) in [(0.3, 0), (0.25, 3), (0.0371, 7)] as [(Float, Int32)] {
      let changed = model(scale: scale, zeroPoint: zero)
      let (found, notes) = try logits(changed)
      #expect(notes.count == 1)
      #expect(notes[0].hasPrefix(#"node "q" (QuantizeLinear) and 1 more: scales that are no powers of two"#))
      #expect(refusal(changed) == nil)
      // The same without rounding. The pool's own range, the same, has nothing left to cut.
      var plain = changed
      plain.graph.node.removeSubrange(2...3)
      plain.graph.node[2].input = ["features"]
      plain.graph.node.removeSubrange(3...4)
      plain.graph.node[3].input = ["pooled"]
      let floor = TinyONNX.tensor("floor", [], [Float(-zero) * scale])
      let ceiling = TinyONNX.tensor("ceiling", [], [Float(255 - zero) * scale])
      plain.graph.initializer += [floor, ceiling]
      plain.graph.node.insert(TinyONNX.node("Clip", ["features", "floor", "ceiling"], "inside"), at: 2)
      plain.graph.node[3].input = ["inside"]
      #expect(found == (try logits(plain).found))
      let clips = Passes.all(try TinyONNX.graph(changed)).nodes.count { node in
        if case .clip = node.operation { true } else { false }
      }
      #expect(clips == 1)
    }
    let weights = try logits(model(weightScales: [0.5, 0.3]))
    #expect(weights.notes.contains { $0.hasPrefix(#"node "weights" (DequantizeLinear): scales that are no powers"#) })
  }

  @Test("floats that the file quantises by other scales are saturated and rounded as ONNX says")
  func constants() throws {
    var model = TinyONNX.model
    model.graph.initializer = [
      TinyONNX.tensor("kernel", [2, 2, 1, 1], [0.24, 0.26, -90, 9]), TinyONNX.tensor("steps", [2], [0.1, 0.3]),
      Self.integers("zeros", [2], [2, -3], .int8),
    ]
    let axis = [TinyONNX.attribute("axis", 0)]
    model.graph.node = [
      TinyONNX.node("QuantizeLinear", ["kernel", "steps", "zeros"], "raws", axis),
      TinyONNX.node("DequantizeLinear", ["raws", "steps", "zeros"], "weights", axis),
      TinyONNX.node("Conv", ["image", "weights"], "features"),
      TinyONNX.node("GlobalAveragePool", ["features"], "pooled"), TinyONNX.node("Flatten", ["pooled"], "logits"),
    ]
    guard case .convolution(let convolution) = try TinyONNX.graph(model).nodes[0].operation else {
      Issue.record("no convolution")
      return
    }
    // -90 saturates at -128, which stands for 125 steps below 0.
    let (tenth, third): (Float, Float) = (0.1, 0.3)
    let expected: [Float] = [2 * tenth, 3 * tenth, -125 * third, 30 * third]
    #expect(convolution.weights == expected)
  }

  /// What ONNX Runtime's own quantisation made of a small network, by per-channel weights and unsigned activations with zero points; in golden.json the
  /// network without the roundings of values.
  @Test("a network that ONNX Runtime quantised keeps its signal")
  func quantizedByOthers() throws {
    let graph = Passes.all(try Importer.graph(data: try ImportFixture("refitted").data, folder: nil))
    #expect(graph.notes.count == 1)
    let model = try exported(graph)
    #expect(model.warnings.contains { $0.contains("no powers of two") })
    let runner = try ModelRunner(model.bytes, instructionSet: .scalar)
    let reference = FloatReference(graph)
    let format = model.content.graph.tensors[model.content.graph.outputs[0].tensor].format
    var (signal, noise) = (0.0, 0.0)
    for index in 100..<120 {
      let pixels = picture(index, size: 12)
      reference.run(pixels: pixels)
      for (raw, exact) in zip(runner.outputs(pixels), reference.output) {
        signal += Double(exact * exact)
        noise += (format.number(Int64(raw)) - Double(exact)) * (format.number(Int64(raw)) - Double(exact))
      }
    }
    #expect(10 * log10(signal / noise) > 28)
  }

  @Test("four-bit integers lie two to a byte, in either field")
  func nibbles() throws {
    for isRaw in [true, false] {
      var tensor = ONNXTensorProto()
      tensor.dims = [5]
      tensor.dataType = .int4
      if isRaw {
        tensor.rawData = Data([0x21, 0xF8, 0x07])
      } else {
        tensor.int32Data = [0x21, 0xF8, 0x07]
      }
      guard
        case .integers(let array) = try Operand(tensor, name: "w", externalData: ExternalData(folder: nil))
      else {
        Issue.record("no integers")
        return
      }
      #expect(array.elements == [1, 2, -8, -1, 7])
    }
  }

  private struct Narrow: Decodable {
    var pixels: [String]
    var logits: [[Int32]]
  }

  @Test("a network trained with rounding in place gives the integers that it was trained on")
  func trainedIntegers() throws {
    let golden = try JSONDecoder().decode(Narrow.self, from: try fixtureData("sdl-narrow.json"))
    let graph = Passes.all(try Importer.graph(data: try fixtureData("sdl-narrow.onnx"), folder: nil))
    let model = try exported(graph)
    // Clips to narrow ranges are the formats' own saturation and no steps of their own.
    #expect(!model.content.graph.operations.contains { if case .requantize = $0.kind { true } else { false } })
    let runner = try ModelRunner(model.bytes, instructionSet: .scalar)
    for (hexadecimal, logits) in zip(golden.pixels, golden.logits) {
      let digits = Array(hexadecimal)
      let pixels = stride(from: 0, to: digits.count, by: 2).map { UInt8(String(digits[$0...$0 + 1]), radix: 16)! }
      #expect(runner.outputs(pixels) == logits)
    }
    #expect(Set(golden.logits).count == golden.logits.count)
  }

  private func fixtureData(_ name: String) throws -> Data {
    try Data(contentsOf: ImportFixture.folder.appending(path: name))
  }
}
