/// Equal and Less (9 to 19) of constants: 0 or 1.
func importComparison(
  _ node: ONNXNode, by integers: (Int, Int) -> Bool, by floats: (Float, Float) -> Bool
) throws(ONNXError) -> Operand {
  func compare<Element>(
    _ left: NDArray<Element>, _ right: NDArray<Element>, _ holds: (Element, Element) -> Bool
  ) throws(ONNXError) -> Operand {
    guard let dims = broadcast(left.dims, right.dims) else {
      throw node.fail("dims \(left.dims) and \(right.dims) don't fit")
    }
    let pairs = zip(left.expanded(to: dims).elements, right.expanded(to: dims).elements)
    return .integers(NDArray(dims, pairs.map { holds($0, $1) ? 1 : 0 }))
  }
  if case .integers(let left) = try node.input(0) { return try compare(left, try node.integers(1), integers) }
  return try compare(try node.floats(0), try node.floats(1), floats)
}

/// Where-9 and 16 of constants.
func importWhere(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let condition = try node.integers(0)
  func choose<Element>(_ yes: NDArray<Element>, _ no: NDArray<Element>) throws(ONNXError) -> NDArray<Element> {
    guard let both = broadcast(yes.dims, no.dims), let dims = broadcast(condition.dims, both) else {
      throw node.fail("dims \(condition.dims), \(yes.dims) and \(no.dims) don't fit")
    }
    let (chosen, other) = (yes.expanded(to: dims).elements, no.expanded(to: dims).elements)
    return NDArray(dims, condition.expanded(to: dims).elements.enumerated().map { $1 != 0 ? chosen[$0] : other[$0] })
  }
  if case .integers(let yes) = try node.input(1) { return .integers(try choose(yes, try node.integers(2))) }
  return .floats(try choose(try node.floats(1), try node.floats(2)))
}

/// Pad-11 to 25 of constant floats with a constant. A convolution's or pool's padding is an attribute of its own.
func importPad(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  let mode = try node.string("mode", default: "constant")
  let pads = try node.integers(1).elements
  let rank = operand.dims.count
  guard node.optionalInput(3) == nil, pads.count == 2 * rank, pads.allSatisfy({ (0...elementLimit).contains($0) })
  else {
    throw node.fail("its pads are \(pads); two for each of \(rank) axes, not negative, are supported")
  }
  // Nothing to add, as exporters write it before pools.
  if pads.allSatisfy({ $0 == 0 }) { return operand }
  guard mode == "constant" else { throw node.reject("mode", mode, supported: "constant") }
  let (before, after) = (Array(pads[..<rank]), Array(pads[rank...]))
  guard elementCount(operand.dims.indices.map { before[$0] + operand.dims[$0] + after[$0] }) != nil else {
    throw node.fail("the result is too large")
  }
  let value = node.optionalInput(2) == nil ? 0 : try node.floats(2).elements.first ?? 0
  return .floats(try node.floats(0).padded(before: before, after: after, with: value))
}
