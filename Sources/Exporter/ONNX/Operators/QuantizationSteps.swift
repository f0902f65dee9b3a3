import EdgeRuntime
import Quantize

/// Scales and zero points of a QuantizeLinear or DequantizeLinear, `number = (raw - zero) * scale`: one pair, or one for each index
/// along an axis.
struct QuantizationSteps: Equatable {
  /// The axis that they run along; nil where there is one for all.
  var axis: Int?
  var scales: [Float]
  var zeros: [Int]

  /// - Parameter dims: of the tensor that is scaled.
  /// - Throws: `ONNXError.invalidNode` for scales that are no positive numbers of a sensible size, or don't fit the dims.
  init(_ node: ONNXNode, dims: [Int]) throws(ONNXError) {
    let scale = try node.weights(1)
    scales = scale.elements
    for number in scales {
      guard number >= 0x1p-64, number <= 0x1p64 else { throw node.fail("its scale \(number) is not in 2^-64...2^64") }
    }
    zeros = Array(repeating: 0, count: scales.count)
    if node.optionalInput(2) != nil {
      let zero = try node.integers(2)
      guard zero.count == scales.count, zero.elements.allSatisfy({ -65_535...65_535 ~= $0 }) else {
        throw node.fail(
          "its zero point \"\(node.inputNames[2])\" has dims \(zero.dims) for scales of dims \(scale.dims)")
      }
      zeros = zero.elements
    }
    if scale.dims.isEmpty || scale.dims == [1] { return }
    let axis = try node.axis(try node.integer("axis", default: 1), rank: dims.count)
    guard scale.dims == [dims[axis]] else {
      throw node.fail("scales of dims \(scale.dims) don't fit axis \(axis) of dims \(dims)")
    }
    self.axis = axis
  }

  /// Fraction bits for each scale, where all are powers of two and all zero points 0, as the runtime has them; nil for others.
  var fractions: [Int]? {
    // A normal power of two: its significand is 1.
    guard scales.allSatisfy({ $0.significand == 1 }), zeros.allSatisfy({ $0 == 0 }) else { return nil }
    return scales.map { -Int($0.exponent) }
  }

  /// Which scale is that of an element in row-major order.
  func index(of element: Int, dims: [Int]) -> Int {
    guard let axis else { return 0 }
    return element / dims[(axis + 1)...].reduce(1, *) % dims[axis]
  }

  /// The number that a raw value stands for.
  func number(_ raw: Int, _ index: Int) -> Float {
    Float(Double(raw - zeros[index]) * Double(scales[index]))
  }

  /// The nearest raw value, halves to even, saturated.
  func raw(_ number: Float, _ index: Int, _ type: FixedFormat) -> Int {
    let steps = (Double(number) / Double(scales[index])).rounded(.toNearestOrEven) + Double(zeros[index])
    return Int(min(max(steps, Double(type.minimumRaw)), Double(type.maximumRaw)))
  }
}
