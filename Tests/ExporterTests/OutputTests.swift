import EdgeRuntime
import Foundation
import Quantize
import Testing

@testable import Exporter

/// Networks with several outputs, and with outputs that are images: a detector with boxes, scores and a class, a U-Net, an autoencoder.
@Suite("Networks of several outputs, or of images") struct NetworkOutputTests {
  /// A network's name, and its outputs' names, shapes and labels.
  struct Network: CustomTestStringConvertible, Sendable {
    var name: String
    var outputs: [FloatGraph.Output]
    var shapes: [Shape]
    var testDescription: String { name }
  }

  static let networks = [
    Network(
      name: "detector",
      outputs: [
        .init(name: "boxes", value: 0), .init(name: "scores", value: 0),
        .init(name: "kind", value: 0, labels: ["face", "cat", "none"]),
      ],
      shapes: [
        Shape(height: 1, width: 160, channels: 4), Shape(height: 1, width: 160, channels: 2), .vector(3),
      ]),
    Network(
      name: "segmentation", outputs: [.init(name: "mask", value: 0)],
      shapes: [Shape(height: 24, width: 20, channels: 2)]),
    Network(
      name: "autoencoder", outputs: [.init(name: "picture", value: 0)],
      shapes: [Shape(height: 12, width: 12, channels: 1)]),
  ]

  private func graph(_ network: Network) throws -> FloatGraph {
    try Importer.graph(data: try ImportFixture(network.name).data, folder: nil)
  }

  @Test("are read with each output's name, shape and labels", arguments: networks)
  func interface(_ network: Network) throws {
    let graph = try graph(network)
    #expect(graph.listsOutputs)
    #expect(graph.outputs.map(\.name) == network.outputs.map(\.name))
    #expect(graph.outputs.map(\.labels) == network.outputs.map(\.labels))
    #expect(graph.outputs.map { graph.values[$0.value].shape } == network.shapes)
    #expect(graph.outputs.map { graph.values[$0.value].name } == network.outputs.map(\.name))
    // Views are all that stands behind what computes an output: nothing is moved at run time, but in the U-Net's middle.
    let moves = graph.nodes.count { if case .rearrange = $0.operation { true } else { false } }
    #expect(moves == (network.name == "segmentation" ? 1 : 0))
  }

  @Test("compute what ONNX Runtime computes, by its order of rows, columns, channels", arguments: networks)
  func matchesONNXRuntime(_ network: Network) throws {
    let golden = try ImportFixture(network.name).golden
    for graph in [try graph(network), Passes.all(try graph(network))] {
      let reference = FloatReference(graph)
      reference.run(golden.input)
      for (index, output) in graph.outputs.enumerated() {
        let expected = try #require(golden.outputs?[output.name])
        // A softmax at the end is left away: the probabilities are those of the logits.
        let found = output.name == "kind" ? reference.output(index).softmax : reference.output(index)
        try #require(found.count == expected.count)
        let greatest = expected.map(\.magnitude).max()!
        for (found, expected) in zip(found, expected) {
          #expect((found - expected).magnitude <= 1e-5 * max(greatest, 1), "\(output.name)")
        }
      }
    }
  }

  private func source(_ network: Network) throws -> ExportSource {
    ExportSource(graph: Passes.all(try graph(network)), digest: "07", name: "\(network.name).onnx") { graph in
      let reference = FloatReference(graph)
      return { pixels, visit in reference.run(pixels: pixels, visit: visit) }
    }
  }

  private func images(_ graph: FloatGraph, first: Int = 0, count: Int = 24) -> CalibrationImages {
    let shape = graph.values[graph.input].shape
    return CalibrationImages(count: count, frameBytes: shape.count) { index in
      // A channel for each plane of a picture that is large enough, cut out of it.
      let side = max(shape.height, shape.width)
      let planes = (0..<shape.channels).map { picture(first + index * shape.channels + $0, size: side) }
      return (0..<shape.count).map { element in
        let (pixel, channel) = (element / shape.channels, element % shape.channels)
        return planes[channel][pixel / shape.width * side + pixel % shape.width]
      }
    }
  }

  private func decibels(_ graph: FloatGraph, _ model: ExportedModel) throws -> [Double] {
    try ExporterTests.decibels(graph, model, on: images(graph, first: 5000, count: 16))
  }

  @Test("keep each output 20 dB above its noise at 8 bits, by either way to choose formats", arguments: networks)
  func noise(_ network: Network) throws {
    let source = try source(network)
    for method in [CalibrationMethod.squaredError, .joint] {
      let model = try exportModel(source, images: images(source.graph), settings: QuantizationSettings(method: method))
      for (output, found) in zip(source.graph.outputs, try decibels(source.graph, model)) {
        #expect(found >= 20, "\(output.name)")
      }
    }
  }

  @Test("are loaded with all outputs, and test vectors hold their values", arguments: networks)
  func file(_ network: Network) throws {
    let source = try source(network)
    let exported = try exportModel(source, images: images(source.graph), settings: QuantizationSettings())
    let file = AlignedBytes(exported.bytes)
    let model = try unsafe ModelFile(unsafeBytes: UnsafeRawBufferPointer(file.unsafeBytes))
    #expect(model.listsOutputs && model.outputCount == network.outputs.count)
    #expect(model.outputValueCount == network.shapes.reduce(0) { $0 + $1.count })
    for (index, output) in network.outputs.enumerated() {
      let record = model.tensor(model.output(index).tensor)
      let name = unsafe String(decoding: model.unsafeName(record.name), as: UTF8.self)
      #expect(name == output.name)
      #expect(Shape(height: record.height, width: record.width, channels: record.channels) == network.shapes[index])
      #expect(model.output(index).role == (output.labels == nil ? .values : .scores))
      #expect(record.format.width == 16)
      // Nothing may lie there as long as somebody may read it.
      #expect(record.lastOperation == model.operationCount - 1)
      for (number, label) in (output.labels ?? []).enumerated() {
        let read = unsafe String(decoding: model.unsafeLabel(number, ofOutput: index), as: UTF8.self)
        #expect(read == label)
      }
    }
    #expect(exported.content.vectors.count == 8)
    for (index, vector) in exported.content.vectors.enumerated() {
      #expect(vector.values.count == model.outputValueCount)
      #expect(vector.values.indices.map { model.testValue(index, $0) } == vector.values)
      let runner = try ModelRunner(exported.bytes, instructionSet: .scalar)
      #expect(runner.outputs(vector.pixels) == vector.values)
    }
    let digest = Digest.of { digest in
      for vector in exported.content.vectors { for value in vector.values { digest.update(value) } }
    }
    #expect((0..<32).allSatisfy { digest[$0] == model.testDigest[$0] })
  }

  @Test("are refused by the loader if nothing writes one of them")
  func unwritten() throws {
    let source = try source(Self.networks[2])
    var content = try exportModel(source, images: images(source.graph), settings: QuantizationSettings()).content
    let index = content.graph.tensors.count
    content.graph.tensors.append(
      FixedGraph.Tensor(
        name: "nothing", format: FixedFormat(width: 5, fraction: 60, isSigned: true), shape: .vector(4), storage: index)
    )
    content.graph.outputs.append(.init(tensor: index))
    content.plan.places.append(.init(offset: 0, live: content.plan.places[0].live))
    content.vectors = []
    let file = AlignedBytes(try content.encoded())
    do throws(ModelError) {
      _ = try unsafe ModelFile(unsafeBytes: UnsafeRawBufferPointer(file.unsafeBytes))
      Issue.record("it was loaded")
    } catch {
      let tensors = Layout.aligned(Layout.sectionTableOffset + 8 * Layout.sectionEntryBytes)
      let record = tensors + index * Layout.tensorRecordBytes
      #expect(error == ModelError(.undefinedInput, at: record + Layout.outputNumberOffset))
    }
  }

  @Test("carry fewer test vectors where the outputs are large")
  func largeOutputs() {
    func vectors(_ side: Int, labels: [String]? = nil) -> Int {
      let tensor = FixedGraph.Tensor(
        name: "t", format: FixedFormat(width: 8, fraction: 0, isSigned: true),
        shape: labels == nil ? Shape(height: side, width: side, channels: 1) : .vector(side * side), storage: 0)
      return FixedGraph(
        tensors: [tensor], operations: [], inputs: [0], outputs: [.init(tensor: 0, labels: labels)], inputTables: []
      ).testVectors
    }
    #expect([16, 90, 91, 128, 181, 256, 300].map { vectors($0) } == [8, 8, 7, 4, 2, 1, 1])
    // One vector of scores has as many as ever.
    #expect(vectors(255, labels: []) == 8)
  }

  @Test("say that a softmax is left away")
  func note() throws {
    let source = try source(Self.networks[0])
    let exported = try exportModel(source, images: images(source.graph), settings: QuantizationSettings())
    #expect(exported.warnings.first?.hasPrefix("output \"kind\": its Softmax is left away") == true)
  }
}

extension [Float] {
  fileprivate var softmax: [Float] {
    let powers = map { exp($0 - (self.max() ?? 0)) }
    return powers.map { $0 / powers.reduce(0, +) }
  }
}

/// What of a small graph comes out, and how it is refused where it can't.
@Suite("Outputs of an ONNX graph") struct GraphEndTests {
  private func graph(_ change: (inout ONNXModelProto) -> Void) throws -> FloatGraph {
    var model = TinyONNX.model
    change(&model)
    return try TinyONNX.graph(model)
  }

  /// The tiny network with its image of features as a further output.
  private func withFeatures(_ model: inout ONNXModelProto) {
    model.graph.output.append(TinyONNX.value("features", [1, 2, 3, 3]))
  }

  private func refusal(_ change: (inout ONNXModelProto) -> Void) throws -> String {
    var model = TinyONNX.model
    change(&model)
    let data: Data = try model.serializedData()
    do throws(ONNXError) {
      _ = try Importer.graph(data: data, folder: nil)
    } catch {
      return error.description
    }
    Issue.record("it was imported")
    return ""
  }

  @Test("are what other nodes read, too, and keep the memory that they are in")
  func readElsewhere() throws {
    let graph = Passes.all(try graph(withFeatures))
    #expect(graph.outputs.map(\.name) == ["logits", "features"] && graph.outputs.allSatisfy { $0.labels == nil })
    let layers = try LayerGraph(fusing: graph)
    #expect(layers.layers.count == 2)
    #expect(layers.formatOrigin(graph.outputs[1].value) == .output)
  }

  @Test("have the labels that metadata gives them by name")
  func labels() throws {
    let named = try graph { model in
      withFeatures(&model)
      model.metadataProps = [TinyONNX.metadata("ferrite.labels.logits", "a, b")]
    }
    #expect(named.outputs.map(\.labels) == [["a", "b"], nil] && named.labels == ["a", "b"])
    // The only vector needs no name.
    let only = try graph { model in
      withFeatures(&model)
      model.metadataProps = [TinyONNX.metadata("ferrite.labels", "a,b")]
    }
    #expect(only.outputs.map(\.labels) == [["a", "b"], nil])
    // One vector of the only output is of scores, unless it is said to be none.
    #expect(try graph { _ in }.labels == ["0", "1"])
    let values = try graph { $0.metadataProps = [TinyONNX.metadata("ferrite.values", "logits")] }
    #expect(values.listsOutputs && values.scores == nil && values.labels.isEmpty)
  }

  @Test("are refused with labels that don't fit")
  func badLabels() throws {
    func refusal(_ key: String, _ value: String, features: Bool = true) throws -> String {
      try self.refusal { model in
        if features { withFeatures(&model) }
        model.metadataProps = [TinyONNX.metadata(key, value)]
      }
    }
    #expect(try refusal("ferrite.labels.ghost", "a,b").contains("no output of this name"))
    #expect(try refusal("ferrite.values", "ghost").contains("no output \"ghost\""))
    #expect(try refusal("ferrite.labels.features", "a,b").contains("no vector of scores"))
    #expect(try refusal("ferrite.labels.logits", "a").contains("1 labels for 2 outputs"))
    #expect(
      try self.refusal { model in
        model.metadataProps = [
          TinyONNX.metadata("ferrite.values", "logits"), TinyONNX.metadata("ferrite.labels.logits", "a,b"),
        ]
      }.contains("ferrite.values names it, too"))
    #expect(
      try self.refusal { model in
        model.graph.output[0].name = "features"
        model.metadataProps = [TinyONNX.metadata("ferrite.labels", "a,b")]
      }.contains("no output is a vector of scores"))
    #expect(
      try self.refusal { model in
        model.graph.node.append(TinyONNX.node("Relu", ["logits"], "second"))
        model.graph.output.append(TinyONNX.value("second", [1, 2]))
        model.metadataProps = [TinyONNX.metadata("ferrite.labels", "a,b")]
      }.contains("several outputs are vectors"))
  }

  @Test("are one value under two names")
  func twice() throws {
    let graph = Passes.all(
      try graph { model in
        model.graph.node.append(TinyONNX.node("Identity", ["logits"], "again"))
        model.graph.output.append(TinyONNX.value("again", [1, 2]))
      })
    #expect(graph.outputs[0].value == graph.outputs[1].value)
    let model = try exportTiny(graph)
    let outputs = model.content.graph.outputs.map { model.content.graph.tensors[$0.tensor] }
    #expect(outputs.map(\.name) == ["logits", "again"] && outputs[0].storage == outputs[1].storage)
  }

  private func exportTiny(_ graph: FloatGraph) throws -> ExportedModel {
    let source = ExportSource(graph: graph, digest: "07", name: "tiny.onnx") { FloatLoops.runner($0) }
    let images = CalibrationImages(count: 8, frameBytes: 18) { index in
      (0..<18).map { UInt8(truncatingIfNeeded: ($0 + 3) * (index + 5) * 37) }
    }
    return try exportModel(source, images: images, settings: QuantizationSettings())
  }

  @Test("are views where no value has to move, whatever dims they have")
  func views() throws {
    func shape(_ dims: [Int64], transposed: [Int64]?) throws -> Shape {
      let graph = try graph { model in
        model.graph.initializer.append(TinyONNX.integers("dims", dims))
        var last = "features"
        if let transposed {
          model.graph.node.append(
            TinyONNX.node("Transpose", [last], "turned", [TinyONNX.attribute("perm", transposed)]))
          last = "turned"
        }
        model.graph.node.append(TinyONNX.node("Reshape", [last, "dims"], "seen"))
        model.graph.output = [TinyONNX.value("seen", dims)]
      }
      return graph.values[graph.outputs[0].value].shape
    }
    let last: [Int64] = [0, 2, 3, 1]
    #expect(try shape([1, 9, 2], transposed: last) == Shape(height: 1, width: 9, channels: 2))
    #expect(try shape([1, 3, 3, 2], transposed: last) == Shape(height: 3, width: 3, channels: 2))
    #expect(try shape([9, 2], transposed: last) == Shape(height: 1, width: 9, channels: 2))
    #expect(try shape([1, -1], transposed: last) == .vector(18))
    #expect(try shape([1, 3, 6], transposed: last) == Shape(height: 1, width: 3, channels: 6))
    #expect(try shape([1, 2, 3, 3], transposed: nil) == Shape(height: 3, width: 3, channels: 2))
    // Channels first with one axis of places.
    #expect(try shape([1, 2, 9], transposed: nil) == Shape(height: 1, width: 9, channels: 2))
    #expect(throws: ONNXError.self) { try shape([1, 3, 3, 1, 2], transposed: last) }
  }

  @Test("have a softmax and an ArgMax left away over one vector of scores alone")
  func softmax() throws {
    func softmax(_ type: String, _ axis: Int64?) -> (inout ONNXModelProto) -> Void {
      { model in
        model.graph.node.append(
          TinyONNX.node(type, ["logits"], "answer", axis.map { [TinyONNX.attribute("axis", $0)] } ?? []))
        model.graph.output = [TinyONNX.value("answer", [1, 2])]
      }
    }
    for (type, axis) in [("Softmax", nil), ("Softmax", 1), ("LogSoftmax", -1), ("ArgMax", 1)] as [(String, Int64?)] {
      let graph = try graph(softmax(type, axis))
      #expect(!graph.listsOutputs && graph.outputs[0].name == "answer" && graph.labels == ["0", "1"])
      #expect(graph.notes.count == 1 && graph.notes[0].contains("its \(type) is left away"))
    }
    #expect(try refusal(softmax("Softmax", 0)).contains("not over one vector of scores"))
    let last: (inout ONNXModelProto) -> Void = { model in
      softmax("ArgMax", 1)(&model)
      model.graph.node[model.graph.node.count - 1].attribute.append(TinyONNX.attribute("select_last_index", 1))
    }
    #expect(try refusal(last).contains("select_last_index is 1"))
    #expect(try refusal(softmax("ArgMax", nil)).contains("not over one vector of scores"))
    let both = try graph { model in
      softmax("Softmax", nil)(&model)
      model.graph.node.append(TinyONNX.node("ArgMax", ["answer"], "class", [TinyONNX.attribute("axis", -1)]))
      model.graph.output = [TinyONNX.value("class", [1])]
    }
    #expect(both.outputs.map(\.name) == ["class"] && both.labels == ["0", "1"] && both.notes.count == 2)
    // Of an image, and where it is not the end.
    let ofImage = try refusal { model in
      model.graph.node.append(TinyONNX.node("Softmax", ["features"], "answer", [TinyONNX.attribute("axis", 1)]))
      model.graph.output = [TinyONNX.value("answer", [1, 2, 3, 3])]
    }
    #expect(ofImage.contains("node \"answer\" (Softmax)") && ofImage.contains("leave it to the program"))
    let inside = try refusal { model in
      softmax("LogSoftmax", nil)(&model)
      model.graph.node.append(TinyONNX.node("Relu", ["answer"], "last"))
      model.graph.output.append(TinyONNX.value("last", [1, 2]))
    }
    #expect(inside.contains("operator is not supported"))
  }

  @Test("are lists joined one after the other, or place by place")
  func lists() throws {
    func joined(axis: Int64) throws -> FloatGraph {
      try graph { model in
        model.graph.initializer.append(TinyONNX.integers("list", [1, 9, 2]))
        model.graph.initializer.append(TinyONNX.tensor("other", [2, 2, 1, 1], [5, -6, 7, 8]))
        model.graph.node.append(TinyONNX.node("Conv", ["image", "other"], "more"))
        for (name, source) in [("a", "features"), ("b", "more")] {
          model.graph.node.append(
            TinyONNX.node("Transpose", [source], "\(name)1", [TinyONNX.attribute("perm", [0, 2, 3, 1])]))
          model.graph.node.append(TinyONNX.node("Reshape", ["\(name)1", "list"], "\(name)2"))
        }
        model.graph.node.append(TinyONNX.node("Concat", ["a2", "b2"], "all", [TinyONNX.attribute("axis", axis)]))
        model.graph.output = [TinyONNX.value("all", [1, 18, 2])]
      }
    }
    let pixels = (0..<18).map { UInt8($0 * 11) }
    func values(_ graph: FloatGraph) -> [[Float]] {
      let reference = FloatReference(graph)
      var found: [String: [Float]] = [:]
      reference.run(pixels: pixels) { value, numbers in found[graph.values[value].name] = numbers }
      return [found["features"] ?? [], found["more"] ?? [], reference.output]
    }
    let after = try joined(axis: 1)
    #expect(after.values[after.output].shape == Shape(height: 1, width: 18, channels: 2))
    let one = values(after)
    #expect(one[2] == one[0] + one[1])
    for axis in [Int64(2), -1] {
      let beside = try joined(axis: axis)
      #expect(beside.values[beside.output].shape == Shape(height: 1, width: 9, channels: 4))
      let found = values(beside)
      var expected: [Float] = []
      for place in 0..<9 {
        expected += found[0][2 * place..<2 * place + 2]
        expected += found[1][2 * place..<2 * place + 2]
      }
      #expect(found[2] == expected)
    }
  }
}
