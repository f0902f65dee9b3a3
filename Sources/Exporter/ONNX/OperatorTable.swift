/// How an operator's nodes become operations of the float graph, or constants.
struct Operator: Sendable {
  typealias Import = @Sendable (ONNXNode, inout GraphBuilder) throws(ONNXError) -> Operand

  /// The attributes that the importer looks at, and those that can't change a result.
  var attributes: Set<String>
  var importNode: Import

  init(_ attributes: Set<String> = [], _ importNode: @escaping Import) {
    self.attributes = attributes
    self.importNode = importNode
  }
}

/// The operators of ONNX that the importer knows, by their type.
enum OperatorTable {
  static let operators: [String: Operator] = [
    "Conv": Operator(WindowGeometry.attributes.union(["group"]), importConvolution).alsoOfSequences,
    "ConvTranspose": Operator(
      WindowGeometry.attributes.union(["group", "output_padding", "output_shape"]), importTransposedConvolution
    ).alsoOfSequences,
    "BatchNormalization": Operator(["epsilon", "momentum", "training_mode"], importBatchNormalization).alsoOfSequences,
    "Relu": Operator { node, builder throws(ONNXError) in
      try importClip(node, &builder, least: 0, greatest: .infinity)
    },
    "Clip": Operator([], importClip),
    "Sigmoid": importUnary(.sigmoid),
    "Tanh": importUnary(.tanh),
    "Softplus": importUnary(.softplus),
    "Erf": importUnary(.errorFunction),
    "Exp": importUnary(.exponential),
    "Log": importUnary(.logarithm),
    "Sqrt": importUnary(.squareRoot),
    "Reciprocal": importUnary(.reciprocal),
    "Abs": importUnary(.magnitude),
    "LeakyRelu": Operator(["alpha"], importLeakyRelu),
    "PRelu": Operator([], importPRelu).alsoOfSequences,
    "Elu": Operator(["alpha"]) { node, builder throws(ONNXError) in
      try importElu(node, &builder, alpha: try node.float("alpha", default: 1), scale: 1, reach: 1)
    },
    "Celu": Operator(["alpha"]) { node, builder throws(ONNXError) in
      let alpha = try node.float("alpha", default: 1)
      return try importElu(node, &builder, alpha: alpha, scale: 1, reach: alpha)
    },
    "Selu": Operator(["alpha", "gamma"]) { node, builder throws(ONNXError) in
      try importElu(
        node, &builder, alpha: try node.float("alpha", default: 1.673_263_2),
        scale: try node.float("gamma", default: 1.050_701), reach: 1)
    },
    "HardSigmoid": Operator(["alpha", "beta"], importHardSigmoid),
    "HardSwish": Operator([], importHardSwish),
    "Swish": Operator(["alpha"], importSwish),
    "Gelu": Operator(["approximate"], importGelu),
    "Mish": Operator([], importMish),
    "Softsign": Operator([], importSoftsign),
    "Pow": Operator([], importPower),
    "Max": Operator([]) { node, builder throws(ONNXError) in try importExtreme(node, &builder, isMaximum: true) }
      .alsoOfSequences,
    "Min": Operator([]) { node, builder throws(ONNXError) in try importExtreme(node, &builder, isMaximum: false) }
      .alsoOfSequences,
    "MaxPool": Operator(WindowGeometry.attributes.union(["ceil_mode", "storage_order"]), importMaxPool).alsoOfSequences,
    "AveragePool": Operator(WindowGeometry.attributes.union(["ceil_mode", "count_include_pad"]), importAveragePool)
      .alsoOfSequences,
    "GlobalAveragePool": Operator([], importGlobalAveragePool).alsoOfSequences,
    "GlobalMaxPool": Operator([], importGlobalMaxPool).alsoOfSequences,
    "ReduceMean": Operator(["axes", "keepdims", "noop_with_empty_axes"]) { node, builder throws(ONNXError) in
      try importReduction(node, &builder) { .averagePool($0) }
    }.alsoOfSequences,
    "ReduceMax": Operator(["axes", "keepdims", "noop_with_empty_axes"]) { node, builder throws(ONNXError) in
      try importReduction(node, &builder) { .maxPool($0) }
    }.alsoOfSequences,
    "Softmax": Operator(["axis"], importSoftmax),
    "Gemm": Operator(["alpha", "beta", "transA", "transB"], importGemm),
    "MatMul": Operator([], importMatMul),
    "AffineGrid": Operator(["align_corners"], importAffineGrid),
    "GridSample": Operator(["align_corners", "mode", "padding_mode"], importGridSample),

    "QuantizeLinear": Operator(
      ["axis", "block_size", "saturate", "output_dtype", "precision"], importQuantizeLinear),
    "DequantizeLinear": Operator(["axis", "block_size", "output_dtype"], importDequantizeLinear),

    "Identity": Operator([], importIdentity),
    "Dropout": Operator(["ratio", "seed"], importDropout),
    "Cast": Operator(["to", "saturate", "round_mode"], importCast),
    "CastLike": Operator(["saturate", "round_mode"], importCastLike),
    "Flatten": Operator(["axis"], importFlatten),
    "Reshape": Operator(["allowzero"], importReshape),
    "Squeeze": Operator(["axes"], importSqueeze),
    "Unsqueeze": Operator(["axes"], importUnsqueeze),
    "Transpose": Operator(["perm"], importTranspose),
    "Concat": Operator(["axis"], importConcat).alsoOfSequences,
    "Slice": Operator([], importSlice),
    "Split": Operator(["axis", "num_outputs", "split"], importSplit),
    "Gather": Operator(["axis"], importGather),
    "Expand": Operator([], importExpand),

    "Constant": Operator(
      ["value", "value_float", "value_floats", "value_int", "value_ints"], importConstant),
    "Shape": Operator(["start", "end"], importShape),
    "Size": Operator([], importSize),
    "ConstantOfShape": Operator(["value"], importConstantOfShape),
    "Range": Operator([], importRange),
    "ReduceSum": Operator(["axes", "keepdims", "noop_with_empty_axes"], importReduceSum),
    "Equal": Operator([]) { node, builder throws(ONNXError) in try importComparison(node, &builder, .equal) },
    "Greater": Operator([]) { node, builder throws(ONNXError) in try importComparison(node, &builder, .greater) },
    "GreaterOrEqual": Operator([]) { node, builder throws(ONNXError) in
      try importComparison(node, &builder, .greater, swapped: true, isNegated: true)
    },
    "Less": Operator([]) { node, builder throws(ONNXError) in
      try importComparison(node, &builder, .greater, swapped: true)
    },
    "LessOrEqual": Operator([]) { node, builder throws(ONNXError) in
      try importComparison(node, &builder, .greater, isNegated: true)
    },
    "Where": Operator([], importWhere),
    "Pad": Operator(["mode"], importPad),
    "Resize": Operator(
      [
        "antialias", "axes", "coordinate_transformation_mode", "cubic_coeff_a", "exclude_outside",
        "extrapolation_value",
        "keep_aspect_ratio_policy", "mode", "nearest_mode",
      ], importResize),
    "Add": arithmetic(.add),
    "Sum": Operator([], importVariadicSum),
    "Sub": arithmetic(.subtract),
    "Mul": arithmetic(.multiply),
    "Div": arithmetic(.divide),
    "Neg": Operator([], importNegation),
  ]

  private static func arithmetic(_ operation: Arithmetic) -> Operator {
    Operator([]) { node, builder throws(ONNXError) in try importArithmetic(operation, node, &builder) }.alsoOfSequences
  }
}
