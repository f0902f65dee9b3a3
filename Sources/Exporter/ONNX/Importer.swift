import Foundation
import Quantize
import SwiftProtobuf

/// Turns an ONNX model (opset 11 and later) into a float graph: NCHW to NHWC, constants folded, the affine grid and the
/// sampler joined.
public struct Importer {
  var graph = FloatGraph(
    values: [], nodes: [], input: 0, output: 0, preparation: InputPreparation(mean: [], standardDeviation: []),
    labels: [])
  var names: [String: ImportedValue] = [:]
  let opset: Int
  let folder: URL?

  /// Reads the model at `path`; external data may lie in its folder or below.
  public static func graph(path: String) throws -> FloatGraph {
    let url = URL(fileURLWithPath: path)
    let data = try Data(contentsOf: url)
    return try graph(data: data, folder: url.deletingLastPathComponent())
  }

  /// - Parameter folder: where external data may lie; nil refuses it.
  public static func graph(data: Data, folder: URL?) throws(ONNXError) -> FloatGraph {
    guard !data.isEmpty else { throw .notONNX(reason: "the file is empty") }
    let model: Onnx_ModelProto
    do {
      model = try Onnx_ModelProto(serializedBytes: data)
    } catch {
      throw .notONNX(reason: "the bytes are damaged, truncated, or something else")
    }
    guard model.hasGraph, !model.graph.node.isEmpty else { throw .notONNX(reason: "it holds no graph") }
    var importer = try Importer(model, folder: folder)
    try importer.importGraph(model.graph)
    try importer.readMetadata(model.metadataProps)
    return importer.graph
  }

  private init(_ model: Onnx_ModelProto, folder: URL?) throws(ONNXError) {
    var version: Int64 = 0
    for set in model.opsetImport {
      if set.domain.isEmpty || set.domain == "ai.onnx" { version = set.version }
    }
    guard version >= 11, version <= 64 else {
      throw .unsupportedOpset(domain: "", version: version, supported: "11 and later")
    }
    opset = Int(version)
    self.folder = folder
  }

  private mutating func importGraph(_ source: Onnx_GraphProto) throws(ONNXError) {
    for proto in source.initializer { names[proto.name] = .constant(try ConstantTensor(proto, folder: folder)) }
    let inputs = source.input.filter { names[$0.name] == nil }
    guard inputs.count == 1 else {
      throw .graph(reason: "the graph has \(inputs.count) inputs (\(inputs.map(\.name))); one image is supported")
    }
    try addInput(inputs[0])
    for (index, node) in source.node.enumerated() { try importNode(node, index: index) }
    guard source.output.count == 1 else {
      throw .graph(
        reason: "the graph has \(source.output.count) outputs (\(source.output.map(\.name))); one is supported")
    }
    try setOutput(source.output[0].name)
  }

  private mutating func addInput(_ info: Onnx_ValueInfoProto) throws(ONNXError) {
    let extents = info.type.tensorType.shape.dim.map { dimension -> Int? in
      if case .dimValue(let value) = dimension.value, value > 0, value <= 65535 { Int(value) } else { nil }
    }
    let found = info.type.tensorType.shape.dim.map { dimension in
      switch dimension.value {
      case .dimValue(let value): "\(value)"
      case .dimParam(let name): name
      case nil: "?"
      }
    }
    guard extents.count == 4, extents[0] == 1, let channels = extents[1], let height = extents[2],
      let width = extents[3]
    else {
      throw .graph(
        reason: "input '\(info.name)' has shape [\(found.joined(separator: ", "))]; "
          + "a fixed shape [1, channels, height, width] is needed")
    }
    guard info.type.tensorType.elemType == ElementType.float.rawValue else {
      throw .graph(reason: "input '\(info.name)' is not of type float")
    }
    graph.values = [.init(name: info.name, shape: Shape(height: height, width: width, channels: channels))]
    graph.input = 0
    names[info.name] = .image(0)
  }

  private mutating func setOutput(_ name: String) throws(ONNXError) {
    switch names[name] {
    case .vector(let value, let order) where order.elementsEqual(0..<order.count): graph.output = value
    case let other:
      throw .graph(reason: "output '\(name)' is \(other?.name ?? "undefined"); a vector of class scores is needed")
    }
  }

  /// Adds a node that makes a value of `shape`, and returns the value.
  mutating func append(
    _ operation: FloatOperation, _ inputs: [Int], _ shape: Shape, named attributes: NodeAttributes
  ) -> Int {
    graph.values.append(.init(name: attributes.node, shape: shape))
    let output = graph.values.count - 1
    graph.nodes.append(.init(name: attributes.node, operation: operation, inputs: inputs, output: output))
    return output
  }

  func shape(_ value: Int) -> Shape { graph.values[value].shape }
}

// MARK: - Nodes

extension Importer {
  /// What a node's handler sees.
  struct Context {
    var attributes: NodeAttributes
    /// In the node's order; an omitted optional input is nil.
    var inputs: [ImportedValue?]

    func input(_ index: Int) throws(ONNXError) -> ImportedValue {
      guard index < inputs.count, let value = inputs[index] else {
        throw attributes.operands("input \(index) is missing")
      }
      return value
    }

    func optional(_ index: Int) -> ImportedValue? { index < inputs.count ? inputs[index] : nil }

    func constant(_ index: Int) throws(ONNXError) -> ConstantTensor {
      guard case .constant(let tensor) = try input(index) else {
        throw attributes.operands("input \(index) must be a constant, not \(try input(index).name)")
      }
      return tensor
    }

    func floats(_ index: Int) throws(ONNXError) -> [Float] {
      guard let values = try constant(index).floats else {
        throw attributes.operands("input \(index) must be of floats")
      }
      return values
    }

    func integers(_ index: Int) throws(ONNXError) -> [Int] {
      guard let values = try constant(index).integers else {
        throw attributes.operands("input \(index) must be of integers")
      }
      return values.map(Int.init)
    }

    func image(_ index: Int) throws(ONNXError) -> Int {
      guard case .image(let value) = try input(index) else {
        throw attributes.operands("input \(index) must be an image, not \(try input(index).name)")
      }
      return value
    }
  }

  typealias Handler = @Sendable (inout Importer, Context) throws(ONNXError) -> ImportedValue

  /// One line for each operator; shape arithmetic on constants is `ConstantFolding`'s.
  static let handlers: [String: Handler] = [
    "Add": { (i, c) throws(ONNXError) in try i.arithmetic(c) },
    "AffineGrid": { (i, c) throws(ONNXError) in try i.affineGrid(c) },
    "AveragePool": { (i, c) throws(ONNXError) in try i.averagePool(c) },
    "BatchNormalization": { (i, c) throws(ONNXError) in try i.batchNormalization(c) },
    "Cast": { (i, c) throws(ONNXError) in try i.cast(c) },
    "Clip": { (i, c) throws(ONNXError) in try i.clip(c) },
    "Concat": { (i, c) throws(ONNXError) in try i.concatenate(c) },
    "Conv": { (i, c) throws(ONNXError) in try i.convolution(c) },
    "Dropout": { (i, c) throws(ONNXError) in try c.input(0) },
    "Flatten": { (i, c) throws(ONNXError) in try i.flatten(c) },
    "Gemm": { (i, c) throws(ONNXError) in try i.gemm(c) },
    "GlobalAveragePool": { (i, c) throws(ONNXError) in try i.globalAveragePool(c) },
    "GridSample": { (i, c) throws(ONNXError) in try i.gridSample(c) },
    "Identity": { (i, c) throws(ONNXError) in try c.input(0) },
    "MatMul": { (i, c) throws(ONNXError) in try i.matrixProduct(c) },
    "MaxPool": { (i, c) throws(ONNXError) in try i.maxPool(c) },
    "Mul": { (i, c) throws(ONNXError) in try i.arithmetic(c) },
    "ReduceSum": { (i, c) throws(ONNXError) in try i.reduceSum(c) },
    "Relu": { (i, c) throws(ONNXError) in try i.relu(c) },
    "Reshape": { (i, c) throws(ONNXError) in try i.reshape(c) },
    "Shape": { (i, c) throws(ONNXError) in try i.shapeOf(c) },
    "Sub": { (i, c) throws(ONNXError) in try i.arithmetic(c) },
    "Transpose": { (i, c) throws(ONNXError) in try i.transpose(c) },
    "Unsqueeze": { (i, c) throws(ONNXError) in try i.unsqueeze(c) },
  ]

  static var supportedOperators: String {
    Set(handlers.keys).union(ConstantFolding.operators).sorted().joined(separator: ", ")
  }

  private mutating func importNode(_ proto: Onnx_NodeProto, index: Int) throws(ONNXError) {
    let name = proto.name.isEmpty ? "\(proto.opType)_\(index)" : proto.name
    let attributes = NodeAttributes(proto, name: name)
    guard proto.domain.isEmpty || proto.domain == "ai.onnx" else {
      throw .unsupportedOperator(node: name, operatorName: "\(proto.domain).\(proto.opType)")
    }
    var inputs: [ImportedValue?] = []
    for input in proto.input {
      guard !input.isEmpty else {
        inputs.append(nil)
        continue
      }
      guard let value = names[input] else { throw .undefinedTensor(node: name, tensor: input) }
      inputs.append(value)
    }
    let context = Context(attributes: attributes, inputs: inputs)
    guard let first = proto.output.first else { throw attributes.operands("it has no output") }
    if let folded = try ConstantFolding.fold(context, folder: folder) {
      names[first] = .constant(folded)
    } else if let handler = Self.handlers[proto.opType] {
      names[first] = try handler(&self, context)
    } else if ConstantFolding.operators.contains(proto.opType) {
      throw attributes.operands("it is supported on constants only")
    } else {
      throw .unsupportedOperator(node: name, operatorName: proto.opType)
    }
  }
}

// MARK: - Metadata

extension Importer {
  /// `ferrite.input.mean`, `ferrite.input.std` (one value, or one for each channel) and `ferrite.labels`, comma-separated.
  private mutating func readMetadata(_ entries: [Onnx_StringStringEntryProto]) throws(ONNXError) {
    let metadata = Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first }
    let channels = shape(graph.input).channels
    func values(_ key: String, default fallback: Float) throws(ONNXError) -> [Float] {
      guard let text = metadata[key] else { return [Float](repeating: fallback, count: channels) }
      let numbers = text.split(separator: ",").map { Float($0.trimmingCharacters(in: .whitespaces)) }
      guard numbers.count == 1 || numbers.count == channels, numbers.allSatisfy({ $0?.isFinite ?? false }) else {
        throw .graph(reason: "metadata '\(key)' = '\(text)' is not one number, or one for each of \(channels) channels")
      }
      return (0..<channels).map { numbers[numbers.count == 1 ? 0 : $0]! }
    }
    let deviation = try values("ferrite.input.std", default: 1)
    guard deviation.allSatisfy({ $0 > 0 }) else { throw .graph(reason: "metadata 'ferrite.input.std' is not positive") }
    graph.preparation = InputPreparation(
      mean: try values("ferrite.input.mean", default: 0), standardDeviation: deviation)
    let classes = shape(graph.output).channels
    graph.labels =
      metadata["ferrite.labels"].map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
      ?? (0..<classes).map(String.init)
    guard graph.labels.count == classes, graph.labels.allSatisfy({ !$0.isEmpty }) else {
      throw .graph(reason: "metadata 'ferrite.labels' names \(graph.labels.count) classes, the output has \(classes)")
    }
  }
}
