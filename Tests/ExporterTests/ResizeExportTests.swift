import EdgeRuntime
import Quantize
import Testing

@testable import Exporter

/// Images of other sizes whose pixels lie between those of the first, from ONNX to the model file.
@Suite struct ResizeExportTests {
  /// A convolution of 12 x 12 pixels, resized, and a classifier that tells its pixels apart.
  private func graph(_ transformation: String, height: Int, width: Int) throws -> FloatGraph {
    var random = SplitMix(state: 12)
    func drawn(_ count: Int) -> [Float] { (0..<count).map { _ in Float.random(in: -1...1, using: &random) } }
    var model = TinyONNX.model
    model.graph.input = [TinyONNX.value("image", [1, 1, 12, 12])]
    model.graph.initializer = [
      TinyONNX.tensor("kernel", [4, 1, 1, 1], [1, -0.7, 0.4, 1.3]),
      TinyONNX.integers("sizes", [1, 4, Int64(height), Int64(width)]),
      TinyONNX.tensor("matrix", [Int64(4 * height * width), 3], drawn(12 * height * width)),
    ]
    model.graph.node[0].output = ["small"]
    model.graph.node.insert(
      TinyONNX.node(
        "Resize", ["small", "", "", "sizes"], "features",
        [.init("mode", "linear"), .init("coordinate_transformation_mode", transformation)]), at: 1)
    return try TinyONNX.graph(model)
  }

  @Test(
    arguments: ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"],
    [(24, 24), (17, 9), (5, 30), (1, 12)])
  func eightBitsKeepTheSignal(transformation: String, size: (height: Int, width: Int)) throws {
    let graph = try graph(transformation, height: size.height, width: size.width)
    let model = try export(graph)
    #expect(try logitSQNR(graph, model) >= 28)
    // Theta, which never changes, is no reason to doubt the pictures.
    #expect(model.warnings.allSatisfy { !$0.contains("constant") })
    let samplers = model.content.graph.operations.filter { if case .affineGridSample = $0.kind { true } else { false } }
    #expect(samplers.count == 1)
  }

  @Test func whatIsNeitherNearestNorLinearIsRefused() throws {
    var model = TinyONNX.model
    model.graph.initializer.append(TinyONNX.integers("sizes", [1, 2, 2, 2]))
    model.graph.node[0].output = ["small"]
    let attributes: [[ONNXAttributeProto]] = [
      [.init("mode", "cubic")], [.init("mode", "linear"), .init("keep_aspect_ratio_policy", "wide")],
      [.init("mode", "linear"), .init("coordinate_transformation_mode", "tf_crop_and_resize")],
      [.init("mode", "linear"), .init("antialias", 1)],
    ]
    for attributes in attributes {
      var changed = model
      changed.graph.node.insert(
        TinyONNX.node("Resize", ["small", "", "", "sizes"], "features", attributes), at: 1)
      #expect { try TinyONNX.graph(changed) } throws: { "\($0)".contains("Resize") }
    }
  }
}
