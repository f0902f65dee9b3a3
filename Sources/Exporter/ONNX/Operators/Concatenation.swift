import Quantize

/// Concat-11 and 13: images along their channels, flattened images and vectors end to end, or constants.
func importConcat(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  guard node.attributes["axis"] != nil else { throw node.reject("axis", "not given", supported: "a number") }
  let dims = try node.input(0).dims
  let axis = try node.axis(try node.integer("axis", default: 0), rank: dims.count)
  var total = 0
  for index in node.inputs.indices {
    var other = try node.input(index).dims
    guard other.count == dims.count else { throw node.fail("dims \(dims) and \(other) can't be joined") }
    total += other[axis]
    other[axis] = dims[axis]
    guard other == dims else { throw node.fail("dims \(dims) and \(other) differ outside axis \(axis)") }
  }
  if case .activation = try node.input(0) { return try importConcat(node, &builder, axis: axis) }
  guard elementCount(dims[..<axis] + [total] + dims[(axis + 1)...]) != nil else {
    throw node.fail("the result is too large")
  }
  if case .integers = try node.input(0) {
    var parts: [NDArray<Int>] = []
    for index in node.inputs.indices { parts.append(try node.integers(index)) }
    return .integers(.concatenated(parts, axis: axis))
  }
  var parts: [NDArray<Float>] = []
  for index in node.inputs.indices { parts.append(try node.floats(index)) }
  return .floats(.concatenated(parts, axis: axis))
}

private func importConcat(
  _ node: ONNXNode, _ builder: inout GraphBuilder, axis: Int
) throws(ONNXError) -> Operand {
  var parts: [Activation] = []
  for index in node.inputs.indices { parts.append(try node.activation(index)) }
  guard axis == 1 else { throw node.reject("axis", axis, supported: "1, the channels") }
  if parts[0].dims.count == 4 {
    var (values, shape): ([Int], Shape?) = ([], nil)
    for part in parts {
      let (value, partShape) = try builder.image(part, for: node)
      values.append(value)
      shape = Shape(
        height: partShape.height, width: partShape.width, channels: (shape?.channels ?? 0) + partShape.channels)
    }
    let output = try builder.concatenate(values, for: node)
    return builder.asImage(output)
  }
  guard parts[0].dims.count == 2, parts[0].dims[0] == 1 else {
    throw node.fail("its inputs have dims \(parts[0].dims); [1, count] and [1, channels, height, width] are supported")
  }
  // Each part keeps its own order, behind those before it.
  var (values, positions): ([Int], [Int]) = ([], [])
  for part in parts {
    let start = positions.count
    positions += part.order(builder.shape(part.value)).elements.map { start + $0 }
    values.append(try builder.vector(part, for: node))
  }
  let output = try builder.concatenate(values, for: node)
  let isInOrder = positions.elementsEqual(0..<positions.count)
  return .activation(
    Activation(value: output, dims: [1, positions.count], positions: isInOrder ? nil : positions))
}

extension GraphBuilder {
  /// Joins values along channels, four at a time: as many as an operation takes.
  fileprivate mutating func concatenate(_ values: [Int], for node: ONNXNode) throws(ONNXError) -> Int {
    var joined = values[0]
    var rest = values.dropFirst()
    while !rest.isEmpty {
      let parts = [joined] + rest.prefix(3)
      rest = rest.dropFirst(3)
      var shape = shape(joined)
      shape.channels = parts.reduce(0) { $0 + self.shape($1).channels }
      joined = try add(
        .concatenate, parts, shape: shape, for: node, suffix: rest.isEmpty ? "" : "/\(values.count - rest.count)")
    }
    return joined
  }
}
