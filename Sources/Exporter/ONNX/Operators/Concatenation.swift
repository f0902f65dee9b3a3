import Quantize

/// Concat-11 and 13: images along their channels, lists of vectors along either axis, flattened images and vectors end to end, or constants.
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
  if parts[0].dims.count == 3, parts[0].dims[0] == 1, axis > 0 {
    return try joinLists(parts, axis: axis, node, &builder)
  }
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
    throw node.fail(
      "its inputs have dims \(parts[0].dims); [1, count], [1, count, count] and [1, channels, height, width] are supported"
    )
  }
  return try joinEndToEnd(parts, axis: axis, node, &builder)
}

/// Parts as vectors one after the other. Each keeps its own order, behind those before it.
private func joinEndToEnd(
  _ parts: [Activation], axis: Int, _ node: ONNXNode, _ builder: inout GraphBuilder
) throws(ONNXError) -> Operand {
  var (values, orders, start): ([Int], [NDArray<Int>], Int) = ([], [], 0)
  for part in parts {
    let order = part.order(builder.shape(part.value))
    orders.append(order.map { [start] in start + $0 })
    start += order.count
    values.append(try builder.vector(part, for: node))
  }
  let output = try builder.concatenate(values, for: node)
  let order = NDArray.concatenated(orders, axis: axis)
  return .activation(
    Activation(value: output, dims: order.dims, positions: order.elements).normalized(builder.shape(output)))
}

/// Lists of vectors, [1, count, channels]: what a detector's heads find at several sizes one after the other, or, along the last axis,
/// more channels for each place.
private func joinLists(
  _ parts: [Activation], axis: Int, _ node: ONNXNode, _ builder: inout GraphBuilder
) throws(ONNXError) -> Operand {
  if axis == 1 { return try joinEndToEnd(parts, axis: axis, node, &builder) }
  var values: [Int] = []
  for part in parts {
    let shape = builder.shape(part.value)
    guard part.order(shape).elements.elementsEqual(0..<shape.count) else {
      throw node.fail("dims \(part.dims) in another order than places, channels can't be joined along axis \(axis)")
    }
    let list = Shape(height: 1, width: part.dims[1], channels: part.dims[2])
    values.append(
      shape == list
        ? part.value
        : try builder.add(.flatten, [part.value], shape: list, for: node, suffix: "/list\(values.count)"))
  }
  let output = try builder.concatenate(values, for: node)
  let shape = builder.shape(output)
  return .activation(
    Activation(value: output, dims: [1, shape.width, shape.channels], positions: Array(0..<shape.count)))
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
