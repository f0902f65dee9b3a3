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
    "Conv": Operator(WindowGeometry.attributes.union(["group"]), importConvolution),
    "BatchNormalization": Operator(["epsilon", "momentum", "training_mode"], importBatchNormalization),
    "Relu": Operator { node, builder throws(ONNXError) in
      try importClip(node, &builder, least: 0, greatest: .infinity)
    },
    "Clip": Operator([], importClip),
    "MaxPool": Operator(WindowGeometry.attributes.union(["ceil_mode", "storage_order"]), importMaxPool),
    "AveragePool": Operator(WindowGeometry.attributes.union(["ceil_mode", "count_include_pad"]), importAveragePool),
    "GlobalAveragePool": Operator([], importGlobalAveragePool),
    "ReduceMean": Operator(["axes", "keepdims", "noop_with_empty_axes"], importReduceMean),
    "Gemm": Operator(["alpha", "beta", "transA", "transB"], importGemm),
    "MatMul": Operator([], importMatMul),
    "AffineGrid": Operator(["align_corners"], importAffineGrid),
    "GridSample": Operator(["align_corners", "mode", "padding_mode"], importGridSample),

    "QuantizeLinear": Operator(["axis", "saturate", "output_dtype", "precision"], importQuantizeLinear),
    "DequantizeLinear": Operator(["axis", "output_dtype"], importDequantizeLinear),

    "Identity": Operator([], importIdentity),
    "Dropout": Operator(["ratio", "seed"], importDropout),
    "Cast": Operator(["to", "saturate", "round_mode"], importCast),
    "CastLike": Operator(["saturate", "round_mode"], importCastLike),
    "Flatten": Operator(["axis"], importFlatten),
    "Reshape": Operator(["allowzero"], importReshape),
    "Squeeze": Operator(["axes"], importSqueeze),
    "Unsqueeze": Operator(["axes"], importUnsqueeze),
    "Transpose": Operator(["perm"], importTranspose),
    "Concat": Operator(["axis"], importConcat),
    "Slice": Operator([], importSlice),
    "Gather": Operator(["axis"], importGather),
    "Expand": Operator([], importExpand),

    "Constant": Operator(
      ["value", "value_float", "value_floats", "value_int", "value_ints"], importConstant),
    "Shape": Operator(["start", "end"], importShape),
    "Size": Operator([], importSize),
    "ConstantOfShape": Operator(["value"], importConstantOfShape),
    "Range": Operator([], importRange),
    "ReduceSum": Operator(["axes", "keepdims", "noop_with_empty_axes"], importReduceSum),
    "Equal": Operator([]) { node, builder throws(ONNXError) in try importComparison(node, by: ==, by: ==) },
    "Less": Operator([]) { node, builder throws(ONNXError) in try importComparison(node, by: <, by: <) },
    "Where": Operator([], importWhere),
    "Pad": Operator(["mode"], importPad),
    "Add": arithmetic(.add),
    "Sub": arithmetic(.subtract),
    "Mul": arithmetic(.multiply),
    "Div": arithmetic(.divide),
    "Neg": Operator([], importNegation),
  ]

  private static func arithmetic(_ operation: Arithmetic) -> Operator {
    Operator([]) { node, builder throws(ONNXError) in try importArithmetic(operation, node, &builder) }
  }
}
