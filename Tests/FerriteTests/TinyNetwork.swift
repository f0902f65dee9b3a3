import Foundation

/// A small ONNX network written byte by byte: 48x48 grey -> 3x3 convolution of stride 2 to 4 channels -> ReLU -> 2x2 max-pool
/// -> 7 logits, with seeded weights and the seven expressions as labels.
///
/// Protocol-buffer field numbers are those of onnx.proto (ModelProto, GraphProto, NodeProto, TensorProto, ValueInfoProto).
enum TinyNetwork {
  static let labels = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]

  static var onnx: [UInt8] { onnx() }

  /// - Parameter change: called with each tensor's name and numbers, to spoil them.
  static func onnx(
    labels: [String] = labels, change: (_ tensor: String, _ numbers: inout [Float]) -> Void = { _, _ in }
  ) -> [UInt8] {
    var random = Weights(state: 7)
    func tensor(_ name: String, _ extents: [UInt64], _ numbers: [Float]) -> Field {
      var numbers = numbers
      change(name, &numbers)
      return Self.tensor(name, extents, numbers)
    }
    let graph = message(
      (
        1,
        node(
          "Conv", ["image", "conv.weight", "conv.bias"], "conv",
          [
            ints("kernel_shape", [3, 3]), ints("strides", [2, 2]), ints("pads", [1, 1, 1, 1]),
          ])
      ),
      (1, node("Relu", ["conv"], "relu", [])),
      (1, node("MaxPool", ["relu"], "pool", [ints("kernel_shape", [2, 2]), ints("strides", [2, 2])])),
      (1, node("Flatten", ["pool"], "flat", [])),
      (1, node("Gemm", ["flat", "fc.weight", "fc.bias"], "logits", [int("transB", 1)])),
      (2, .bytes(Array("tiny".utf8))),
      (5, tensor("conv.weight", [4, 1, 3, 3], random.next(36, scale: 0.4))),
      (5, tensor("conv.bias", [4], random.next(4, scale: 0.1))),
      (5, tensor("fc.weight", [7, 576], random.next(7 * 576, scale: 0.1))),
      (5, tensor("fc.bias", [7], random.next(7, scale: 0.5))),
      (11, valueInfo("image", [1, 1, 48, 48])),
      (12, valueInfo("logits", [1, 7])))
    return message(
      (1, .varint(9)), (7, graph), (8, message((1, .bytes([])), (2, .varint(20)))),
      (14, message((1, text("ferrite.labels")), (2, text(labels.joined(separator: ","))))),
      (14, message((1, text("ferrite.input.mean")), (2, text("0.5")))),
      (14, message((1, text("ferrite.input.std")), (2, text("0.25"))))
    ).encoded
  }

  /// 48x48 grey -> a sampler whose theta is near the identity and depends on the image -> 2x2 mean -> 7 logits.
  ///
  /// - Parameters:
  ///   - mode, padding: of GridSample.
  ///   - corners: `align_corners` of AffineGrid and of GridSample.
  static func samplerONNX(mode: String, padding: String, corners: (grid: UInt64, image: UInt64)) -> [UInt8] {
    var random = Weights(state: 11)
    let mean = node("AveragePool", ["sampled"], "mean", [ints("kernel_shape", [2, 2]), ints("strides", [2, 2])])
    let graph = message(
      (1, node("Flatten", ["image"], "pixels", [])),
      (1, node("Gemm", ["pixels", "regression", "identity"], "six", [int("transB", 1)])),
      (1, node("Reshape", ["six", "map"], "theta", [])),
      (1, node("AffineGrid", ["theta", "size"], "grid", [int("align_corners", corners.grid)])),
      (
        1,
        node(
          "GridSample", ["image", "grid"], "sampled",
          [string("mode", mode), string("padding_mode", padding), int("align_corners", corners.image)])
      ),
      (1, mean), (1, node("Flatten", ["mean"], "flat", [])),
      (1, node("Gemm", ["flat", "fc.weight", "fc.bias"], "logits", [int("transB", 1)])),
      (2, .bytes(Array("sampler".utf8))),
      (5, tensor("regression", [6, 2304], random.next(6 * 2304, scale: 0.004))),
      (5, tensor("identity", [6], [1.1, 0.3, 0.1, -0.3, 1.2, -0.1])),
      (5, integers("map", [1, 2, 3])), (5, integers("size", [1, 1, 48, 48])),
      (5, tensor("fc.weight", [7, 576], random.next(7 * 576, scale: 0.1))),
      (5, tensor("fc.bias", [7], random.next(7, scale: 0.1))),
      (11, valueInfo("image", [1, 1, 48, 48])),
      (12, valueInfo("logits", [1, 7])))
    return message((1, .varint(9)), (7, graph), (8, message((1, .bytes([])), (2, .varint(20))))).encoded
  }

  private static func node(_ kind: String, _ inputs: [String], _ output: String, _ attributes: [Field]) -> Field {
    .message(
      inputs.map { (1, text($0)) } + [(2, text(output)), (3, text(output)), (4, text(kind))]
        + attributes.map { (5, $0) })
  }

  private static func ints(_ name: String, _ values: [UInt64]) -> Field {
    .message([(1, text(name)), (20, .varint(7))] + values.map { (8, .varint($0)) })
  }

  private static func int(_ name: String, _ value: UInt64) -> Field {
    message((1, text(name)), (20, .varint(2)), (3, .varint(value)))
  }

  private static func string(_ name: String, _ value: String) -> Field {
    message((1, text(name)), (20, .varint(3)), (4, text(value)))
  }

  private static func integers(_ name: String, _ values: [UInt64]) -> Field {
    let raw = values.flatMap { value in (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    return message((1, .varint(UInt64(values.count))), (2, .varint(7)), (8, text(name)), (9, .bytes(raw)))
  }

  private static func tensor(_ name: String, _ extents: [UInt64], _ values: [Float]) -> Field {
    let raw = values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
    return .message(
      extents.map { (1, .varint($0)) } + [(2, .varint(1)), (8, text(name)), (9, .bytes(raw))])
  }

  private static func valueInfo(_ name: String, _ extents: [UInt64]) -> Field {
    let shape = Field.message(extents.map { (1, message((1, .varint($0)))) })
    return message((1, text(name)), (2, message((1, message((1, .varint(1)), (2, shape))))))
  }

  private static func text(_ text: String) -> Field { .bytes(Array(text.utf8)) }
  private static func message(_ fields: (Int, Field)...) -> Field { .message(fields) }
}

/// A value of a protocol-buffer field.
private enum Field {
  case varint(UInt64)
  case bytes([UInt8])
  case message([(Int, Field)])

  /// Without the field's own tag and length.
  var encoded: [UInt8] {
    switch self {
    case .varint(let value): Field.varint(value)
    case .bytes(let bytes): bytes
    case .message(let fields):
      fields.flatMap { number, field in
        if case .varint = field { return Field.varint(UInt64(number << 3)) + field.encoded }
        let content = field.encoded
        return Field.varint(UInt64(number << 3 | 2)) + Field.varint(UInt64(content.count)) + content
      }
    }
  }

  private static func varint(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}

/// Numbers in -1...1, times a scale: a linear congruential series (Knuth's MMIX constants).
private struct Weights {
  var state: UInt64

  mutating func next(_ count: Int, scale: Float) -> [Float] {
    (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (Float(state >> 40) / Float(1 << 23) - 1) * scale
    }
  }
}
