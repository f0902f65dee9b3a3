import EdgeRuntime
import Quantize

/// What goes into a graph and what comes out.
struct ONNXInterface {
  var input: String
  var shape: Shape
  /// Whether the image comes as [1, height, width, channels] and is turned by every node that reads it, as converters from
  /// frameworks with channels last write it.
  var isChannelsLast: Bool
  /// Whether it comes as [1, channels, length].
  var isSequence: Bool
  var outputs: [String]

  /// A sequence, `[1, channels, length]`, is an image of one row.
  ///
  /// - Throws: `ONNXError.interface` unless there are outputs and one input that no initializer fills, a 32-bit float
  ///   image or sequence of fixed size.
  init(_ graph: ONNXGraphProto) throws(ONNXError) {
    let initializers = Set(graph.initializer.map(\.name))
    let inputs = graph.input.filter { !initializers.contains($0.name) }
    guard inputs.count == 1 else {
      throw .interface(reason: "the graph has \(Self.list(inputs, "input")); one is supported")
    }
    guard 1...Layout.maximumOutputs ~= graph.output.count else {
      throw .interface(
        reason: "the graph has \(Self.list(graph.output, "output")); 1 to \(Layout.maximumOutputs) are supported")
    }
    input = inputs[0].name
    let names = graph.output.map(\.name)
    if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
      throw .interface(reason: "the graph names its output \"\(names[twice])\" twice")
    }
    outputs = names
    let type = inputs[0].type.tensorType
    let dims = type.shape.dim
    let found = "[" + dims.map(\.text).joined(separator: ", ") + "]"
    guard type.elemType == .float else {
      throw .interface(reason: "input \"\(input)\" is of type \(type.elemType); float is supported")
    }
    guard dims.count == 4 || dims.count == 3 else {
      throw .interface(
        reason:
          "input \"\(input)\" has dims \(found); [1, channels, height, width] and [1, channels, length] are supported")
    }
    let limit = GraphBuilder.extentLimit
    guard dims.allSatisfy({ (1...Int64(limit)).contains($0.dimValue) }) else {
      throw .interface(
        reason: "input \"\(input)\" has dims \(found); all must be fixed, 1 to \(limit): export with a fixed size")
    }
    guard dims[0].dimValue == 1 else {
      throw .interface(reason: "input \"\(input)\" has dims \(found); the batch (the first) must be 1")
    }
    isSequence = dims.count == 3
    isChannelsLast = !isSequence && graph.turnsChannelsFirst(input)
    let extents = dims.map { Int($0.dimValue) }
    shape =
      isSequence
      ? Shape(height: 1, width: extents[2], channels: extents[1])
      : isChannelsLast
        ? Shape(height: extents[1], width: extents[2], channels: extents[3])
        : Shape(height: extents[2], width: extents[3], channels: extents[1])
    guard elementCount([shape.height, shape.width, shape.channels]) != nil else {
      throw .interface(reason: "input \"\(input)\" has dims \(found), more than \(elementLimit) elements")
    }
  }

  private static func list(_ values: [ONNXValueInfoProto], _ what: String) -> String {
    let names = values.prefix(8).map { "\"\($0.name)\"" }.joined(separator: ", ")
    return values.isEmpty ? "no \(what)" : "\(values.count) \(what)s (\(names))"
  }
}

extension ONNXGraphProto {
  /// Whether all that reads a value is transpositions from channels last to channels first.
  fileprivate func turnsChannelsFirst(_ value: String) -> Bool {
    let readers = node.filter { $0.input.contains(value) }
    return !readers.isEmpty
      && readers.allSatisfy { reader in
        reader.opType == "Transpose" && reader.attribute.first { $0.name == "perm" }?.ints == [0, 3, 1, 2]
      }
  }
}

extension ONNXTensorShapeProto.Dimension {
  /// The extent, the name of a dynamic one, or `?`.
  fileprivate var text: String {
    switch value {
    case .dimValue(let extent): "\(extent)"
    case .dimParam(let name): name
    case nil: "?"
    }
  }
}
