import EdgeRuntime
import Quantize
import Testing

@testable import Exporter

/// Pools with every kind of window and sums that repeat an image's extents, from ONNX to the model file.
@Suite struct PoolExportTests {
  /// A convolution of 12 x 12 pixels to 4 channels, `small`; what makes `features` of it; and a classifier that tells its values apart.
  private func graph(_ nodes: [ONNXNodeProto], features: Int) throws -> FloatGraph {
    var random = SplitMix(state: 12)
    var model = TinyONNX.model
    model.opset(22)
    model.graph.input = [TinyONNX.value("image", [1, 1, 12, 12])]
    model.graph.initializer = [
      TinyONNX.tensor("kernel", [4, 1, 1, 1], [1, -0.7, 0.4, 1.3]),
      TinyONNX.tensor("mono", [1, 4, 1, 1], [1, 0.5, -0.5, 0.5]),
      TinyONNX.tensor(
        "matrix", [Int64(features), 3], (0..<3 * features).map { _ in Float.random(in: -1...1, using: &random) }),
    ]
    model.graph.node[0].output = ["small"]
    model.graph.node.insert(contentsOf: nodes, at: 1)
    return Passes.all(try TinyONNX.graph(model))
  }

  struct Pool: CustomTestStringConvertible, Sendable {
    var type: String
    var kernel: [Int64]
    var more: [String: [Int64]]
    var outputs: Int
    /// Whether a file has to say more of it than those before feature bit 3.
    var isWide = true
    var testDescription: String { "\(type) \(kernel) \(more)" }
  }

  private static let pools = [
    Pool(type: "AveragePool", kernel: [3, 3], more: ["pads": [1, 1, 1, 1]], outputs: 144),
    Pool(type: "AveragePool", kernel: [2, 2], more: ["auto_pad": [], "strides": [1, 2]], outputs: 72),
    Pool(type: "AveragePool", kernel: [5, 3], more: ["ceil_mode": [1], "strides": [4, 4]], outputs: 9),
    Pool(
      type: "AveragePool", kernel: [4, 4],
      more: ["ceil_mode": [1], "strides": [3, 5], "pads": [1, 1, 1, 1], "count_include_pad": [1]], outputs: 15),
    Pool(type: "AveragePool", kernel: [2, 3], more: ["dilations": [5, 3]], outputs: 42),
    Pool(type: "MaxPool", kernel: [3, 3], more: ["dilations": [2, 3], "pads": [2, 2, 1, 2]], outputs: 110),
    Pool(type: "AveragePool", kernel: [3, 3], more: ["strides": [3, 3]], outputs: 16, isWide: false),
    Pool(
      type: "AveragePool", kernel: [3, 3], more: ["count_include_pad": [1], "pads": [1, 1, 1, 1]], outputs: 144,
      isWide: false),
    Pool(type: "MaxPool", kernel: [5, 5], more: ["ceil_mode": [1], "strides": [4, 4]], outputs: 9, isWide: false),
  ]

  @Test(arguments: pools)
  func eightBitsKeepTheSignalOfAPool(pool: Pool) throws {
    let attributes = pool.more.map { name, values in
      switch name {
      case "auto_pad": TinyONNX.attribute(name, "SAME_UPPER")
      case "ceil_mode", "count_include_pad": TinyONNX.attribute(name, values[0])
      default: TinyONNX.attribute(name, values)
      }
    }
    let node = TinyONNX.node(
      pool.type, ["small"], "features", [TinyONNX.attribute("kernel_shape", pool.kernel)] + attributes)
    let graph = try graph([node], features: 4 * pool.outputs)
    let model = try export(graph)
    #expect(try logitSQNR(graph, model) >= 28)
    let content = model.content.graph
    #expect(content.widensPools == pool.isWide && (model.bytes[24] & 8 != 0) == pool.isWide)
  }

  @Test(arguments: ["Add", "Sub", "Mul"], ["mean", "rows", "columns", "one"])
  func eightBitsKeepTheSignalOfWhatIsRepeated(type: String, part: String) throws {
    let parts = [
      TinyONNX.node("GlobalAveragePool", ["small"], "mean"), TinyONNX.node("Conv", ["small", "mono"], "one"),
      TinyONNX.node("AveragePool", ["small"], "rows", [TinyONNX.attribute("kernel_shape", [1, 12])]),
      TinyONNX.node("AveragePool", ["small"], "columns", [TinyONNX.attribute("kernel_shape", [12, 1])]),
    ].filter { $0.output == [part] }
    let graph = try graph(parts + [TinyONNX.node(type, ["small", part], "features")], features: 576)
    // A difference of like values has less signal above the noise of either.
    let found = try logitSQNR(graph, export(graph))
    #expect(found >= (type == "Sub" ? 24 : 28))
  }

  /// 300 rows and 65,535 columns, more than one step of a rearrangement repeats.
  @Test(arguments: [(300, 1), (1, 65_535), (300, 700)])
  func whatIsRepeatedOftenTakesSteps(height: Int, width: Int) throws {
    var model = TinyONNX.model
    model.graph.input = [TinyONNX.value("image", [1, 1, Int64(height), Int64(width)])]
    model.graph.initializer = []
    model.graph.node = [
      TinyONNX.node("GlobalMaxPool", ["image"], "most"), TinyONNX.node("Add", ["image", "most"], "sum"),
      TinyONNX.node("GlobalAveragePool", ["sum"], "mean"), TinyONNX.node("Flatten", ["mean"], "logits"),
    ]
    let graph = try TinyONNX.graph(model)
    let pixels = (0..<height * width).map { UInt8(truncatingIfNeeded: $0 * $0 % 251) }
    let found = FloatLoops(graph: graph).run(pixels)[graph.output]
    let mean = pixels.reduce(0) { $0 + Double($1) } / Double(pixels.count)
    #expect(abs(found[0] - (mean + Double(pixels.max() ?? 0)) / 255) < 1e-9)
  }
}

extension ONNXModelProto {
  fileprivate mutating func opset(_ version: Int64) { opsetImport = [TinyONNX.opset("", version)] }
}
