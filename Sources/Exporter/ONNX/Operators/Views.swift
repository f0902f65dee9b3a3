import Quantize

/// Identity-1 to 25.
func importIdentity(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  builder.grids[node.output] = builder.grids[node.inputNames[0]]
  builder.types[node.output] = builder.types[node.inputNames[0]]
  return operand
}

/// Dropout-10 to 22: nothing in inference, nor where it drops none.
func importDropout(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  var dropsNone = false
  if case .floats(let ratio) = node.optionalInput(1) { dropsNone = ratio.elements == [0] }
  if case .integers(let training) = node.optionalInput(2), training.elements != [0], !dropsNone {
    throw node.fail("its training_mode is set")
  }
  return try node.input(0)
}

/// Flatten-11 to 25.
func importFlatten(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  let given = try node.integer("axis", default: 1)
  // The rank itself is allowed: everything before it.
  let axis = given == operand.dims.count ? given : try node.axis(given, rank: operand.dims.count)
  return operand.reshaped([operand.dims[..<axis].reduce(1, *), operand.dims[axis...].reduce(1, *)])
}

/// Reshape-5 to 25 with a constant shape.
func importReshape(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  let keepsZeros = try node.flag("allowzero", default: false)
  let wanted = try node.integers(1).elements
  func fail() -> ONNXError { node.fail("dims \(operand.dims) can't be reshaped to \(wanted)") }
  var dims: [Int] = []
  for (axis, extent) in wanted.enumerated() {
    if extent == 0 && !keepsZeros {
      guard axis < operand.dims.count else { throw fail() }
      dims.append(operand.dims[axis])
    } else {
      dims.append(extent)
    }
  }
  let count = operand.dims.reduce(1, *)
  if let unknown = dims.firstIndex(of: -1) {
    dims[unknown] = 1
    guard let known = elementCount(dims), known > 0 else { throw fail() }
    dims[unknown] = count / known
  }
  guard elementCount(dims) == count else { throw fail() }
  return operand.reshaped(dims)
}

/// Axes given as an attribute (before opset 13) or as the second input.
private func axes(_ node: ONNXNode) throws(ONNXError) -> [Int]? {
  if let axes = try node.integers("axes") { return axes }
  return node.optionalInput(1) == nil ? nil : try node.integers(1).elements
}

/// Squeeze-11 to 25.
func importSqueeze(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  var removed = Set(operand.dims.indices.filter { operand.dims[$0] == 1 })
  if let given = try axes(node) {
    removed = []
    for axis in given { removed.insert(try node.axis(axis, rank: operand.dims.count)) }
  }
  guard removed.allSatisfy({ operand.dims[$0] == 1 }) else {
    throw node.fail("axes \(removed.sorted()) of dims \(operand.dims) are not all 1")
  }
  return operand.reshaped(operand.dims.indices.filter { !removed.contains($0) }.map { operand.dims[$0] })
}

/// Unsqueeze-11 to 25.
func importUnsqueeze(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  guard let given = try axes(node) else { throw node.fail("it has no axes") }
  let rank = operand.dims.count + given.count
  var added: Set<Int> = []
  for axis in given { added.insert(try node.axis(axis, rank: rank)) }
  guard added.count == given.count else { throw node.fail("axes \(given) name one axis twice") }
  var remaining = operand.dims[...]
  return operand.reshaped((0..<rank).map { added.contains($0) ? 1 : remaining.removeFirst() })
}

/// Transpose-1 to 25.
func importTranspose(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  let permutation = try node.integers("perm") ?? Array(operand.dims.indices.reversed())
  guard permutation.sorted() == Array(operand.dims.indices) else {
    throw node.reject("perm", permutation, supported: "a permutation of \(operand.dims.count) axes")
  }
  if var grid = builder.grids[node.inputNames[0]] {
    grid.axis = grid.axis.flatMap { permutation.firstIndex(of: $0) }
    builder.grids[node.output] = grid
  }
  switch operand {
  case .floats(let array): return .floats(array.transposed(permutation))
  case .integers(let array): return .integers(array.transposed(permutation))
  case .linear(let form):
    return .linear(LinearForm(value: form.value, array: form.array.transposed(permutation)))
  case .activation(let activation):
    return .activation(activation.transposed(permutation, builder.shape(activation.value)))
  case .quantized(let activation, let format):
    return .quantized(activation.transposed(permutation, builder.shape(activation.value)), format)
  }
}
