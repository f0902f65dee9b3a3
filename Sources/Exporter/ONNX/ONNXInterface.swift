import EdgeRuntime
import Quantize

/// What goes into a graph and what comes out.
struct ONNXInterface {
  /// An image, a sequence, which is an image of one row, or a vector that comes in.
  struct Input {
    var name: String
    /// As the file has them, the batch of 1 included.
    var dims: [Int]
    var shape: Shape
    /// Whether an image comes as [1, height, width, channels] and is turned by every node that reads it, as converters from
    /// frameworks with channels last write it.
    var isChannelsLast: Bool
  }

  /// The image, which is the first input of four dims or, without one, of three, then the others in the file's order.
  var inputs: [Input]
  var outputs: [String]

  /// - Throws: `ONNXError.interface` unless there are outputs, and inputs that no initializer fills: 32-bit floats of fixed size, one
  ///   of them an image.
  init(_ graph: ONNXGraphProto) throws(ONNXError) {
    let initializers = Set(graph.initializer.map(\.name))
    let given = graph.input.filter { !initializers.contains($0.name) }
    guard 1...Layout.maximumInputs ~= given.count else {
      throw .interface(
        reason: "the graph has \(Self.list(given, "input")); 1 to \(Layout.maximumInputs) are supported")
    }
    guard 1...Layout.maximumOutputs ~= graph.output.count else {
      throw .interface(
        reason: "the graph has \(Self.list(graph.output, "output")); 1 to \(Layout.maximumOutputs) are supported")
    }
    outputs = try Self.distinct(graph.output, "output")
    _ = try Self.distinct(given, "input")
    var inputs: [Input] = []
    for value in given { inputs.append(try Input(value, of: graph, isOnly: given.count == 1)) }
    let image = inputs.firstIndex { $0.dims.count == 4 } ?? inputs.firstIndex { $0.dims.count == 3 }
    guard let image else {
      throw .interface(
        reason: "the graph has \(Self.list(given, "input")), none of them an image [1, channels, height, width] or "
          + "a sequence [1, channels, length]: one is needed")
    }
    inputs.insert(inputs.remove(at: image), at: 0)
    self.inputs = inputs
  }

  private static func distinct(_ values: [ONNXValueInfoProto], _ what: String) throws(ONNXError) -> [String] {
    let names = values.map(\.name)
    if let twice = names.indices.first(where: { names[..<$0].contains(names[$0]) }) {
      throw .interface(reason: "the graph names its \(what) \"\(names[twice])\" twice")
    }
    return names
  }

  private static func list(_ values: [ONNXValueInfoProto], _ what: String) -> String {
    let names = values.prefix(8).map { "\"\($0.name)\"" }.joined(separator: ", ")
    return values.isEmpty ? "no \(what)" : "\(values.count) \(what)s (\(names))"
  }
}

extension ONNXInterface.Input {
  /// - Parameter isOnly: whether there is no other input, so that it has to be an image or a sequence.
  fileprivate init(_ value: ONNXValueInfoProto, of graph: ONNXGraphProto, isOnly: Bool) throws(ONNXError) {
    name = value.name
    let type = value.type.tensorType
    let dims = type.shape.dim
    let found = "[" + dims.map(\.text).joined(separator: ", ") + "]"
    guard type.elemType == .float else {
      throw .interface(reason: "input \"\(name)\" is of type \(type.elemType); float is supported")
    }
    guard 3...4 ~= dims.count || (dims.count == 2 && !isOnly) else {
      let vector = isOnly ? "" : ", or a vector [1, values] beside an image,"
      throw .interface(
        reason: "input \"\(name)\" has dims \(found); [1, channels, height, width] or [1, channels, length]"
          + "\(vector) is supported")
    }
    let limit = GraphBuilder.extentLimit
    guard dims.allSatisfy({ (1...Int64(limit)).contains($0.dimValue) }) else {
      throw .interface(
        reason: "input \"\(name)\" has dims \(found); all must be fixed, 1 to \(limit): export with a fixed size")
    }
    guard dims[0].dimValue == 1 else {
      throw .interface(reason: "input \"\(name)\" has dims \(found); the batch (the first) must be 1")
    }
    self.dims = dims.map { Int($0.dimValue) }
    isChannelsLast = dims.count == 4 && graph.turnsChannelsFirst(name)
    if dims.count == 2 {
      shape = .vector(self.dims[1])
    } else if dims.count == 3 {
      shape = Shape(height: 1, width: self.dims[2], channels: self.dims[1])
    } else {
      let order = isChannelsLast ? [1, 2, 3] : [2, 3, 1]
      shape = Shape(height: self.dims[order[0]], width: self.dims[order[1]], channels: self.dims[order[2]])
    }
    guard elementCount([shape.height, shape.width, shape.channels]) != nil else {
      throw .interface(reason: "input \"\(name)\" has dims \(found), more than \(elementLimit) elements")
    }
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
