import EdgeRuntime
import Quantize

/// What goes into a graph and what comes out.
struct ONNXInterface {
  var input: String
  var shape: Shape
  /// Whether the image comes as [1, height, width, channels] and is turned by every node that reads it, as converters from
  /// frameworks with channels last write it.
  var isChannelsLast: Bool
  var outputs: [String]

  /// - Throws: `ONNXError.interface` unless there are outputs and one input that no initializer fills, a 32-bit float
  ///   image of fixed size.
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
    guard dims.count == 4 else {
      throw .interface(reason: "input \"\(input)\" has dims \(found); [1, channels, height, width] is supported")
    }
    let limit = GraphBuilder.extentLimit
    guard dims.allSatisfy({ (1...Int64(limit)).contains($0.dimValue) }) else {
      throw .interface(
        reason: "input \"\(input)\" has dims \(found); all must be fixed, 1 to \(limit): export with a fixed size")
    }
    guard dims[0].dimValue == 1 else {
      throw .interface(reason: "input \"\(input)\" has dims \(found); the batch (the first) must be 1")
    }
    isChannelsLast = graph.turnsChannelsFirst(input)
    let order = isChannelsLast ? [1, 2, 3] : [2, 3, 1]
    shape = Shape(
      height: Int(dims[order[0]].dimValue), width: Int(dims[order[1]].dimValue), channels: Int(dims[order[2]].dimValue))
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
