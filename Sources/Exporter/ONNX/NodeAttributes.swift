import Quantize

import Foundation

/// A node's attributes, by name and type; each access names the node in its error.
struct NodeAttributes {
  let node: String
  let operatorName: String
  private let attributes: [String: Onnx_AttributeProto]

  init(_ proto: Onnx_NodeProto, name: String) {
    node = name
    operatorName = proto.opType
    attributes = Dictionary(proto.attribute.map { ($0.name, $0) }) { first, _ in first }
  }

  func integer(_ name: String, default value: Int) -> Int { attributes[name].map { Int($0.i) } ?? value }
  func integers(_ name: String) -> [Int]? { attributes[name].map { $0.ints.map(Int.init) } }
  func float(_ name: String, default value: Float) -> Float { attributes[name].map(\.f) ?? value }
  func string(_ name: String, default value: String) -> String {
    attributes[name].map { String(decoding: $0.s, as: UTF8.self) } ?? value
  }
  func tensor(_ name: String) -> Onnx_TensorProto? { attributes[name].map(\.t) }
  func has(_ name: String) -> Bool { attributes[name] != nil }
  func floats(_ name: String) -> [Float]? { attributes[name].map(\.floats) }

  /// Two positive extents (rows, columns) of a 2-D operator, or the default.
  func extent(_ name: String, default value: Extent?) throws(ONNXError) -> Extent {
    guard let found = integers(name) else {
      if let value { return value }
      throw unsupported(name, found: "nothing", supported: "two positive numbers")
    }
    guard found.count == 2, found.allSatisfy({ $0 >= 1 && $0 <= 255 }) else {
      throw unsupported(name, found: "\(found)", supported: "two numbers in 1...255")
    }
    return Extent(found[0], found[1])
  }

  func require(_ name: String, _ value: Int, default fallback: Int) throws(ONNXError) {
    let found = integer(name, default: fallback)
    guard found == value else { throw unsupported(name, found: "\(found)", supported: "\(value)") }
  }

  func unsupported(_ attribute: String, found: String, supported: String) -> ONNXError {
    .unsupportedAttribute(
      node: node, operatorName: operatorName, attribute: attribute, found: found, supported: supported)
  }

  func operands(_ reason: String) -> ONNXError {
    .operands(node: node, operatorName: operatorName, reason: reason)
  }
}
