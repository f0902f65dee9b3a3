import Quantize

/// Constant-11 to 25.
func importConstant(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  if let tensor = try node.tensor("value") {
    builder.types[node.output] = tensor.dataType
    return try Operand(tensor, name: node.output, externalData: builder.externalData)
  }
  if node.attributes["value_float"] != nil {
    return .floats(NDArray([], [try node.float("value_float", default: 0)]))
  }
  if node.attributes["value_int"] != nil {
    return .integers(NDArray([], [try node.integer("value_int", default: 0)]))
  }
  if let numbers = try node.integers("value_ints") { return .integers(NDArray(vector: numbers)) }
  if let numbers = node.attributes["value_floats"]?.floats { return .floats(NDArray(vector: numbers)) }
  throw node.fail("it has no value")
}

/// Shape-1 to 25. All shapes are fixed, so it is a constant.
func importShape(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let dims = try node.input(0).dims
  func clamped(_ index: Int) -> Int { min(max(index < 0 ? index + dims.count : index, 0), dims.count) }
  let start = clamped(try node.integer("start", default: 0))
  let end = clamped(try node.integer("end", default: dims.count))
  return .integers(NDArray(vector: Array(dims[start..<max(start, end)])))
}

/// Size-1 to 25.
func importSize(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  .integers(NDArray([], [try node.input(0).dims.reduce(1, *)]))
}

/// ConstantOfShape-9 to 25.
func importConstantOfShape(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let dims = try node.integers(0).elements
  guard let count = elementCount(dims) else { throw node.fail("a constant of dims \(dims) is too large") }
  guard let tensor = try node.tensor("value") else { return .floats(NDArray(dims, Array(repeating: 0, count: count))) }
  switch try Operand(tensor, name: node.output, externalData: builder.externalData) {
  case .floats(let value) where value.count == 1:
    return .floats(NDArray(dims, Array(repeating: value.elements[0], count: count)))
  case .integers(let value) where value.count == 1:
    return .integers(NDArray(dims, Array(repeating: value.elements[0], count: count)))
  default: throw node.reject("value", "a tensor of dims \(tensor.dims)", supported: "one element")
  }
}

/// Range-11.
func importRange(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  func terms(_ start: Double, _ limit: Double, _ delta: Double) throws(ONNXError) -> Int {
    let count = ((limit - start) / delta).rounded(.up)
    guard delta != 0, count < Double(elementLimit) else {
      throw node.fail("from \(start) to \(limit) by \(delta) it has no end, or more than \(elementLimit) elements")
    }
    return Int(max(count, 0))
  }
  if case .integers = try node.input(0) {
    var numbers: [Int] = []
    for index in 0...2 {
      guard let number = try node.integers(index).elements.first, number.magnitude < 1 << 53 else {
        throw node.fail("input \(index) is out of range")
      }
      numbers.append(number)
    }
    let count = try terms(Double(numbers[0]), Double(numbers[1]), Double(numbers[2]))
    return .integers(NDArray(vector: (0..<count).map { numbers[0] + $0 * numbers[2] }))
  }
  var numbers: [Float] = []
  for index in 0...2 {
    guard let number = try node.weights(index).elements.first else { throw node.fail("input \(index) is empty") }
    numbers.append(number)
  }
  let count = try terms(Double(numbers[0]), Double(numbers[1]), Double(numbers[2]))
  return .floats(NDArray(vector: (0..<count).map { numbers[0] + Float($0) * numbers[2] }))
}

/// Cast-9 to 25 of constants; of an image's values to float, which they are.
func importCast(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  let code = try node.integer("to", default: 0)
  let type = ONNXTensorProto.DataType(rawValue: code) ?? .undefined
  switch (operand, type) {
  case (.activation, .float), (.linear, .float), (.floats, .float), (.floats, .double), (.integers, .int64):
    return operand
  case (.integers(let array), .int32) where array.elements.allSatisfy { Int32(exactly: $0) != nil }:
    return operand
  case (.integers(let array), .float), (.integers(let array), .double):
    return .floats(array.map { Float($0) })
  case (.integers(let array), .bool):
    return .integers(array.map { $0 == 0 ? 0 : 1 })
  case (.floats(let array), .int64), (.floats(let array), .int32):
    guard array.elements.allSatisfy({ $0.magnitude < 0x1p31 }) else { throw node.fail("a constant is out of range") }
    return .integers(array.map { Int($0) })
  default:
    throw node.reject("to", type, supported: "float; for constants also double, int32, int64, bool")
  }
}

/// CastLike-15 to 25 of a constant to the type of a value that is float, or of another constant.
func importCastLike(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  switch (try node.input(0), try node.input(1)) {
  case (.integers(let array), .floats), (.integers(let array), .activation), (.integers(let array), .linear):
    return .floats(array.map { Float($0) })
  case (.floats, .integers): throw node.fail("a cast of floats to the type of integers is not supported")
  case (let operand, _): return operand
  }
}

/// Gather-11 and 13 from a constant.
func importGather(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  let axis = try node.axis(try node.integer("axis", default: 0), rank: operand.dims.count)
  let extent = operand.dims[axis]
  let given = try node.integers(1)
  guard given.elements.allSatisfy({ $0 >= -extent && $0 < extent }) else {
    throw node.fail("an index is out of range for \(extent) elements")
  }
  guard elementCount(operand.dims[..<axis] + given.dims + operand.dims[(axis + 1)...]) != nil else {
    throw node.fail("the result is too large")
  }
  let indices = given.map { $0 < 0 ? $0 + extent : $0 }
  switch operand {
  case .floats(let array): return .floats(array.gathered(axis: axis, indices: indices))
  case .integers(let array): return .integers(array.gathered(axis: axis, indices: indices))
  default: throw node.fail("a gather from a value that depends on the image is not supported")
  }
}

/// Expand-8 and 13 of a constant.
func importExpand(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  let wanted = try node.integers(1).elements
  guard let dims = broadcast(operand.dims, wanted) else {
    throw node.fail("dims \(operand.dims) can't be expanded to \(wanted)")
  }
  switch operand {
  case .floats(let array): return .floats(array.expanded(to: dims))
  case .integers(let array): return .integers(array.expanded(to: dims))
  case .activation, .linear, .quantized:
    guard operand.dims == dims else { throw node.fail("an image's value can't be repeated") }
    return operand
  }
}
