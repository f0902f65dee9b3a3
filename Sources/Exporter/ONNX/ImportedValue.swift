import Quantize

/// What a name of the ONNX graph stands for while it is imported.
enum ImportedValue {
  case constant(ConstantTensor)
  /// [1, C, H, W] in ONNX; a value of the float graph.
  case image(Int)
  /// [1, N] in ONNX. `order[k]` is the place in the float graph's value (HWC order) of ONNX's element k (CHW order).
  case vector(Int, order: [Int])
  /// Six values as [1, 2, 3].
  case theta(Int)
  /// The same as [1, 3, 2] or [1, 1, 3, 2].
  case transposedTheta(Int)
  /// base [HW, 3, 1] * theta [1, 1, 3, 2] before its sum: the second step of a decomposed affine grid.
  case gridProduct(theta: Int, base: ConstantTensor)
  /// [1, HW, 2]: sampling places without their image shape.
  case flatGrid(theta: Int, base: ConstantTensor)
  /// [1, H, W, 2]: sampling places.
  case grid(theta: Int, height: Int, width: Int, alignCorners: Bool)

  var name: String {
    switch self {
    case .constant: "a constant"
    case .image: "an image"
    case .vector: "a vector"
    case .theta, .transposedTheta: "an affine map"
    case .gridProduct, .flatGrid, .grid: "a sampling grid"
    }
  }
}
