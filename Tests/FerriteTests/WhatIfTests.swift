import EdgeRuntime
import Exporter
import Foundation
import Quantize
import Testing

@testable import ferrite

/// What would be if a layer were computed otherwise: the arithmetic against the runtime, the figures as a user sees them.
@Suite struct HybridRunnerTests {
  /// Between them every operation: grouped, strided and dilated convolutions, pools, samplers, concatenations, formats that the
  /// network gives.
  static let networks =
    [
      "convolutions", "dense", "pools", "network-legacy", "network-legacy-aligned", "network-dynamo", "quantized",
    ].map { "../ExporterTests/Fixtures/\($0).onnx" } + ["../../Models/sdl-toon.onnx"]

  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private struct Pair {
    var graph: FloatGraph
    var model: LoadedModel
    var network: PairedNetwork
  }

  /// A network and the model that is made of it with some random pictures.
  private func export(_ path: String, _ settings: QuantizationSettings) throws -> Pair {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(path)
    let graph = try Importer.graph(path: file.path)
    let source = ExportSource(graph: Passes.all(graph), digest: "", name: file.lastPathComponent) { graph in
      let reference = FloatReference(graph)
      return { pixels, visit in reference.run(pixels: pixels, visit: visit) }
    }
    let count = graph.values[graph.input].shape.count
    let images = CalibrationImages(count: 12, frameBytes: count) { pixels(seed: $0, count: count) }
    let bytes = try exportModel(
      source, calibration: try calibrate(source, images: images), images: images, settings: settings
    ).bytes
    let model = try LoadedModel(path: try folder.write(bytes, to: "\(file.lastPathComponent).fxm"))
    return Pair(graph: graph, model: model, network: try PairedNetwork(model, graph, path: file.path))
  }

  @Test(arguments: networks, [(8, 8), (4, 8), (8, 5), (8, 12)])
  func withoutASubstitutionItMakesTheRuntimesValues(_ path: String, _ bits: (weights: Int, activations: Int)) throws {
    if path.contains("quantized"), bits != (8, 8) { return }
    let pair = try export(
      path, QuantizationSettings(weightBits: bits.weights, activationBits: bits.activations))
    let runner = HybridRunner(pair.network)
    let classifier = try Classifier(pair.model, instructionSet: .scalar)
    for seed in 100..<104 {
      let picture = pixels(seed: seed, count: pair.model.file.frameBytes)
      let values = classifier.runLayers(picture)
      runner.begin(picture, values)
      for index in pair.network.layers.indices {
        #expect(runner.output(of: index, nil) == values[1 + index], "\(pair.network.layers[index].name)")
      }
    }
  }

  /// Which also holds the channels' factors of the model's provenance against those that export has used.
  @Test(arguments: networks)
  func allLayersInFloatMakeTheNetworksLogits(_ path: String) throws {
    if path.contains("quantized") { return }
    let pair = try export(path, QuantizationSettings(weightBits: 5, activationBits: 6))
    let runner = HybridRunner(pair.network)
    let classifier = try Classifier(pair.model, instructionSet: .scalar)
    let reference = FloatReference(pair.graph)
    for seed in 100..<104 {
      let picture = pixels(seed: seed, count: pair.model.file.frameBytes)
      runner.begin(picture, classifier.runLayers(picture))
      reference.run(pixels: picture)
      let reach = reference.output.reduce(1) { max($0, abs(Double($1))) }
      for (logit, exact) in zip(runner.logits(.float, in: .all), reference.output) {
        #expect(abs(logit - Double(exact)) < 1e-4 * reach)
      }
      // Sixteen bits come near, and the model itself does not.
      let wide = zip(runner.logits(.bits16, in: .all), reference.output).map { abs($0 - Double($1)) }.max()!
      let own = zip(runner.outputs.last!, reference.output).map { abs($0 - Double($1)) }.max()!
      #expect(wide < 0.05 * reach && wide < own / 4, "\(wide), the model \(own)")
    }
  }

  @Test func whatDoesNotRoundIsNotSubstituted() throws {
    let pair = try export(Self.networks[2], QuantizationSettings())
    let task = WhatIfTask(pair.network, stride: 1)
    for (index, layer) in pair.network.layers.enumerated() {
      let cases = task.cases.filter { $0.choice == .layer(index) }.map(\.substitution)
      switch layer.kind {
      case .conv2D, .fullyConnected: #expect(cases == [.float, .bits16, .weights, .output])
      case .maxPool2D: #expect(cases.isEmpty)
      default: #expect(cases == [.float, .bits16, .output] || cases.isEmpty)
      }
    }
  }

}

/// Seeded noise, blurred along its run.
private func pixels(seed: Int, count: Int) -> [UInt8] {
  var state = UInt64(seed) &* 977 &+ 5
  var last = 128.0
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    last = 0.7 * last + 0.3 * Double(state >> 56)
    return UInt8(min(max(3 * last - 256, 0), 255))
  }
}

@Suite struct WhatIfCommandTests {
  private let fixture: Fixture
  private let folder: TemporaryFolder

  init() throws {
    fixture = try Fixture.shared.get()
    folder = try TemporaryFolder()
  }

  private func export(_ layers: String) throws -> String {
    try folder.write(Data("{\"layers\": {\(layers)}}".utf8), to: "config.json")
    let outcome = try BuiltProgram.run(
      "export", fixture.network, "-o", folder.path("m.fxm"), "--calibrate", fixture.images, "--config",
      folder.path("config.json"), "--without", "all")
    #expect(outcome.status == 0, "\(outcome.errors)")
    return folder.path("m.fxm")
  }

  private func compare(_ model: String, _ more: String...) throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(["compare", fixture.network, model, "--data", fixture.images] + more)
  }

  private func figure(_ row: [String: Any]?, _ substitution: String, _ key: String = "comes_back") -> Double? {
    (row?[substitution] as? [String: Any])?[key] as? Double
  }

  /// Coarse weights, or a coarse output, in one layer: that layer is named, and which of the two it is.
  @Test(arguments: [
    ("conv", "weight_bits", "weights", "output"), ("logits", "weight_bits", "weights", "output"),
    ("conv", "activation_bits", "output", "weights"),
  ])
  func theLayerThatLosesMostIsNamedFirst(_ layer: String, _ bits: String, _ lost: String, _ kept: String) throws {
    let outcome = try compare(try export("\"\(layer)\": {\"\(bits)\": 3}"), "--what-if", "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    let whatIf = try #require(outcome.json["what_if"] as? [String: Any])
    #expect(whatIf["samples"] as? Int == 35)
    let rows = try #require(whatIf["layers"] as? [[String: Any]])
    #expect(Set(rows.compactMap { $0["name"] as? String }) == ["image", "conv", "logits"])
    #expect(rows.first?["name"] as? String == layer)
    #expect(try #require(figure(rows.first, "float")) > 0.8)
    #expect(try #require(figure(rows.first, "bits_16")) > 0.8)
    #expect(try #require(figure(rows.first, lost)) > 0.8)
    #expect(try #require(figure(rows.first, kept)) < 0.3)
    let order = rows.compactMap { figure($0, "float") }
    #expect(order.count == 3 && order == order.sorted(by: >))
    let all = whatIf["all"] as? [String: Any]
    #expect(try #require(figure(all, "float")) > 0.999999 && figure(all, "float", "agreement") == 1)
    #expect(figure(all, "float", "accuracy") == whatIf["float_accuracy"] as? Double)
    let model = try #require(whatIf["model"] as? [String: Double])
    #expect(model["agreement"] == outcome.json["agreement"] as? Double && model["comes_back"] == 0)
    // The logits' noise is that of the last layer, over the same pictures.
    let layers = try #require(outcome.json["layers"] as? [[String: Any]])
    #expect(abs((model["sqnr_db"] ?? 0) - (layers.last?["sqnr_db"] as? Double ?? 99)) < 0.011)
    #expect(outcome.json["first_loss"] as? String == layer)

    let text = try compare(folder.path("m.fxm"), "--what-if").output
    #expect(text.contains("in float, \(layer) alone would take"), "\(text)")
    #expect(text.contains("the loss is there first at \(layer)"), "\(text)")
  }

  /// What a layer adds and what it inherits, told apart.
  @Test func noiseIsItsOwnersOwn() throws {
    let outcome = try compare(try export("\"conv\": {\"weight_bits\": 3}"), "--json")
    let layers = try #require(outcome.json["layers"] as? [[String: Any]])
    let own = layers.compactMap { $0["own_sqnr_db"] as? Double }
    let inherited = layers.compactMap { $0["inherited_sqnr_db"] as? Double }
    #expect(own.count == 2 && inherited.count == 2)
    #expect(own[0] < inherited[0] - 10 && own[1] > inherited[1] + 10, "\(own), \(inherited)")
    let input = try #require(outcome.json["input"] as? [String: Any])
    #expect(input["name"] as? String == "image" && input["op"] as? String == "input")
    // The brightest pixel saturates; others are rounded.
    #expect(0.1...1 ~= input["greatest_error_steps"] as? Double ?? 2)
    #expect(input["own_sqnr_db"] as? Double == input["sqnr_db"] as? Double && input["inherited_sqnr_db"] is NSNull)
    for layer in layers {
      #expect((layer["cosine"] as? Double ?? 0) > 0.9 && (layer["cosine"] as? Double ?? 2) < 1)
      #expect((layer["greatest_error"] as? Double ?? 0) > 0)
      let range = try #require(layer["range"] as? [String: Any])
      let octaves = try #require(range["octaves"] as? [Double])
      let zeros = try #require(range["zeros"] as? Double)
      #expect(abs(octaves.reduce(zeros, +) - 1) < 1e-9)
      let ends = (range["top"] as? Double ?? -1) + (range["bottom"] as? Double ?? -1)
      #expect(abs(ends - (layer["saturation"] as? Double ?? 9)) < 1e-12)
      #expect(range["unused_bits"] as? Int == octaves.firstIndex { $0 > 0 })
    }
    #expect(outcome.json["what_if"] is NSNull)
  }

  @Test func layersAreChosenByTheirNames() throws {
    let one = try compare(fixture.coarseModel, "--what-if", "--what-if-layer", "conv", "--what-if-limit", "5", "--json")
    #expect(one.status == 0, "\(one.errors)")
    let whatIf = try #require(one.json["what_if"] as? [String: Any])
    #expect(whatIf["samples"] as? Int == 5 && whatIf["all"] is NSNull)
    #expect((whatIf["layers"] as? [[String: Any]])?.map { $0["name"] as? String } == ["conv"])
    let none = try compare(fixture.coarseModel, "--what-if", "--what-if-layer", "cnv")
    #expect(none.status == 65 && none.output.isEmpty, "\(none)")
    #expect(none.errors.contains("coarse.fxm: has no layer cnv"), "\(none.errors)")
  }

  @Test func aNetworkThatTheModelWasNotMadeOfIsRefusedWithTheLayer() throws {
    let arguments = ["compare", Fixture.toonNetwork, fixture.model, "--data", fixture.images, "--json"]
    let outcome = try BuiltProgram.run(arguments + ["--what-if"])
    #expect(outcome.status == 65 && outcome.output.isEmpty, "\(outcome)")
    #expect(outcome.errors.contains("tiny.fxm: layer conv was not made of "), "\(outcome.errors)")
    // Without, they can be compared; what is a layer's own stays unknown.
    let plain = try BuiltProgram.run(arguments)
    #expect(plain.status == 0, "\(plain.errors)")
    let layers = try #require(plain.json["layers"] as? [[String: Any]])
    #expect(layers.allSatisfy { $0["own_sqnr_db"] is NSNull })
  }

  @Test(arguments: [
    ["n.onnx", "m.fxm", "--data", "d", "--what-if-layer", "conv"],
    ["n.onnx", "m.fxm", "--data", "d", "--what-if-limit", "3"],
    ["n.onnx", "m.fxm", "--data", "d", "--what-if", "--what-if-limit", "0"],
    ["m.fxm", "--against", "o.fxm", "--data", "d", "--what-if"],
  ])
  func aWrongCallExitsWith64(_ arguments: [String]) throws {
    let outcome = try BuiltProgram.run(["compare"] + arguments)
    #expect(outcome.status == 64 && outcome.output.isEmpty && outcome.errors.contains("--what-if"), "\(outcome)")
  }
}
