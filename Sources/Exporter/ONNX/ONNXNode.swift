import Foundation

/// A node with its operands found, as an operator's importer reads it.
struct ONNXNode {
  var place: ONNXError.Place
  /// The names of its outputs; empty where one is not wanted.
  var outputs: [String]
  /// The one that is being made: the first, unless `making` chose another.
  private var made = 0
  /// In the node's order; nil where an optional one is left out.
  var inputs: [Operand?]
  var inputNames: [String]
  var attributes: [String: ONNXAttributeProto]

  init(
    place: ONNXError.Place, outputs: [String], inputs: [Operand?], inputNames: [String],
    attributes: [String: ONNXAttributeProto]
  ) {
    self.place = place
    self.outputs = outputs
    self.inputs = inputs
    self.inputNames = inputNames
    self.attributes = attributes
  }

  var output: String { made < outputs.count ? outputs[made] : "" }

  /// The same node, making another of its outputs; its name tells which.
  func making(output: Int) -> ONNXNode {
    var node = self
    node.made = output
    if output > 0 { node.place.node += "/\(output)" }
    return node
  }

  func fail(_ reason: String) -> ONNXError { .invalidNode(place, reason: reason) }

  // MARK: Operands

  func input(_ index: Int) throws(ONNXError) -> Operand {
    guard let operand = optionalInput(index) else { throw fail("input \(index) is missing") }
    return operand
  }

  func optionalInput(_ index: Int) -> Operand? { index < inputs.count ? inputs[index] : nil }

  /// An operand that the image decides.
  func activation(_ index: Int) throws(ONNXError) -> Activation {
    if case .quantized = try input(index) {
      throw fail("input \(index) (\"\(inputNames[index])\") is quantised; a DequantizeLinear belongs between")
    }
    guard case .activation(let activation) = try input(index) else {
      throw fail("input \(index) (\"\(inputNames[index])\") must be computed from the image")
    }
    return activation
  }

  /// Constant integers: a shape, axes, indices.
  func integers(_ index: Int) throws(ONNXError) -> NDArray<Int> {
    guard case .integers(let array) = try input(index) else {
      throw fail("input \(index) (\"\(inputNames[index])\") must be constant integers")
    }
    return array
  }

  /// Constant floats, infinities allowed.
  func floats(_ index: Int) throws(ONNXError) -> NDArray<Float> {
    guard case .floats(let array) = try input(index) else {
      throw fail("input \(index) (\"\(inputNames[index])\") must be constant floats")
    }
    return array
  }

  /// Constant floats that numbers are computed with.
  ///
  /// - Throws: `ONNXError.tensor` for a NaN or an infinity.
  func weights(_ index: Int) throws(ONNXError) -> NDArray<Float> {
    let array = try floats(index)
    if let bad = array.elements.firstIndex(where: { !$0.isFinite }) {
      throw .tensor(name: inputNames[index], reason: "element \(bad) is \(array.elements[bad])")
    }
    return array
  }

  // MARK: Attributes

  func reject(_ attribute: String, _ found: Any, supported: String) -> ONNXError {
    .unsupportedAttribute(place, attribute: attribute, found: "\(found)", supported: supported)
  }

  private func attribute(
    _ name: String, _ type: ONNXAttributeProto.AttributeType
  ) throws(ONNXError) -> ONNXAttributeProto? {
    guard let attribute = attributes[name] else { return nil }
    guard attribute.type == type else { throw reject(name, "of type \(attribute.type)", supported: "type \(type)") }
    return attribute
  }

  func integer(_ name: String, default value: Int) throws(ONNXError) -> Int {
    guard let attribute = try attribute(name, .int) else { return value }
    return Int(attribute.i)
  }

  /// A truth value.
  func flag(_ name: String, default value: Bool) throws(ONNXError) -> Bool {
    try integer(name, default: value ? 1 : 0) != 0
  }

  func integers(_ name: String) throws(ONNXError) -> [Int]? {
    try attribute(name, .ints)?.ints.map { Int($0) }
  }

  func float(_ name: String, default value: Float) throws(ONNXError) -> Float {
    let number = try attribute(name, .float)?.f ?? value
    guard number.isFinite else { throw reject(name, number, supported: "finite numbers") }
    return number
  }

  func string(_ name: String, default value: String) throws(ONNXError) -> String {
    guard let attribute = try attribute(name, .string) else { return value }
    guard let text = String(data: attribute.s, encoding: .utf8) else {
      throw reject(name, "not UTF-8", supported: "text")
    }
    return text
  }

  func tensor(_ name: String) throws(ONNXError) -> ONNXTensorProto? { try attribute(name, .tensor)?.t.last }

  /// An axis of an operand of this rank; negative ones count from the end.
  func axis(_ axis: Int, rank: Int) throws(ONNXError) -> Int {
    guard axis >= -rank, axis < rank else { throw fail("axis \(axis) is out of range for \(rank) dimensions") }
    return axis < 0 ? axis + rank : axis
  }
}
