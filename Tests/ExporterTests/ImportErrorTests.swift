import Foundation
import Testing

@testable import Exporter

/// Bad ONNX: each is refused with an error that names the place.
@Suite("Refusing ONNX")
struct ImportErrorTests {
  /// The message with which a model is refused; nil if it is accepted.
  private func refusal(folder: URL? = nil, _ change: (inout ONNXModelProto) -> Void) throws -> String? {
    var model = TinyONNX.model
    change(&model)
    do {
      _ = try TinyONNX.graph(model, folder: folder)
      return nil
    } catch let error as ONNXError {
      return error.description
    }
  }

  private func expectRefusal(
    _ parts: [String], folder: URL? = nil, sourceLocation: SourceLocation = #_sourceLocation,
    _ change: (inout ONNXModelProto) -> Void
  ) throws {
    let message = try #require(try refusal(folder: folder, change), sourceLocation: sourceLocation)
    for part in parts {
      #expect(message.contains(part), "\(message) lacks \(part)", sourceLocation: sourceLocation)
    }
  }

  // MARK: Operators and attributes

  @Test("an unsupported operator, with its node and what is supported")
  func unsupportedOperator() throws {
    try expectRefusal([#"node "act" (LRN)"#, #""features""#, "AffineGrid, AveragePool, BatchNormalization"]) {
      $0.graph.node[0].output = ["before"]
      $0.graph.node.append(TinyONNX.node("LRN", ["before"], "features", name: "act"))
    }
    try expectRefusal([#"node "features" (com.example.Conv)"#]) { $0.graph.node[0].domain = "com.example" }
  }

  @Test("an unsupported attribute, with its node, value and what is supported")
  func unsupportedAttribute() throws {
    let window = TinyONNX.attribute("kernel_shape", [2, 2])
    func pool(_ attributes: ONNXAttributeProto...) -> (inout ONNXModelProto) -> Void {
      { model in
        model.graph.node[0] = TinyONNX.node("MaxPool", ["image"], "features", [window] + attributes)
      }
    }
    try expectRefusal(
      [#""features" (MaxPool)"#, "dilations is 4, 1", "up to the image's extents"],
      pool(.init("dilations", [4, 1]), .init("pads", [1, 0, 1, 0])))
    try expectRefusal(["pads is [1, 1]", "four numbers"], pool(.init("pads", [1, 1])))
    try expectRefusal(["pads is as wide as the kernel"], pool(.init("pads", [2, 0, 0, 0])))
    try expectRefusal(["strides is [0, 1]"], pool(.init("strides", [0, 1])))
    try expectRefusal(["auto_pad is WIDE", "SAME_UPPER"], pool(.init("auto_pad", "WIDE")))
    try expectRefusal(["shape_order is given", "kernel_shape"], pool(.init("shape_order", 1)))
    try expectRefusal(["strides is of type int", "type ints"], pool(.init("strides", 1)))
  }

  @Test("operands that do not fit, with the node")
  func misfits() throws {
    try expectRefusal([#"node "features" (Conv)"#, "[2, 2, 1, 1] in 2 groups"]) {
      $0.graph.node[0].attribute = [.init("group", 2)]
    }
    try expectRefusal([#"node "features" (Conv)"#, "window of 9 x 1 exceeds"]) {
      $0.graph.initializer[0].dims = [2, 2, 1, 1]
      $0.graph.initializer[0] = TinyONNX.tensor("kernel", [1, 2, 9, 1], Array(repeating: 0, count: 18))
    }
    try expectRefusal([#"node "dense" (Gemm)"#, "weights for 9 inputs meet a vector of 18"]) {
      $0.graph.initializer[1].dims = [9, 4]
    }
    try expectRefusal([#"node "dense" (MatMul)"#, "both depend on the image"]) {
      $0.graph.node[2] = TinyONNX.node("MatMul", ["flat", "flat"], "logits", name: "dense")
    }
    // Found by the fuzzer, which it ended.
    try expectRefusal([#"node "dense" (MatMul)"#, "[1, 2, 3, 3] by []: a number alone is no matrix"]) {
      $0.graph.initializer.append(TinyONNX.tensor("scalar", [], [2]))
      $0.graph.node[2] = TinyONNX.node("MatMul", ["features", "scalar"], "logits", name: "dense")
    }
    try expectRefusal([#"node "flat" (Reshape)"#, "can't be reshaped to [1, 17]"]) {
      $0.graph.initializer.append(TinyONNX.integers("shape", [1, 17]))
      $0.graph.node[1] = TinyONNX.node("Reshape", ["features", "shape"], "flat")
    }
  }

  @Test("a sampler whose grid is no affine grid, or that samples in another way")
  func wrongGrid() throws {
    func sampler(align: Int64, size: [Int64] = [1, 2, 3, 3]) -> (inout ONNXModelProto) -> Void {
      { $0.sample(size: size, grid: [.init("align_corners", align)], sampler: [.init("mode", "linear")]) }
    }
    #expect(try refusal(sampler(align: 0)) == nil)
    try expectRefusal([#""grid" (AffineGrid)"#, "[1, 2, 0, 3]"], sampler(align: 0, size: [1, 2, 0, 3]))
    try expectRefusal([#""sampled" (GridSample)"#, #""image") is not an affine grid"#]) {
      sampler(align: 0)(&$0)
      $0.graph.node[4].input[1] = "image"
    }
    try expectRefusal([#""sampled" (GridSample)"#, "mode is cubic", "linear, bilinear, nearest"]) {
      sampler(align: 0)(&$0)
      $0.graph.node[4].attribute = [.init("mode", "cubic")]
    }
    try expectRefusal([#""sampled" (GridSample)"#, "padding_mode is wrap", "zeros, border, reflection"]) {
      sampler(align: 0)(&$0)
      $0.graph.node[4].attribute = [.init("padding_mode", "wrap")]
    }
    try expectRefusal([#""sampled" (GridSample)"#, "not the affine grid of theta for 3 x 3 pixels"]) {
      sampler(align: 0)(&$0)
      $0.graph.initializer.append(TinyONNX.tensor("half", [], [0.5]))
      $0.graph.node[4].input[1] = "halved"
      $0.graph.node.append(TinyONNX.node("Mul", ["grid", "half"], "halved"))
    }
  }

  @Test("a range without end")
  func endlessRange() throws {
    for (start, step): (Int64, Int64) in [(0, 0), (5, 0), (.min, 1)] {
      try expectRefusal([#"node "range" (Range)"#]) {
        $0.graph.initializer += [
          TinyONNX.integers("start", [start]), TinyONNX.integers("end", [3]), TinyONNX.integers("step", [step]),
        ]
        $0.graph.node[1] = TinyONNX.node("Reshape", ["features", "range"], "flat")
        $0.graph.node.append(TinyONNX.node("Range", ["start", "end", "step"], "range"))
      }
    }
  }

  @Test("parts, pads and places that can't be had, with the node")
  func rearrangements() throws {
    func replacing(
      _ type: String, _ inputs: [String], _ attributes: [ONNXAttributeProto] = [], _ constants: [ONNXTensorProto] = []
    ) -> (inout ONNXModelProto) -> Void {
      { model in
        model.graph.initializer += constants
        model.graph.node[0] = TinyONNX.node(type, inputs, "features", attributes)
      }
    }
    let (one, three) = (TinyONNX.integers("one", [1]), TinyONNX.integers("three", [3]))
    try expectRefusal(
      [#""features" (Slice)"#, "keeps nothing"],
      replacing("Slice", ["image", "three", "one", "one"], [], [one, three]))
    try expectRefusal(
      [#""features" (Split)"#, "[1, 3]"],
      replacing("Split", ["image", "parts"], [.init("axis", 1)], [TinyONNX.integers("parts", [1, 3])]))
    let around = TinyONNX.integers("around", [0, 0, 1, 1, 0, 0, 1, 1])
    try expectRefusal(
      [#""features" (Pad)"#, "mode is reflect", "constant"],
      replacing("Pad", ["image", "around"], [.init("mode", "reflect")], [around]))
    try expectRefusal(
      [#""features" (Pad)"#, "pads the batch"],
      replacing("Pad", ["image", "around"], [], [TinyONNX.integers("around", [1, 0, 0, 0, 0, 0, 0, 0])]))
    let scales = TinyONNX.tensor("scales", [4], [1, 1, 1.3, 1])
    try expectRefusal([#""features" (Resize)"#, "from 36 x 3 to 46 x 3", "not evenly spaced"]) {
      replacing("Resize", ["image", "", "scales"], [.init("nearest_mode", "floor")], [scales])(&$0)
      $0.graph.input[0] = TinyONNX.value("image", [1, 2, 36, 3])
    }
    try expectRefusal(
      [#""features" (Resize)"#, "mode is cubic"],
      replacing("Resize", ["image", "", "scales"], [.init("mode", "cubic")], [scales]))
    try expectRefusal(
      [#""features" (ConvTranspose)"#, "auto_pad is SAME_UPPER", "less than the stride"],
      replacing("ConvTranspose", ["image", "kernel"], [.init("auto_pad", "SAME_UPPER"), .init("strides", [2, 2])]))
    try expectRefusal(
      [#""features" (ConvTranspose)"#, "output_shape is [1, 2, 6, 6]"],
      replacing("ConvTranspose", ["image", "kernel"], [.init("output_shape", [1, 2, 6, 6])]))
    try expectRefusal(
      [#""features" (ReduceMax)"#, "axes is [1, 2] of dims [1, 2, 3, 3]", "neighbours in memory"],
      replacing("ReduceMax", ["image"], [.init("axes", [1, 2])]))
  }

  // MARK: Inputs, outputs, structure

  @Test("a dynamic or wrong input shape, with what was found")
  func inputShape() throws {
    try expectRefusal([#"input "image""#, "[batch, 2, 3, 3]", "fixed"]) {
      $0.graph.input[0].type.tensorType.shape.dim[0].dimParam = "batch"
    }
    try expectRefusal(["[1, 2, ?, 3]", "fixed"]) { $0.graph.input[0].type.tensorType.shape.dim[2].value = nil }
    try expectRefusal(["[4, 2, 3, 3]", "must be 1"]) { $0.graph.input[0] = TinyONNX.value("image", [4, 2, 3, 3]) }
    try expectRefusal(["[1, 2, 3, 3, 3]", "[1, channels, height, width]", "[1, channels, length]"]) {
      $0.graph.input[0] = TinyONNX.value("image", [1, 2, 3, 3, 3])
    }
    try expectRefusal(["[1, 2, 0, 3]"]) { $0.graph.input[0] = TinyONNX.value("image", [1, 2, 0, 3]) }
    try expectRefusal(["more than"]) { $0.graph.input[0] = TinyONNX.value("image", [1, 3, 65_535, 65_535]) }
    try expectRefusal(["type int64"]) { $0.graph.input[0].type.tensorType.elemType = .int64 }
  }

  @Test("inputs of which none is an image, and others that are no numbers; or outputs that no tensor is")
  func interface() throws {
    try expectRefusal([#"input "pose" has dims [6]"#, "a vector [1, values] beside an image"]) {
      $0.graph.input.append(TinyONNX.value("pose", [6]))
    }
    try expectRefusal([#"2 inputs ("image", "pose")"#, "none of them an image"]) {
      $0.graph.input = [TinyONNX.value("image", [1, 18]), TinyONNX.value("pose", [1, 6])]
    }
    try expectRefusal([#"input "image" twice"#]) { $0.graph.input.append($0.graph.input[0]) }
    try expectRefusal(["17 inputs", "1 to 16"]) {
      for index in 1..<17 { $0.graph.input.append(TinyONNX.value("i\(index)", [1, 2])) }
    }
    try expectRefusal(["17 outputs", #""logits", "o1""#, "1 to 16"]) {
      for index in 1..<17 { $0.graph.output.append(TinyONNX.value("o\(index)", [1, 2])) }
    }
    try expectRefusal([#"output "logits" twice"#]) { $0.graph.output.append(TinyONNX.value("logits", [1, 2])) }
    try expectRefusal(["no output"]) { $0.graph.output = [] }
    // More channels than can be moved slice by slice, flattened before what is behind them; and what is no output of any node's.
    try expectRefusal([#"output "flat" has dims [1, 442] in another order"#]) {
      $0.graph.input[0] = TinyONNX.value("image", [1, 2, 2, 13])
      $0.graph.initializer[0] = TinyONNX.tensor("kernel", [17, 2, 1, 1], Array(repeating: 1, count: 34))
      $0.graph.initializer.append(TinyONNX.tensor("more", [17], Array(repeating: 1, count: 17)))
      $0.graph.node[0].input = ["image", "kernel", "more"]
      $0.graph.output[0].name = "flat"
    }
    try expectRefusal([#"output "image" is its input"#]) { $0.graph.output[0].name = "image" }
    try expectRefusal([#""nothing" is not computed"#]) { $0.graph.output[0].name = "nothing" }
    try expectRefusal(["does not depend on its input"]) { $0.graph.output[0].name = "matrix" }
  }

  @Test("a cycle, an undefined tensor, a name that is defined twice")
  func structure() throws {
    try expectRefusal([#"node "flat" (Flatten)"#, "depends on its own output"]) { $0.graph.node[0].input[0] = "flat" }
    try expectRefusal([#"node "flat" (Flatten)"#, #"reads "ghost""#]) { $0.graph.node[1].input[0] = "ghost" }
    try expectRefusal([#""image" is defined twice"#]) { $0.graph.node[1].output[0] = "image" }
    try expectRefusal([#""rest" is an output that is not supported"#]) {
      $0.graph.node[0].output.append("rest")
      $0.graph.node[1].input[0] = "rest"
    }
  }

  @Test("another operator set")
  func opset() throws {
    try expectRefusal(["ai.onnx 10", "11 to"]) { $0.opsetImport[0].version = 10 }
    try expectRefusal(["ai.onnx 99"]) { $0.opsetImport[0].version = 99 }
    try expectRefusal(["no operator set"]) { $0.opsetImport = [TinyONNX.opset("ai.onnx.ml", 3)] }
  }

  @Test("extents too large for any tensor, also beside an extent of 0")
  func extents() {
    #expect(elementCount([]) == 1 && elementCount([3, 4]) == 12 && elementCount([3, 0, 4]) == 0)
    for dims in [[1 << 62, 1 << 62, 0], [0, 1 << 62], [1 << 40, 0, 1 << 40], [1 << 13, 1 << 13], [-1], [0, -1]] {
      #expect(elementCount(dims) == nil, "\(dims)")
    }
  }

  @Test("metadata that does not fit the network")
  func metadata() throws {
    try expectRefusal(["ferrite.labels", "3 labels for 2 outputs"]) {
      $0.metadataProps = [TinyONNX.metadata("ferrite.labels", "a,b,c")]
    }
    try expectRefusal(["ferrite.labels", "twice"]) { $0.metadataProps = [TinyONNX.metadata("ferrite.labels", "a,a")] }
    try expectRefusal(["ferrite.labels", "empty"]) { $0.metadataProps = [TinyONNX.metadata("ferrite.labels", "a,")] }
    try expectRefusal(["ferrite.input.std", "above 0"]) {
      $0.metadataProps = [TinyONNX.metadata("ferrite.input.std", "0")]
    }
    try expectRefusal(["ferrite.input.mean", "3 numbers for 2 channels"]) {
      $0.metadataProps = [TinyONNX.metadata("ferrite.input.mean", "0,0,0")]
    }
    try expectRefusal(["ferrite.input.mean", #""nan" is no number"#]) {
      $0.metadataProps = [TinyONNX.metadata("ferrite.input.mean", "nan")]
    }
  }

  // MARK: Tensors

  @Test("data that disagrees with its dims, with the tensor")
  func tensorSize() throws {
    try expectRefusal([#"tensor "kernel""#, "need 16 bytes", "15 are there"]) {
      $0.graph.initializer[0].rawData.removeLast()
    }
    try expectRefusal([#"tensor "kernel""#, "need 4 elements", "3 are there"]) {
      $0.graph.initializer[0].rawData = Data()
      $0.graph.initializer[0].floatData = [1, 2, 3]
    }
    try expectRefusal([#"tensor "kernel""#, "more than"]) { $0.graph.initializer[0].dims = [1 << 40, 1 << 40, 1, 1] }
    try expectRefusal([#"tensor "kernel""#, "negative"]) { $0.graph.initializer[0].dims = [-2, -2, 1, 1] }
    try expectRefusal([#"tensor "kernel""#, "data type float16"]) { $0.graph.initializer[0].dataType = .float16 }
  }

  @Test("a weight that is no finite number, with the tensor and element", arguments: [Float.nan, .infinity])
  func notFinite(value: Float) throws {
    try expectRefusal([#"tensor "kernel""#, "element 2 is \(value)"]) {
      $0.graph.initializer[0] = TinyONNX.tensor("kernel", [2, 2, 1, 1], [0, 0, value, 0])
    }
  }

  // MARK: Bytes

  @Test("an empty file, text, another protocol buffer")
  func notONNX() throws {
    #expect(throws: ONNXError.notONNX(reason: "it is empty")) { try Importer.graph(data: Data(), folder: nil) }
    for text in ["this is no model", "{\"graph\": 1}", "\u{0a}\u{03}abc"] {
      #expect(throws: ONNXError.self) { try Importer.graph(data: Data(text.utf8), folder: nil) }
    }
    #expect(throws: ONNXError.self) { try Importer.graph(path: "/nonexistent/net.onnx") }
  }

  @Test("a file cut short at any byte")
  func truncated() throws {
    let data = try ImportFixture("dense").data
    for length in 0..<data.count {
      #expect(throws: ONNXError.self) { try Importer.graph(data: data.prefix(length), folder: nil) }
    }
  }

  @Test("survives any damaged byte: a graph or an error", arguments: ["matmul-grid", "pools"])
  func damaged(name: String) throws {
    let data = try ImportFixture(name).data
    var refused = 0
    for index in data.indices {
      var damaged = data
      damaged[index] ^= [0x01, 0x80, 0xFF][index % 3]
      do { _ = try Importer.graph(data: damaged, folder: nil) } catch { refused += 1 }
    }
    #expect(refused > data.count / 4)
  }
}

extension ONNXAttributeProto {
  init(_ name: String, _ number: Int64) { self = TinyONNX.attribute(name, number) }
  init(_ name: String, _ numbers: [Int64]) { self = TinyONNX.attribute(name, numbers) }
  init(_ name: String, _ text: String) { self = TinyONNX.attribute(name, text) }
}
