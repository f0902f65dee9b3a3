/// Why an ONNX model can't be imported, and where.
public enum ONNXError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The bytes are no ONNX model.
  case notONNX(reason: String)
  case unsupportedOpset(domain: String, version: Int64, supported: String)
  case unsupportedOperator(node: String, operatorName: String)
  case unsupportedAttribute(node: String, operatorName: String, attribute: String, found: String, supported: String)
  /// An input of a node that no earlier node, initializer or graph input defines.
  case undefinedTensor(node: String, tensor: String)
  /// A node whose operands this importer can't place: shapes that don't fit, or a computed operand where a constant is needed.
  case operands(node: String, operatorName: String, reason: String)
  /// The graph's inputs, outputs or metadata.
  case graph(reason: String)
  /// An initializer or constant.
  case tensor(name: String, reason: String)
  case externalData(tensor: String, reason: String)

  public var description: String {
    switch self {
    case .notONNX(let reason): "this is no ONNX model: \(reason)"
    case .unsupportedOpset(let domain, let version, let supported):
      "operator set \(domain.isEmpty ? "ai.onnx" : domain) \(version) is not supported (supported: \(supported))"
    case .unsupportedOperator(let node, let name):
      "node '\(node)': operator \(name) is not supported (supported: \(Importer.supportedOperators))"
    case .unsupportedAttribute(let node, let name, let attribute, let found, let supported):
      "node '\(node)': \(name) with \(attribute) = \(found) is not supported (supported: \(supported))"
    case .undefinedTensor(let node, let tensor):
      "node '\(node)': its input '\(tensor)' is not defined by anything before it (a cycle, or a missing tensor)"
    case .operands(let node, let name, let reason): "node '\(node)': \(name): \(reason)"
    case .graph(let reason): reason
    case .tensor(let name, let reason): "tensor '\(name)': \(reason)"
    case .externalData(let tensor, let reason): "tensor '\(tensor)': external data: \(reason)"
    }
  }
}
