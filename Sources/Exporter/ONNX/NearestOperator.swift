/// What to use in the place of operators that are not supported.
enum NearestOperator {
  /// The nearest thing that works; nil where nothing comes near.
  static func to(_ name: String) -> String? {
    if let known = known[name] { return known }
    let nearest = OperatorTable.operators.keys.min {
      ($0.editDistance(to: name), $0) < ($1.editDistance(to: name), $1)
    }
    return nearest.flatMap { $0.editDistance(to: name) <= 2 ? $0 : nil }
  }

  private static let answers =
    "leave it away, and export from the scores before it: run and compare compute probabilities and the class from them"
  private static let statistics = "BatchNormalization, whose statistics are constants"
  private static let recurrent = "Conv over the steps, where their number is fixed"

  private static let known: [String: String] = [
    "Softmax": answers, "LogSoftmax": answers, "ArgMax": answers, "TopK": answers, "Hardmax": answers,
    "NonMaxSuppression": "leave it to the program that reads the scores",
    "InstanceNormalization": statistics, "LayerNormalization": statistics, "GroupNormalization": statistics,
    "RMSNormalization": statistics, "LRN": statistics, "MeanVarianceNormalization": statistics,
    "LpNormalization": statistics,
    "LSTM": recurrent, "GRU": recurrent, "RNN": recurrent,
    "DepthToSpace": "ConvTranspose, or Resize and Conv", "SpaceToDepth": "Slice with steps of 2, and Concat",
    "Upsample": "Resize of operator set 11 and later", "LpPool": "AveragePool", "GlobalLpPool": "GlobalAveragePool",
    "MaxUnpool": "ConvTranspose, or Resize", "DeformConv": "AffineGrid and GridSample, then Conv",
    "QLinearConv": "Conv between QuantizeLinear and DequantizeLinear",
    "QLinearMatMul": "MatMul between QuantizeLinear and DequantizeLinear",
    "ConvInteger": "Conv between QuantizeLinear and DequantizeLinear",
    "MatMulInteger": "MatMul between QuantizeLinear and DequantizeLinear",
    "Einsum": "Gemm, or MatMul by a constant", "Attention": "GlobalAveragePool, Gemm, Sigmoid and Mul",
    "Tile": "Resize by a whole factor", "ThresholdedRelu": "Where(x > alpha, x, 0)",
    "Shrink": "Where and Sub of constants", "Mean": "Add, then Mul by a constant",
    "ReduceL2": "ReduceMean of a square", "ReduceMin": "ReduceMax of the negative",
  ]
}
