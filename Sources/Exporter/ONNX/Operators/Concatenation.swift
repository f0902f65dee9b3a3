import Quantize

/// Concat-11 and 13: images along their channels, rows or columns, flattened images and vectors end to end, whatever else along any axis, or
/// constants.
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
  let isOfImage = node.inputs.contains { if case .activation? = $0 { true } else { false } }
  if isOfImage { return try importConcat(node, &builder, axis: axis) }
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
  var (parts, source): ([Activation], Int?) = ([], nil)
  for case .activation(let activation)? in node.inputs where source == nil { source = activation.value }
  for index in node.inputs.indices {
    if case .floats = try node.input(index), let source {
      parts.append(
        try builder.constant(try node.weights(index), beside: source, for: node, suffix: "/constant\(index)"))
    } else {
      parts.append(try node.activation(index))
    }
  }
  if parts.allSatisfy({ $0.isImage(builder.shape($0.value)) }) {
    return try joinImages(parts, axis: axis, node, &builder)
  }
  let outer = parts[0].dims[..<axis].reduce(1, *)
  if outer == 1 { return try joinEndToEnd(parts, axis: axis, node, &builder) }
  var (values, dims) = ([Int](), parts[0].dims)
  for part in parts { values.append(try builder.inOrder(part, for: node)) }
  dims[axis] = parts.reduce(0) { $0 + $1.dims[axis] }
  let output = try builder.join(values, outer: outer, for: node)
  let shape = builder.shape(output)
  return .activation(Activation(value: output, dims: dims, positions: Array(0..<shape.count)).normalized(shape))
}

/// Images side by side along an axis of [1, channels, height, width].
private func joinImages(
  _ parts: [Activation], axis: Int, _ node: ONNXNode, _ builder: inout GraphBuilder
) throws(ONNXError) -> Operand {
  let values = parts.map(\.value)
  if axis == 1 {
    let output = try builder.concatenate(values, for: node)
    return builder.asImage(output)
  }
  var shape = builder.shape(values[0])
  // In memory, rows, columns, channels, what an image has of an axis and of those behind it lies together.
  let outer = axis == 2 ? 1 : shape.height
  let joined = try builder.join(values, outer: outer, for: node)
  let total = parts.reduce(0) { $0 + $1.dims[axis] }
  if axis == 2 { shape.height = total } else { shape.width = total }
  let output = try builder.view(joined, as: shape, for: node, suffix: "/image")
  return builder.asImage(output)
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

extension GraphBuilder {
  /// Joins values along channels, four at a time: as many as an operation takes.
  mutating func concatenate(_ values: [Int], for node: ONNXNode) throws(ONNXError) -> Int {
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
