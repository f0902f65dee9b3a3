import Quantize

/// Equal, Greater, GreaterOrEqual, Less and LessOrEqual (7 to 19): 0 or 1, of constants now, of functions of one value as
/// another function of it.
///
/// - Parameters:
///   - comparison: of the first operand and the second, or the other way round where they are `swapped`.
///   - isNegated: whether the comparison must not hold.
func importComparison(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ comparison: PointwiseFunction.Binary, swapped: Bool = false,
  isNegated: Bool = false
) throws(ONNXError) -> Operand {
  let (left, right) = (try node.input(swapped ? 1 : 0), try node.input(swapped ? 0 : 1))
  let holds = isNegated ? 0 : 1
  func compare<Element: Comparable>(
    _ left: NDArray<Element>, _ right: NDArray<Element>
  ) throws(ONNXError) -> Operand {
    guard let dims = broadcast(left.dims, right.dims) else {
      throw node.fail("dims \(left.dims) and \(right.dims) don't fit")
    }
    let pairs = zip(left.expanded(to: dims).elements, right.expanded(to: dims).elements)
    return .integers(NDArray(dims, pairs.map { (comparison == .equal ? $0 == $1 : $0 > $1) ? holds : 1 - holds }))
  }
  switch (left, right) {
  case (.integers(let left), .integers(let right)): return try compare(left, right)
  case (.floats(let left), .floats(let right)): return try compare(left, right)
  default:
    let joined = try importJoined(node, &builder, [left, right]) { functions in
      let found = PointwiseFunction.binary(comparison, functions[0], functions[1])
      return isNegated ? .constant(1) - found : found
    }
    guard let joined else { throw node.fail("it compares values that depend on the image in different ways") }
    return joined
  }
}

/// Where-9 and 16 of constants, or of functions of one value.
func importWhere(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  guard case .integers(let condition) = try node.input(0) else {
    let operands = [try node.input(0), try node.input(1), try node.input(2)]
    guard let joined = try importJoined(node, &builder, operands, by: { .choice($0[0], $0[1], $0[2]) }) else {
      throw node.fail("it chooses between values that depend on the image in different ways")
    }
    return joined
  }
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
