import Foundation
import Testing

@testable import Exporter

@Suite("External data of ONNX")
struct ImportExternalDataTests {
  /// A folder with `weights.bin` (12 bytes of prelude, then the convolution's weights) and, outside it, `secret.bin`.
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let outer = FileManager.default.temporaryDirectory.appending(path: "ferrite-external-\(UUID().uuidString)")
    let folder = outer.appending(path: "model")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: outer) }
    let weights = TinyONNX.littleEndian(TinyONNX.convolutionWeights)
    try (Data(repeating: 9, count: 12) + weights).write(to: folder.appending(path: "weights.bin"))
    try weights.write(to: outer.appending(path: "secret.bin"))
    try body(folder)
  }

  private func model(_ entries: [String: String]) -> ONNXModelProto {
    var model = TinyONNX.model
    model.graph.initializer[0].rawData = Data()
    model.graph.initializer[0].dataLocation = .external
    model.graph.initializer[0].externalData = entries.map { TinyONNX.metadata($0.key, $0.value) }
    return model
  }

  private func refusal(_ entries: [String: String], _ folder: URL?) -> String {
    let error = #expect(throws: ONNXError.self) { try TinyONNX.graph(model(entries), folder: folder) }
    return error?.description ?? ""
  }

  @Test("is read from beside the model, at its offset")
  func readsBesideTheModel() throws {
    try withFolder { folder in
      let graph = try TinyONNX.graph(
        model(["location": "weights.bin", "offset": "12", "length": "16"]), folder: folder)
      guard case .convolution(let convolution) = graph.nodes[0].operation else {
        Issue.record("the first node is no convolution")
        return
      }
      #expect(convolution.weights == TinyONNX.convolutionWeights)
    }
  }

  @Test("may not leave the model's folder")
  func staysInTheFolder() throws {
    try withFolder { folder in
      let outside = folder.deletingLastPathComponent().appending(path: "secret.bin")
      try FileManager.default.createSymbolicLink(at: folder.appending(path: "link.bin"), withDestinationURL: outside)
      #expect(refusal(["location": "../secret.bin"], folder).contains("leaves the model's folder"))
      #expect(refusal(["location": "sub/../../secret.bin"], folder).contains("leaves the model's folder"))
      #expect(refusal(["location": outside.path], folder).contains("leaves the model's folder"))
      #expect(refusal(["location": "link.bin"], folder).contains("by a link"))
      #expect(refusal(["location": "weights.bin"], nil).contains("without the folder"))
    }
  }

  @Test("is refused where the file lacks it")
  func checksExtents() throws {
    try withFolder { folder in
      #expect(refusal(["location": "none.bin"], folder).contains("does not exist"))
      #expect(refusal([:], folder).contains("no location"))
      #expect(refusal(["location": "."], folder).contains("leaves the model's folder"))
      #expect(refusal(["location": "weights.bin", "offset": "29"], folder).contains("beyond the file's 28 bytes"))
      #expect(
        refusal(["location": "weights.bin", "offset": "13", "length": "16"], folder)
          .contains("exceed the file's 28 bytes"))
      #expect(refusal(["location": "weights.bin", "length": "8"], folder).contains("needs 16 bytes, 8 are there"))
      #expect(refusal(["location": "weights.bin", "offset": "-1"], folder).contains("not a byte count"))
    }
  }
}
