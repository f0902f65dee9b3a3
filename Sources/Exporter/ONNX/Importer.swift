import Foundation
import Quantize
import SwiftProtobuf

/// Reads ONNX files into float graphs.
///
/// An image goes in, `[1, channels, height, width]` in 32-bit floats, or channels last where the graph turns it first, and beside it other
/// images and vectors; vectors, images and lists of vectors come out. Arithmetic on constants and shapes is done while reading. The result is channels last: weights, and the columns of layers that read flattened
/// images, are put in that order here.
public enum Importer {
  /// The versions of ONNX's operator set that are read.
  public static let opsets = 11...28

  /// Reads a file, and the files beside it that hold its external data.
  public static func graph(path: String) throws(ONNXError) -> FloatGraph {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw .unreadable(reason: error.localizedDescription)
    }
    return try graph(data: data, folder: URL(fileURLWithPath: path).deletingLastPathComponent())
  }

  /// - Parameters:
  ///   - data: an ONNX file's bytes.
  ///   - folder: where the model's external data may lie; without one, a model with external data is refused.
  public static func graph(data: Data, folder: URL?) throws(ONNXError) -> FloatGraph {
    let model = try decode(data)
    let interface = try ONNXInterface(model.graph)
    var builder = GraphBuilder(externalData: ExternalData(folder: folder?.path))
    builder.opset = model.opset ?? builder.opset
    let inputs = builder.addInputs(interface)

    let initializers = Dictionary(model.graph.initializer.map { ($0.name, $0) }) { first, _ in first }
    let ends = model.graph.ends(interface.outputs)
    let order = try GraphOrder(
      model.graph, outputs: ends.map(\.source), known: Set(initializers.keys).union(interface.inputs.map(\.name)))
    for index in order.nodes {
      try importNode(model.graph.node[index], initializers, &builder)
    }
    let outputs = try builder.outputs(ends, metadata: model.metadataProps)
    var graph = FloatGraph(
      values: builder.values, nodes: builder.nodes, input: inputs[0], outputs: outputs,
      preparation: try InputPreparation(model.metadataProps, channels: interface.inputs[0].shape.channels),
      notes: builder.notes + builder.refittingNote)
    graph.otherInputs = Array(inputs.dropFirst())
    graph.states = statements(model.metadataProps)
    return graph
  }

  static func decode(_ data: Data) throws(ONNXError) -> ONNXModelProto {
    guard !data.isEmpty else { throw .notONNX(reason: "it is empty") }
    let model: ONNXModelProto
    do {
      model = try ONNXModelProto(serializedBytes: data)
    } catch {
      throw .notONNX(reason: "it is damaged, cut short, or of another kind (\(error))")
    }
    guard model.hasGraph, !model.graph.node.isEmpty else { throw .notONNX(reason: "it has no graph") }
    guard let opset = model.opset else {
      throw .notONNX(reason: "it names no operator set")
    }
    guard opsets.contains(opset) else { throw .unsupportedOpset(domain: "", version: opset) }
    return model
  }

  static func importNode(
    _ node: ONNXNodeProto, _ initializers: [String: ONNXTensorProto], _ builder: inout GraphBuilder
  ) throws(ONNXError) {
    let place = node.place
    // A standard operator's name; one of another domain carries the domain and is in no table.
    guard let operation = OperatorTable.operators[place.operatorName] else {
      throw .unsupportedOperator(place, output: node.output.first ?? "")
    }
    var inputs: [Operand?] = []
    for name in node.input {
      if let tensor = initializers[name], builder.operands[name] == nil {
        builder.operands[name] = try Operand(tensor, name: name, externalData: builder.externalData)
        builder.types[name] = tensor.dataType
      }
      guard name.isEmpty || builder.operands[name] != nil else {
        throw .invalidNode(place, reason: "\"\(name)\" is an output that is not supported")
      }
      inputs.append(builder.operands[name])
    }
    let attributes = Dictionary(node.attribute.map { ($0.name, $0) }) { first, _ in first }
    let resolved = ONNXNode(
      place: place, outputs: node.output, inputs: inputs, inputNames: node.input, attributes: attributes)
    if let unknown = attributes.keys.sorted().first(where: { !operation.attributes.contains($0) }) {
      throw resolved.reject(
        unknown, "given", supported: operation.attributes.sorted().joined(separator: ", "))
    }
    builder.operands[resolved.output] = try operation.importNode(resolved, &builder)
  }
}

extension ONNXModelProto {
  /// The version of ONNX's own operator set; nil if none is named.
  var opset: Int? {
    opsetImport.first { $0.domain.isEmpty || $0.domain == "ai.onnx" }.map { Int($0.version) }
  }
}
