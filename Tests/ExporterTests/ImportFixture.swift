import Foundation

/// A committed ONNX file, and what ONNX Runtime made of one input.
struct ImportFixture {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")
  static let names = [
    "network-legacy", "network-dynamo", "network-legacy-aligned", "network-unoptimised", "convolutions", "pools",
    "dense", "matmul-grid", "quantized", "residual", "activations-legacy", "activations-dynamo", "pointwise-12",
    "pointwise-20", "channels-last", "rearranged-11", "rearranged-18", "transposed", "gates", "unet", "interpolated-11",
    "interpolated-19", "windows", "broadcasts", "refitted", "sequence-legacy", "sequence-dynamo",
  ]

  struct Golden: Decodable {
    /// HWC.
    var input: [Float]
    /// The first output.
    var output: [Float]
    /// Of networks with more than one vector, by name; images HWC.
    var outputs: [String: [Float]]?
  }

  var data: Data
  var golden: Golden

  init(_ name: String) throws {
    data = try Data(contentsOf: Self.folder.appending(path: "\(name).onnx"))
    let all = try JSONDecoder().decode(
      [String: Golden].self, from: Data(contentsOf: Self.folder.appending(path: "golden.json")))
    golden = all[name]!
  }
}
