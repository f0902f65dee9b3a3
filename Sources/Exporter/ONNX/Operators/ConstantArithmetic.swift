import Quantize

/// The elementwise operators of two operands.
enum Arithmetic {
  case add, subtract, multiply, divide

  var pointwise: PointwiseFunction.Binary {
    switch self {
    case .add: .add
    case .subtract: .subtract
    case .multiply: .multiply
    case .divide: .divide
    }
  }

  func callAsFunction(_ left: Float, _ right: Float) -> Float {
    switch self {
    case .add: left + right
    case .subtract: left - right
    case .multiply: left * right
    case .divide: left / right
    }
  }

  /// Nil for a division by zero or a result beyond 64 bits.
  func callAsFunction(_ left: Int, _ right: Int) -> Int? {
    let (result, overflow) =
      switch self {
      case .add: left.addingReportingOverflow(right)
      case .subtract: left.subtractingReportingOverflow(right)
      case .multiply: left.multipliedReportingOverflow(by: right)
      case .divide: left.dividedReportingOverflow(by: right)
      }
    return overflow ? nil : result
  }
}

/// ReduceSum-11 and 13 of a constant or of a grid in the making.
func importReduceSum(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  var given = try node.integers("axes") ?? []
  if node.optionalInput(1) != nil { given = try node.integers(1).elements }
  if given.isEmpty {
    if try node.flag("noop_with_empty_axes", default: false) { return operand }
    given = Array(operand.dims.indices)
  }
  var axes: Set<Int> = []
  for axis in given { axes.insert(try node.axis(axis, rank: operand.dims.count)) }
  let kept = operand.dims.indices.filter { !axes.contains($0) }.map { operand.dims[$0] }
  let keepsDims = try node.flag("keepdims", default: true)
  guard !operand.dims.contains(0) else { throw node.fail("a sum over dims \(operand.dims)") }
  let result: Operand
  switch operand {
  case .floats(let array): result = .floats(array.summed(over: axes))
  case .linear(let form):
    result = .linear(LinearForm(value: form.value, array: form.array.summed(over: axes)))
  case .integers, .activation, .quantized: throw node.fail("sums of constants and of sampling grids are supported")
  }
  return keepsDims ? result : result.reshaped(kept)
}
