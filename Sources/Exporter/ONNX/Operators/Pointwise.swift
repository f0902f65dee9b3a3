import Quantize

/// A function of every element. Behind another such function the two become one; of a constant it is computed now. Dims
/// and order stay.
func importPointwise(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ function: PointwiseFunction
) throws(ONNXError) -> Operand {
  if case .floats(let array) = try node.input(0) {
    return .floats(NDArray(array.dims, function.values(at: array.elements.map(Double.init)).map { Float($0) }))
  }
  var activation = try node.activation(0)
  activation.value = try builder.apply(function, to: activation.value, for: node)
  return .activation(activation)
}

/// What is computed element by element of operands that are all functions of one value, or constants: `x * sigmoid(x)`
/// and its like.
///
/// - Returns: nil if two operands are no functions of one value.
func importJoined(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ operands: [Operand],
  by join: ([PointwiseFunction]) -> PointwiseFunction
) throws(ONNXError) -> Operand? {
  let activations = operands.compactMap { operand -> Activation? in
    if case .activation(let activation) = operand { activation } else { nil }
  }
  guard var joined = activations.first,
    activations.allSatisfy({ $0.dims == joined.dims && $0.positions == joined.positions }),
    operands.allSatisfy({ broadcast(joined.dims, $0.dims) == joined.dims })
  else { return nil }
  let sources = activations.map { builder.sources(of: $0.value) }
  guard
    let source = sources[0].first(where: { candidate in
      sources.allSatisfy { $0.contains { $0.value == candidate.value } }
    })?.value
  else { return nil }
  let (first, dims) = (joined.value, joined.dims)
  var functions: [PointwiseFunction] = []
  for operand in operands {
    switch operand {
    case .activation(let activation):
      // A source of all of them, as was just found.
      functions.append(builder.sources(of: activation.value).first { $0.value == source }!.function)
    case .floats(let array):
      functions.append(try builder.channelConstant(&joined, array.expanded(to: dims), for: node))
    case .integers(let array):
      functions.append(try builder.channelConstant(&joined, array.map { Float($0) }.expanded(to: dims), for: node))
    case .linear, .quantized: return nil
    }
  }
  // A constant for each of a flattened image's elements makes channels of them.
  let value = joined.value == first ? source : try builder.vector(source, for: node)
  joined.value = try builder.apply(join(functions), to: value, for: node)
  return .activation(joined)
}

extension GraphBuilder {
  /// More terms than any activation function has, and few enough that repeated squaring can't fill memory.
  private static let mostTerms = 256

  /// Adds a function of a value's numbers.
  mutating func apply(
    _ function: PointwiseFunction, to value: Int, for node: ONNXNode
  ) throws(ONNXError) -> Int {
    var (function, value) = (function, value)
    if let maker = nodes.last(where: { $0.output == value }), case .pointwise(let inner) = maker.operation {
      (function, value) = (function.of(inner), maker.inputs[0])
    }
    guard function.terms <= Self.mostTerms else {
      throw node.fail(
        "with the functions before it, it is made of \(function.terms) terms; \(Self.mostTerms) are possible")
    }
    return try add(.pointwise(function), [value], shape: shape(value), for: node)
  }

  /// A value, then those before it that it is a function of, element by element, with that function: the nearest first.
  fileprivate func sources(of value: Int) -> [(value: Int, function: PointwiseFunction)] {
    var sources: [(value: Int, function: PointwiseFunction)] = [(value, .argument)]
    while let last = sources.last, let maker = nodes.last(where: { $0.output == last.value }) {
      let function: PointwiseFunction
      switch maker.operation {
      case .pointwise(let made): function = made
      case .clip(let least, let greatest):
        function = .clip(.argument, least: Double(least), greatest: Double(greatest))
      case .batchNormalization(let scale, let shift): function = .channelwise(scale: scale, shift: shift)
      default: return sources
      }
      let joined = last.function.of(function)
      if joined.terms > Self.mostTerms { return sources }
      sources.append((maker.inputs[0], joined))
    }
    return sources
  }
}

// MARK: Operators

/// Sigmoid, Tanh, Exp, Log, Sqrt, Abs, Reciprocal, Erf, Softplus: 6 to the newest.
func importUnary(_ function: PointwiseFunction.Unary) -> Operator {
  Operator([]) { node, builder throws(ONNXError) in
    try importPointwise(node, &builder, .unary(function, .argument))
  }
}

/// LeakyRelu-6 and 16.
func importLeakyRelu(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let alpha = Double(try node.float("alpha", default: 0.01))
  return try importPointwise(node, &builder, .rectified(.argument, slope: .constant(alpha)))
}

/// PRelu-9 and 16: one slope for each channel, or one.
func importPRelu(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  var activation = try node.activation(0)
  let slopes = try node.weights(1)
  guard broadcast(activation.dims, slopes.dims) == activation.dims else {
    throw node.fail("slopes of dims \(slopes.dims) don't fit \(activation.dims)")
  }
  let slope = try builder.channelConstant(&activation, slopes.expanded(to: activation.dims), for: node)
  activation.value = try builder.apply(
    .rectified(.argument, slope: slope), to: activation.value, for: node)
  return .activation(activation)
}

/// Elu-6 to 22, Celu-12 and Selu-6 to 22: `scale * (max(x, 0) + alpha * (exp(min(x, 0) / reach) - 1))`.
func importElu(
  _ node: ONNXNode, _ builder: inout GraphBuilder, alpha: Float, scale: Float, reach: Float
) throws(ONNXError) -> Operand {
  guard reach > 0 else { throw node.reject("alpha", reach, supported: "numbers above 0") }
  let x = PointwiseFunction.argument
  let below = PointwiseFunction.clip(x, least: -.infinity, greatest: 0) / .constant(Double(reach))
  let bent = PointwiseFunction.constant(Double(alpha)) * (.unary(.exponential, below) - .constant(1))
  return try importPointwise(
    node, &builder, .constant(Double(scale)) * (.clip(x, least: 0, greatest: .infinity) + bent))
}

/// HardSigmoid-6 and 22.
func importHardSigmoid(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let (alpha, beta) = (try node.float("alpha", default: 0.2), try node.float("beta", default: 0.5))
  return try importPointwise(node, &builder, .hardSigmoid(alpha: Double(alpha), beta: Double(beta)))
}

/// HardSwish-14 and 22.
func importHardSwish(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  try importPointwise(node, &builder, .argument * .hardSigmoid(alpha: 1 / 6, beta: 0.5))
}

/// Swish-24: `x * sigmoid(alpha * x)`.
func importSwish(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let alpha = Double(try node.float("alpha", default: 1))
  return try importPointwise(node, &builder, .argument * .unary(.sigmoid, .constant(alpha) * .argument))
}

/// Gelu-20: by the error function, or by the hyperbolic tangent.
func importGelu(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let x = PointwiseFunction.argument
  let approximation = try node.string("approximate", default: "none")
  let step: PointwiseFunction
  switch approximation {
  case "none": step = .unary(.errorFunction, x * .constant(0.5.squareRoot()))
  case "tanh":
    let cube = x * x * x
    step = .unary(.tanh, .constant((2 / Double.pi).squareRoot()) * (x + .constant(0.044715) * cube))
  default: throw node.reject("approximate", approximation, supported: "none, tanh")
  }
  return try importPointwise(node, &builder, .constant(0.5) * x * (.constant(1) + step))
}

/// Mish-18 and 22: `x * tanh(softplus(x))`.
func importMish(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  try importPointwise(node, &builder, .argument * .unary(.tanh, .unary(.softplus, .argument)))
}

/// Softsign-1 and 22: `x / (1 + |x|)`.
func importSoftsign(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  try importPointwise(node, &builder, .argument / (.constant(1) + .unary(.magnitude, .argument)))
}

extension PointwiseFunction {
  /// `max(x, 0) + slope * min(x, 0)`.
  fileprivate static func rectified(_ x: Self, slope: Self) -> Self {
    .clip(x, least: 0, greatest: .infinity) + slope * .clip(x, least: -.infinity, greatest: 0)
  }

  /// `max(0, min(1, alpha * x + beta))`.
  fileprivate static func hardSigmoid(alpha: Double, beta: Double) -> Self {
    .clip(.constant(alpha) * .argument + .constant(beta), least: 0, greatest: 1)
  }
}
