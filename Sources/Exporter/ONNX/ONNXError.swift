/// Why an ONNX file can't become a float graph, and where.
public enum ONNXError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A node, as the file names it.
  public struct Place: Equatable, Sendable {
    public var node: String
    /// The operator's type, with its domain unless that is ONNX's own.
    public var operatorName: String
  }

  /// The file can't be opened or read.
  case unreadable(reason: String)
  /// The bytes are no ONNX model, or the model lacks a part that every model has.
  case notONNX(reason: String)
  case unsupportedOpset(domain: String, version: Int)
  /// The graph's inputs or outputs are not one image and one vector of fixed size.
  case interface(reason: String)
  case unsupportedOperator(Place, output: String)
  case unsupportedAttribute(Place, attribute: String, found: String, supported: String)
  /// The operands don't fit the operator, or don't fit what Ferrite can run of it.
  case invalidNode(Place, reason: String)
  /// A node reads a value that nothing makes.
  case undefinedTensor(Place, tensor: String)
  /// A value is needed to compute itself.
  case cycle(Place)
  case tensor(name: String, reason: String)
  case externalData(tensor: String, location: String, reason: String)
  /// An entry of the model's `metadata_props`.
  case metadata(key: String, reason: String)

  public var description: String {
    switch self {
    case .unreadable(let reason): "cannot be read: \(reason)"
    case .notONNX(let reason): "this is no ONNX model: \(reason)"
    case .unsupportedOpset(let domain, let version):
      "operator set \(domain.isEmpty ? "ai.onnx" : domain) \(version) is not supported: "
        + "ai.onnx \(Importer.opsets.lowerBound) to \(Importer.opsets.upperBound) are"
    case .interface(let reason): reason
    case .unsupportedOperator(let place, let output):
      "\(place): the operator is not supported (its output is \"\(output)\")"
        + (NearestOperator.to(place.operatorName).map { "; nearest: \($0)" } ?? "") + "; supported are "
        + OperatorTable.operators.keys.sorted().joined(separator: ", ")
    case .unsupportedAttribute(let place, let attribute, let found, let supported):
      "\(place): attribute \(attribute) is \(found); supported: \(supported)"
    case .invalidNode(let place, let reason): "\(place): \(reason)"
    case .undefinedTensor(let place, let tensor): "\(place): reads \"\(tensor)\", which nothing defines"
    case .cycle(let place): "\(place): its input depends on its own output"
    case .tensor(let name, let reason): "tensor \"\(name)\": \(reason)"
    case .externalData(let tensor, let location, let reason):
      "tensor \"\(tensor)\": external data \"\(location)\": \(reason)"
    case .metadata(let key, let reason): "metadata \(key): \(reason)"
    }
  }
}

extension ONNXError {
  /// What is wrong, without the node that a list names beside it.
  var reason: String {
    switch self {
    case .unsupportedOperator: "the operator is not supported"
    case .unsupportedAttribute(_, let attribute, let found, let supported):
      "attribute \(attribute) is \(found); supported: \(supported)"
    case .invalidNode(_, let reason): reason
    default: description
    }
  }
}

extension ONNXError.Place: CustomStringConvertible {
  public var description: String { "node \"\(node)\" (\(operatorName))" }
}
