import EdgeRuntime
import Foundation
import Quantize
import Testing

@testable import Exporter

/// Networks with inputs beside their image: numbers that join its features, and a second image with a state that is handed on.
@Suite("Networks of several inputs") struct OtherInputTests {
  struct Network: CustomTestStringConvertible, Sendable {
    var name: String
    /// The image first.
    var inputs: [String]
    var shapes: [Shape]
    /// Bits of the inputs beside the image.
    var bits: [Int]
    var testDescription: String { name }
  }

  static let networks = [
    Network(
      name: "pose", inputs: ["image", "pose"], shapes: [Shape(height: 16, width: 12, channels: 1), .vector(6)],
      bits: [16]),
    Network(
      name: "stereo", inputs: ["left", "right", "state"],
      shapes: [Shape(height: 12, width: 20, channels: 2), Shape(height: 12, width: 20, channels: 2), .vector(8)],
      bits: [8, 16]),
  ]

  /// What ONNX Runtime made of seeded inputs; images HWC.
  private struct Golden: Decodable {
    var inputs: [String: [Float]]
    var outputs: [String: [Float]]
  }

  private func graph(_ network: Network) throws -> FloatGraph {
    try Importer.graph(
      data: Data(contentsOf: ImportFixture.folder.appending(path: "\(network.name).onnx")), folder: nil)
  }

  private func source(_ network: Network) throws -> ExportSource {
    ExportSource(graph: Passes.all(try graph(network)), digest: "07", name: "\(network.name).onnx") { graph in
      let reference = FloatReference(graph)
      return { frame, visit in reference.run(pixels: frame, visit: visit) }
    }
  }

  /// Pictures, with numbers of a seed in -1...1 behind their pixels.
  private func images(_ graph: FloatGraph, first: Int = 0, count: Int = 24) -> CalibrationImages {
    let shape = graph.values[graph.input].shape
    let numbers = graph.otherInputs.reduce(0) { $0 + graph.values[$1].shape.count }
    return CalibrationImages(count: count, frameBytes: graph.frameBytes) { index in
      let side = max(shape.height, shape.width)
      let planes = (0..<shape.channels).map { picture(first + index * shape.channels + $0, size: side) }
      let pixels = (0..<shape.count).map { element in
        let (pixel, channel) = (element / shape.channels, element % shape.channels)
        return planes[channel][pixel / shape.width * side + pixel % shape.width]
      }
      var random = SplitMix(state: UInt64(first + index))
      return pixels
        + (0..<numbers).flatMap { _ in Float.random(in: -1...1, using: &random).littleEndianBytes }
    }
  }

  @Test("are read with the image first, then the others in the file's order", arguments: networks)
  func interface(_ network: Network) throws {
    for graph in [try graph(network), Passes.all(try graph(network))] {
      #expect(graph.inputs.map { graph.values[$0].name } == network.inputs)
      #expect(graph.inputs.map { graph.values[$0].shape } == network.shapes)
      #expect(
        graph.frameBytes == network.shapes[0].count + 4 * network.shapes.dropFirst().reduce(0) { $0 + $1.count })
    }
  }

  @Test("compute what ONNX Runtime computes", arguments: networks)
  func matchesONNXRuntime(_ network: Network) throws {
    let all = try JSONDecoder().decode(
      [String: Golden].self, from: Data(contentsOf: ImportFixture.folder.appending(path: "golden-inputs.json")))
    let golden = try #require(all[network.name])
    for graph in [try graph(network), Passes.all(try graph(network))] {
      let reference = FloatReference(graph)
      let inputs = try network.inputs.map { try #require(golden.inputs[$0]) }
      reference.run(inputs[0], others: Array(inputs.dropFirst()))
      for (index, output) in graph.outputs.enumerated() {
        let expected = try #require(golden.outputs[output.name])
        let found = reference.output(index)
        try #require(found.count == expected.count)
        for (found, expected) in zip(found, expected) {
          #expect((found - expected).magnitude <= 1e-5 * max(expected.magnitude, 1), "\(output.name)")
        }
      }
    }
  }

  @Test("keep each output 20 dB above its noise at 8 bits, by either way to choose formats", arguments: networks)
  func noise(_ network: Network) throws {
    let source = try source(network)
    for method in [CalibrationMethod.squaredError, .joint] {
      let model = try exportModel(source, images: images(source.graph), settings: QuantizationSettings(method: method))
      for (output, found) in zip(source.graph.outputs, try decibels(source.graph, model)) {
        #expect(found >= 20, "\(output.name): \(found)")
      }
    }
  }

  private func decibels(_ graph: FloatGraph, _ model: ExportedModel) throws -> [Double] {
    try ExporterTests.decibels(graph, model, on: images(graph, first: 5000, count: 16))
  }

  @Test("are loaded with all inputs, and test vectors hold their frames", arguments: networks)
  func file(_ network: Network) throws {
    let source = try source(network)
    let images = images(source.graph)
    let exported = try exportModel(source, images: images, settings: QuantizationSettings())
    let file = AlignedBytes(exported.bytes)
    let model = try unsafe ModelFile(unsafeBytes: UnsafeRawBufferPointer(file.unsafeBytes))
    #expect(model.inputCount == network.inputs.count && model.imageBytes == network.shapes[0].count)
    for index in 0..<model.inputCount {
      let record = model.input(index)
      let name = unsafe String(decoding: model.unsafeName(record.name), as: UTF8.self)
      #expect(name == network.inputs[index] && record.firstOperation == 0)
      #expect(Shape(height: record.height, width: record.width, channels: record.channels) == network.shapes[index])
      #expect(index == 0 || record.format.width == network.bits[index - 1])
    }
    let formats = InputFormats(exported.content.graph)
    #expect(formats == InputFormats(model))
    let runner = try ModelRunner(exported.bytes, instructionSet: .scalar)
    #expect(exported.content.vectors.count == 8)
    for (index, vector) in exported.content.vectors.enumerated() {
      let frame = unsafe Array(model.unsafeTestFrame(index))
      #expect(frame == vector.pixels && frame.count == model.frameBytes)
      #expect(frame == formats.raw(try images.pixels(index * 3)))
      #expect(runner.outputs(raw: frame) == vector.values)
    }
  }

  @Test("give a session the numbers one by one as well as in a frame")
  func settingInputs() throws {
    let source = try source(Self.networks[1])
    let images = images(source.graph)
    let exported = try exportModel(source, images: images, settings: QuantizationSettings())
    let runner = try ModelRunner(exported.bytes, instructionSet: .scalar)
    let file = AlignedBytes(exported.bytes)
    let model = try unsafe ModelFile(unsafeBytes: UnsafeRawBufferPointer(file.unsafeBytes))
    let arena = AlignedBytes(count: model.sessionBytes(threads: 1))
    var session = try unsafe Session(unsafeModel: model, arena: arena.unsafeBytes, instructionSet: .best)
    let frame = try images.pixels(7)
    var start = model.imageBytes
    var numbers: [[Int32]] = []
    for index in 1..<model.inputCount {
      let record = model.input(index)
      numbers.append(
        (0..<record.count).map { element in
          Int32(record.format.raw(Double(Float(littleEndian: frame[(start + 4 * element)...]))))
        })
      start += 4 * record.count
    }
    // In any order, each once a frame.
    let (right, state) = (numbers[0], numbers[1])
    try session.set(state.span, ofInput: 2)
    try session.set(right.span, ofInput: 1)
    unsafe try frame[..<model.imageBytes].withUnsafeBytes { unsafe try session.run(pixels: $0) }
    let found = (0..<session.outputCount).flatMap { output in
      (0..<model.tensor(session.output(output).tensor).count).map { session.value($0, ofOutput: output) }
    }
    #expect(found == runner.outputs(frame))
    try session.set(right.span, ofInput: 1)
    #expect(throws: SessionError.inputMissing) {
      unsafe try frame[..<model.imageBytes].withUnsafeBytes { unsafe try session.run(pixels: $0) }
    }
  }

  @Test("are calibrated by a file as by the pictures", arguments: networks)
  func calibrationFile(_ network: Network) throws {
    let source = try source(network)
    let images = images(source.graph, count: 8)
    let path = FileManager.default.temporaryDirectory.appending(path: "\(network.name)-\(UUID()).fxcal").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let calibration = try calibrate(source, images: images)
    try CalibrationFile.write(calibration, of: source, images: images, to: path)
    let kept = try CalibrationFile.read(Data(contentsOf: URL(filePath: path)), of: source)
    #expect(try (0..<8).allSatisfy { try kept.images.pixels($0) == images.pixels($0) })
    let settings = QuantizationSettings(weightBits: 4)
    let direct = try exportModel(source, calibration: calibration, images: images, settings: settings)
    let again = try exportModel(source, calibration: kept.calibration, images: kept.images, settings: settings)
    #expect(direct.bytes == again.bytes)
  }

  @Test("saturate numbers beyond an input's format, and take NaN for nothing")
  func saturation() throws {
    let formats = [
      FixedFormat(width: 16, fraction: 12, isSigned: true), FixedFormat(width: 6, fraction: 2, isSigned: false),
    ]
    var inputs = InputFormats(FixedGraph.oneInput(pixels: 1))
    inputs.others = formats.map { (2, $0) }
    let numbers: [Float] = [100, -100, 0.125, .nan]
    let frame = [9] + numbers.flatMap(\.littleEndianBytes)
    #expect(inputs.raw(frame) == [9, 0xFF, 0x7F, 0x00, 0x80, 1, 0])
  }

  @Test("with a given format have it")
  func givenFormat() throws {
    var graph = try graph(Self.networks[0])
    let format = FixedFormat(width: 8, fraction: 5, isSigned: true)
    let pose = graph.otherInputs[0]
    graph.values.append(FloatGraph.Value(name: "rounded", shape: graph.values[pose].shape))
    let rounded = graph.values.count - 1
    for index in graph.nodes.indices {
      graph.nodes[index].inputs = graph.nodes[index].inputs.map { $0 == pose ? rounded : $0 }
    }
    graph.nodes.insert(
      FloatGraph.Node(name: "round", operation: .quantize(format), inputs: [pose], output: rounded), at: 0)
    let layers = try LayerGraph(fusing: Passes.all(graph))
    #expect(layers.inputFormats == [layers.graph.otherInputs[0]: format])
    let source = ExportSource(graph: Passes.all(graph), digest: "07", name: "pose.onnx") { graph in
      let reference = FloatReference(graph)
      return { frame, visit in reference.run(pixels: frame, visit: visit) }
    }
    let model = try exportModel(source, images: images(source.graph), settings: QuantizationSettings())
    #expect(model.content.graph.tensors[model.content.graph.inputs[1]].format == format)
  }
}

extension FixedGraph {
  /// A graph that only takes an image.
  fileprivate static func oneInput(pixels: Int) -> FixedGraph {
    let tensor = FixedGraph.Tensor(
      name: "image", format: FixedFormat(width: 8, fraction: 0, isSigned: false), shape: .vector(pixels), storage: 0)
    return FixedGraph(
      tensors: [tensor], operations: [], inputs: [0], outputs: [.init(tensor: 0, labels: nil)], inputTables: [])
  }
}
