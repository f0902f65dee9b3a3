import Quantize

extension Importer {
  /// `alpha * x * B + beta * C` for a vector x and constant B, C.
  mutating func gemm(_ c: Context) throws(ONNXError) -> ImportedValue {
    let attributes = c.attributes
    try attributes.require("transA", 0, default: 0)
    let (vector, order) = try vector(c, 0)
    let matrix = try matrix(c, 1, isTransposed: attributes.integer("transB", default: 0) == 1, inputs: order.count)
    let (alpha, beta) = (attributes.float("alpha", default: 1), attributes.float("beta", default: 1))
    var bias = [Float](repeating: 0, count: matrix.outputs)
    if c.optional(2) != nil {
      let found = try c.floats(2)
      guard found.count == matrix.outputs || found.count == 1 else {
        throw attributes.operands("\(found.count) biases for \(matrix.outputs) outputs")
      }
      bias = (0..<matrix.outputs).map { beta * found[found.count == 1 ? 0 : $0] }
    }
    return fullyConnected(vector, order, matrix, scale: alpha, bias: bias, attributes)
  }

  /// A vector times a constant matrix.
  mutating func matrixProduct(_ c: Context) throws(ONNXError) -> ImportedValue {
    if case .constant(let base) = try c.input(0), case .transposedTheta(let theta) = try c.input(1) {
      return .flatGrid(theta: theta, base: base)
    }
    let (vector, order) = try vector(c, 0)
    let matrix = try matrix(c, 1, isTransposed: false, inputs: order.count)
    return fullyConnected(
      vector, order, matrix, scale: 1, bias: [Float](repeating: 0, count: matrix.outputs), c.attributes)
  }

  /// Outputs x inputs, in ONNX's order of inputs.
  private struct Matrix {
    var weights: [Float]
    var outputs: Int
  }

  func vector(_ c: Context, _ index: Int) throws(ONNXError) -> (Int, order: [Int]) {
    guard case .vector(let value, let order) = try c.input(index) else {
      throw c.attributes.operands("input \(index) must be a vector [1, N], not \(try c.input(index).name)")
    }
    return (value, order)
  }

  private func matrix(
    _ c: Context, _ index: Int, isTransposed: Bool, inputs: Int
  ) throws(ONNXError) -> Matrix {
    let tensor = try c.constant(index)
    let values = try c.floats(index)
    guard tensor.dimensions.count == 2, tensor.dimensions[isTransposed ? 1 : 0] == inputs,
      tensor.dimensions[isTransposed ? 0 : 1] >= 1
    else {
      throw c.attributes.operands("weights of shape \(tensor.dimensions) don't fit \(inputs) inputs")
    }
    if isTransposed { return Matrix(weights: values, outputs: tensor.dimensions[0]) }
    let outputs = tensor.dimensions[1]
    var weights = [Float](repeating: 0, count: values.count)
    for i in 0..<inputs { for o in 0..<outputs { weights[o * inputs + i] = values[i * outputs + o] } }
    return Matrix(weights: weights, outputs: outputs)
  }

  private mutating func fullyConnected(
    _ vector: Int, _ order: [Int], _ matrix: Matrix, scale: Float, bias: [Float], _ attributes: NodeAttributes
  ) -> ImportedValue {
    var weights = matrix.weights
    for output in 0..<matrix.outputs {
      let row = output * order.count
      for (index, place) in order.enumerated() { weights[row + place] = scale * matrix.weights[row + index] }
    }
    let value = append(
      .fullyConnected(weights: weights, bias: bias), [vector], .vector(matrix.outputs), named: attributes)
    return .vector(value, order: Array(0..<matrix.outputs))
  }

  mutating func relu(_ c: Context) throws(ONNXError) -> ImportedValue {
    try clipped(c.input(0), 0, .infinity, c.attributes)
  }

  mutating func clip(_ c: Context) throws(ONNXError) -> ImportedValue {
    func bound(_ index: Int, _ fallback: Float) throws(ONNXError) -> Float {
      guard c.optional(index) != nil else { return fallback }
      guard let value = try c.floats(index).first else { throw c.attributes.operands("a bound is empty") }
      return value
    }
    let (least, greatest) = (try bound(1, -.infinity), try bound(2, .infinity))
    guard least <= greatest else { throw c.attributes.operands("its bounds \(least)...\(greatest) are crossed") }
    return try clipped(c.input(0), least, greatest, c.attributes)
  }

  private mutating func clipped(
    _ value: ImportedValue, _ least: Float, _ greatest: Float, _ attributes: NodeAttributes
  ) throws(ONNXError) -> ImportedValue {
    let operation = FloatOperation.clip(least: least, greatest: greatest)
    switch value {
    case .image(let image): return .image(append(operation, [image], shape(image), named: attributes))
    case .vector(let vector, let order):
      return .vector(append(operation, [vector], shape(vector), named: attributes), order: order)
    default: throw attributes.operands("it needs an image or a vector, not \(value.name)")
    }
  }

  /// Add, Sub or Mul of an image or vector and a constant, one number or one for each channel; Mul also as the step of a
  /// decomposed affine grid.
  mutating func arithmetic(_ c: Context) throws(ONNXError) -> ImportedValue {
    let (left, right) = (try c.input(0), try c.input(1))
    if c.attributes.operatorName == "Mul" {
      switch (left, right) {
      case (.constant(let base), .transposedTheta(let theta)), (.transposedTheta(let theta), .constant(let base)):
        return .gridProduct(theta: theta, base: base)
      default: break
      }
    }
    let (value, constant, isSwapped): (ImportedValue, ConstantTensor, Bool)
    switch (left, right) {
    case (.constant(let tensor), _): (value, constant, isSwapped) = (right, tensor, true)
    case (_, .constant(let tensor)): (value, constant, isSwapped) = (left, tensor, false)
    default: throw c.attributes.operands("one operand must be a constant")
    }
    let channels: Int
    switch value {
    case .image(let image):
      channels = shape(image).channels
      // [C, 1, 1] or [1, C, 1, 1]: along channels.
      let along = constant.dimensions.suffix(3).first ?? 1
      guard constant.count == 1 || (constant.count == channels && along == channels) else {
        throw c.attributes.operands("a constant of shape \(constant.dimensions) is not one number for each channel")
      }
    case .vector(_, let order): channels = order.count
    default: throw c.attributes.operands("it needs an image or a vector, not \(value.name)")
    }
    guard let numbers = constant.floats, numbers.count == 1 || numbers.count == channels else {
      throw c.attributes.operands("a constant of shape \(constant.dimensions) is not one number for each channel")
    }
    let all = (0..<channels).map { numbers[numbers.count == 1 ? 0 : $0] }
    let (ones, zeros) = ([Float](repeating: 1, count: channels), [Float](repeating: 0, count: channels))
    switch c.attributes.operatorName {
    case "Mul": return try scaled(value, by: all, shift: zeros, c.attributes)
    case "Add": return try scaled(value, by: ones, shift: all, c.attributes)
    default:
      return isSwapped
        ? try scaled(value, by: ones.map { -$0 }, shift: all, c.attributes)
        : try scaled(value, by: ones, shift: all.map { -$0 }, c.attributes)
    }
  }
}
