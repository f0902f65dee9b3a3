import Foundation
import Quantize
import SwiftProtobuf

@testable import Exporter

/// A small ONNX model whose parts tests replace: image [1, 2, 3, 3], a 1x1 convolution to 2 channels, a flattening, and
/// a fully connected layer to 2 classes.
enum TinyONNX {
  static let convolutionWeights: [Float] = [1, 2, 3, 4]

  static var model: ONNXModelProto {
    var model = ONNXModelProto()
    model.irVersion = 8
    model.opsetImport = [opset("", 17)]
    model.graph.input = [value("image", [1, 2, 3, 3])]
    model.graph.output = [value("logits", [1, 2])]
    model.graph.initializer = [
      tensor("kernel", [2, 2, 1, 1], convolutionWeights),
      tensor("matrix", [18, 2], (0..<36).map { Float($0) }),
    ]
    model.graph.node = [
      node("Conv", ["image", "kernel"], "features"),
      node("Flatten", ["features"], "flat"),
      node("Gemm", ["flat", "matrix"], "logits", name: "dense"),
    ]
    return model
  }

  /// The model written to bytes and read from them.
  static func graph(_ model: ONNXModelProto, folder: URL? = nil) throws -> FloatGraph {
    try Importer.graph(data: try model.serializedData(), folder: folder)
  }

  static func opset(_ domain: String, _ version: Int64) -> ONNXOperatorSetIdProto {
    var opset = ONNXOperatorSetIdProto()
    opset.domain = domain
    opset.version = version
    return opset
  }

  static func value(_ name: String, _ dims: [Int64]) -> ONNXValueInfoProto {
    var info = ONNXValueInfoProto()
    info.name = name
    info.type.tensorType.elemType = .float
    info.type.tensorType.shape.dim = dims.map { extent in
      var dimension = ONNXTensorShapeProto.Dimension()
      dimension.dimValue = extent
      return dimension
    }
    return info
  }

  static func tensor(_ name: String, _ dims: [Int64], _ values: [Float]) -> ONNXTensorProto {
    var tensor = ONNXTensorProto()
    tensor.name = name
    tensor.dims = dims
    tensor.dataType = .float
    tensor.rawData = littleEndian(values)
    return tensor
  }

  static func integers(_ name: String, _ values: [Int64]) -> ONNXTensorProto {
    var tensor = ONNXTensorProto()
    tensor.name = name
    tensor.dims = [Int64(values.count)]
    tensor.dataType = .int64
    tensor.int64Data = values
    return tensor
  }

  static func littleEndian(_ values: [Float]) -> Data {
    Data(values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } })
  }

  /// Named after its output unless a name is given.
  static func node(
    _ type: String, _ inputs: [String], _ output: String, name: String? = nil, _ attributes: [ONNXAttributeProto] = []
  ) -> ONNXNodeProto {
    var node = ONNXNodeProto()
    node.opType = type
    node.input = inputs
    node.output = [output]
    node.name = name ?? output
    node.attribute = attributes
    return node
  }

  static func attribute(_ name: String, _ number: Int64) -> ONNXAttributeProto {
    var attribute = ONNXAttributeProto()
    attribute.name = name
    attribute.type = .int
    attribute.i = number
    return attribute
  }

  static func attribute(_ name: String, _ numbers: [Int64]) -> ONNXAttributeProto {
    var attribute = ONNXAttributeProto()
    attribute.name = name
    attribute.type = .ints
    attribute.ints = numbers
    return attribute
  }

  static func attribute(_ name: String, _ text: String) -> ONNXAttributeProto {
    var attribute = ONNXAttributeProto()
    attribute.name = name
    attribute.type = .string
    attribute.s = Data(text.utf8)
    return attribute
  }

  static func metadata(_ key: String, _ value: String) -> ONNXStringStringEntryProto {
    var entry = ONNXStringStringEntryProto()
    entry.key = key
    entry.value = value
    return entry
  }
}

extension ONNXModelProto {
  /// Puts a sampler of the tiny model's image in front of its fully connected layer; the grid is node 3, the sampler node 4.
  mutating func sample(
    size: [Int64] = [1, 2, 3, 3], grid: [ONNXAttributeProto], sampler: [ONNXAttributeProto]
  ) {
    graph.initializer += [
      TinyONNX.tensor("regression", [18, 6], Array(repeating: 0, count: 108)),
      TinyONNX.integers("map", [1, 2, 3]), TinyONNX.integers("size", size),
    ]
    graph.node = [
      TinyONNX.node("Flatten", ["image"], "flatImage"),
      TinyONNX.node("Gemm", ["flatImage", "regression"], "six"),
      TinyONNX.node("Reshape", ["six", "map"], "theta"),
      TinyONNX.node("AffineGrid", ["theta", "size"], "grid", grid),
      TinyONNX.node("GridSample", ["image", "grid"], "sampled", sampler),
      TinyONNX.node("Flatten", ["sampled"], "flat"),
      TinyONNX.node("Gemm", ["flat", "matrix"], "logits"),
    ]
  }
}
