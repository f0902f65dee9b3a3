import Foundation
import Quantize
import Testing

@testable import Exporter

/// Networks that torch, Keras and scikit-learn wrote as docs/tutorial.md shows; `Fixtures/make_tutorial.py` kept them.
@Suite("The tutorial's networks") struct TutorialNetworksTests {
  @Test("compute what ONNX Runtime does", arguments: ["tutorial-torch", "tutorial-keras", "tutorial-sklearn"])
  func imported(_ name: String) throws {
    let golden = try JSONDecoder().decode(
      [String: ImportFixture.Golden].self,
      from: Data(contentsOf: ImportFixture.folder.appending(path: "golden-tutorial.json")))
    let expected = try #require(golden[name])
    let graph = try Importer.graph(path: ImportFixture.folder.appending(path: "\(name).onnx").path)
    #expect(graph.states.isEmpty && graph.labels == (0..<7).map { "\($0)" })
    for graph in [graph, Passes.all(graph)] {
      let reference = FloatReference(graph)
      reference.run(expected.input)
      let error = zip(reference.output, expected.output).map { abs($0 - $1) }.max() ?? .infinity
      #expect(reference.output.count == 7 && error < 1e-3, "\(reference.output) \(expected.output)")
    }
  }
}
