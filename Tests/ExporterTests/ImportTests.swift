import EdgeRuntime
import Foundation
import Quantize
import Testing

@testable import Exporter

@Suite("Importing ONNX")
struct ImportTests {
  @Test("computes what ONNX Runtime computes", arguments: ImportFixture.names)
  func matchesONNXRuntime(name: String) throws {
    let fixture = try ImportFixture(name)
    let reference = FloatReference(try Importer.graph(data: fixture.data, folder: nil))
    reference.run(fixture.golden.input)
    let output = reference.output
    try #require(output.count == fixture.golden.output.count)
    let greatest = fixture.golden.output.map(\.magnitude).max()!
    for (found, expected) in zip(output, fixture.golden.output) {
      #expect((found - expected).magnitude <= 1e-4 * greatest)
    }
  }

  @Test(
    "joins an affine grid and its sampler, however they are spelled",
    arguments: [
      ("network-legacy", false), ("network-dynamo", false), ("network-legacy-aligned", true),
      ("network-unoptimised", true), ("matmul-grid", true),
    ])
  func joinsAffineGrid(name: String, alignCorners: Bool) throws {
    let graph = try Importer.graph(data: try ImportFixture(name).data, folder: nil)
    let found = graph.nodes.compactMap { node -> FloatSampler? in
      if case .affineGridSample(let sampler) = node.operation { sampler } else { nil }
    }
    #expect(found == [FloatSampler(alignCorners: alignCorners)])
  }

  @Test("reads how a sampler samples", arguments: [Int64(0), 1], [Int64(0), 1])
  func samplerAttributes(gridAligned: Int64, imageAligned: Int64) throws {
    let outsides: [(String, AffineGridParameters.Outside)] = [
      ("zeros", .zeros), ("border", .border),
      ("reflection", imageAligned == 1 ? .reflectionAtCentres : .reflectionAtEdges),
    ]
    for (mode, interpolation) in [("linear", AffineGridParameters.Interpolation.bilinear), ("nearest", .nearest)] {
      for (padding, outside) in outsides {
        var model = TinyONNX.model
        model.sample(
          grid: [.init("align_corners", gridAligned)],
          sampler: [.init("mode", mode), .init("padding_mode", padding), .init("align_corners", imageAligned)])
        let found = try TinyONNX.graph(model).nodes.compactMap { node -> FloatSampler? in
          if case .affineGridSample(let sampler) = node.operation { sampler } else { nil }
        }
        let expected = FloatSampler(
          interpolation: interpolation, outside: outside, targetAlignsCorners: gridAligned == 1,
          sourceAlignsCorners: imageAligned == 1)
        #expect(found == [expected])
      }
    }
  }

  @Test("gives both exporters' spellings the same operations")
  func spellingsAgree() throws {
    func operations(_ name: String) throws -> [String] {
      try Importer.graph(data: try ImportFixture(name).data, folder: nil).nodes.map { node in
        String("\(node.operation)".prefix { $0 != "(" })
      }
    }
    #expect(
      try operations("network-legacy").filter { $0 != "batchNormalization" }.sorted()
        == operations("network-dynamo").sorted())
  }

  @Test("makes one function of an activation, however it is spelled", arguments: ["legacy", "dynamo"])
  func joinsFunctions(exporter: String) throws {
    let graph = Passes.all(try Importer.graph(data: try ImportFixture("activations-\(exporter)").data, folder: nil))
    let functions = graph.nodes.filter { if case .pointwise = $0.operation { true } else { false } }
    #expect(functions.count == 15)
    // Each reads a convolution, and nothing is left of its parts.
    for node in functions {
      let maker = try #require(graph.maker(of: node.inputs[0]))
      guard case .convolution = graph.nodes[maker].operation else {
        Issue.record("\(node.name) does not read a convolution")
        continue
      }
    }
    let others = graph.nodes.filter { node in
      switch node.operation {
      case .pointwise, .convolution, .averagePool, .concatenate, .fullyConnected: false
      case .flatten: graph.values[node.inputs[0]].shape != graph.values[node.output].shape
      default: true
      }
    }
    #expect(others.map(\.name) == [])
  }

  @Test("joins functions of a vector through constants")
  func joinsFunctionsOfVectors() throws {
    var model = TinyONNX.model
    model.graph.initializer.append(TinyONNX.tensor("half", [], [0.5]))
    model.graph.node[2].output = ["scores"]
    model.graph.node += [
      TinyONNX.node("Mul", ["scores", "half"], "halves"), TinyONNX.node("Tanh", ["halves"], "bent"),
      TinyONNX.node("Mul", ["scores", "bent"], "logits"),
    ]
    let graph = Passes.all(try TinyONNX.graph(model))
    let x = Quantize.PointwiseFunction.argument
    guard case .pointwise(let function) = try #require(graph.nodes.last).operation else {
      Issue.record("the last node is no function")
      return
    }
    #expect(graph.nodes.count == 4 && function == x * .unary(.tanh, x * .constant(0.5)))
  }

  @Test("reads an image with channels last where everything turns it")
  func channelsLast() throws {
    let graph = try Importer.graph(data: try ImportFixture("channels-last").data, folder: nil)
    #expect(graph.values[graph.input].shape == Shape(height: 6, width: 5, channels: 3))
    // Nothing is left of the turning.
    #expect(
      Passes.all(graph).nodes.map { node in String("\(node.operation)".prefix { $0 != "(" }) }
        == ["convolution", "pointwise", "convolution", "flatten", "fullyConnected"])
  }

  @Test("reads preparation and labels from the metadata")
  func readsMetadata() throws {
    let graph = try Importer.graph(data: try ImportFixture("network-legacy").data, folder: nil)
    #expect(graph.preparation == InputPreparation(mean: [0.5], standardDeviation: [0.25]))
    #expect(graph.labels == ["left", "right", "none"])
  }

  @Test("numbers the classes and leaves pixels in 0...1 without metadata")
  func defaultMetadata() throws {
    let graph = try Importer.graph(data: try ImportFixture("dense").data, folder: nil)
    #expect(graph.preparation == InputPreparation(mean: [0, 0, 0], standardDeviation: [1, 1, 1]))
    #expect(graph.labels == ["0", "1", "2", "3"])
  }

  @Test("leaves out nodes that the output does not need, supported or not")
  func skipsUnneededNodes() throws {
    var model = TinyONNX.model
    model.graph.node.append(TinyONNX.node("Multinomial", ["features"], "unused"))
    let graph = try TinyONNX.graph(model)
    #expect(graph.nodes.count == 3)
  }

  @Test("puts nodes that stand in another order in the order of execution")
  func ordersNodes() throws {
    var model = TinyONNX.model
    model.graph.node.reverse()
    let graph = try TinyONNX.graph(model)
    #expect(graph.nodes.map(\.name) == ["features", "dense/flatten", "dense"])
  }

  @Test("reads typed fields as it reads raw bytes")
  func readsTypedFields() throws {
    var model = TinyONNX.model
    let raw = try TinyONNX.graph(model)
    model.graph.initializer[0].rawData = Data()
    model.graph.initializer[0].floatData = TinyONNX.convolutionWeights
    let typed = try TinyONNX.graph(model)
    for graph in [raw, typed] {
      guard case .convolution(let convolution) = graph.nodes[0].operation else {
        Issue.record("the first node is no convolution")
        continue
      }
      #expect(convolution.weights == TinyONNX.convolutionWeights)
    }
  }
}
