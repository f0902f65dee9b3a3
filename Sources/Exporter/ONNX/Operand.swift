import EdgeRuntime
import Quantize

/// What a name in the ONNX graph stands for while the importer walks it.
enum Operand {
  /// Known now: a weight, or arithmetic on weights.
  case floats(NDArray<Float>)
  /// Known now: shapes, indices, axes; truth values are 0 and 1.
  case integers(NDArray<Int>)
  /// Known when an image arrives: a value of the float graph, seen through ONNX's dims.
  case activation(Activation)
  /// Products of constants with six values: a sampling grid, or a step on the way to one.
  case linear(LinearForm)
  /// What a QuantizeLinear made of an activation: for a DequantizeLinear, or a view on the way to one.
  case quantized(Activation, FixedFormat)

  var dims: [Int] {
    switch self {
    case .floats(let array): array.dims
    case .integers(let array): array.dims
    case .activation(let activation), .quantized(let activation, _): activation.dims
    case .linear(let form): form.array.dims
    }
  }

  /// Same elements in the same order, other dims.
  func reshaped(_ dims: [Int]) -> Operand {
    switch self {
    case .floats(let array): .floats(array.reshaped(dims))
    case .integers(let array): .integers(array.reshaped(dims))
    case .activation(let activation):
      .activation(Activation(value: activation.value, dims: dims, positions: activation.positions))
    case .linear(let form): .linear(LinearForm(value: form.value, array: form.array.reshaped(dims)))
    case .quantized(let activation, let format):
      .quantized(Activation(value: activation.value, dims: dims, positions: activation.positions), format)
    }
  }
}

/// A value of the float graph as ONNX sees it: batch and channels first, or reshaped and transposed from that.
struct Activation {
  /// Index into the float graph's values.
  var value: Int
  var dims: [Int]
  /// For each of ONNX's elements in row-major order its index in the value's HWC order. Nil, the usual case: ONNX's
  /// elements run through channels, rows, columns of the value's shape.
  var positions: [Int]?

  /// An image as [1, height, width, channels].
  init(channelsLast value: Int, _ shape: Shape) {
    self.init(
      value: value, dims: [1, shape.height, shape.width, shape.channels], positions: Array(0..<shape.count))
  }

  /// A value of a shape whose elements lie in memory in ONNX's order.
  init(inOrder value: Int, dims: [Int], _ shape: Shape) {
    self = Activation(value: value, dims: dims, positions: Array(0..<shape.count)).normalized(shape)
  }

  init(value: Int, dims: [Int], positions: [Int]?) {
    self.value = value
    self.dims = dims
    self.positions = positions
  }

  /// Whether it is [1, channels, height, width] of the value, as the value has it.
  func isImage(_ shape: Shape) -> Bool {
    positions == nil && dims == [1, shape.channels, shape.height, shape.width]
  }

  /// The positions written out.
  func order(_ shape: Shape) -> NDArray<Int> {
    if let positions { return NDArray(dims, positions) }
    let channelsLast = NDArray([shape.height, shape.width, shape.channels], Array(0..<shape.count))
    return channelsLast.transposed([2, 0, 1]).reshaped(dims)
  }

  /// Axis k of the result is axis `permutation[k]` of this.
  func transposed(_ permutation: [Int], _ shape: Shape) -> Activation {
    let order = order(shape).transposed(permutation)
    // There and back again, as between layers of channels-last networks, is the usual order.
    return Activation(value: value, dims: order.dims, positions: order.elements).normalized(shape)
  }

  /// Without positions where they are the usual ones.
  func normalized(_ shape: Shape) -> Activation {
    let usual = Activation(value: value, dims: dims, positions: nil)
    return usual.order(shape).elements == positions ? usual : self
  }
}

/// An array whose elements are sums of a vector's values, each times a constant.
///
/// Six values are what an affine sampling grid depends on, so the importer follows any arithmetic from theta to the grid,
/// however an exporter spells it, and compares the result with what an affine grid is.
struct LinearForm {
  /// The most values that a form can depend on.
  static let valueLimit = 8

  /// Index of the vector in the float graph's values.
  var value: Int
  var array: NDArray<LinearTerm>
}

/// A sum of a vector's values, each times a factor.
struct LinearTerm: AdditiveArithmetic, Sendable {
  var factors: SIMD8<Float>

  static let zero = LinearTerm(factors: .zero)
  static func + (left: LinearTerm, right: LinearTerm) -> LinearTerm {
    LinearTerm(factors: left.factors + right.factors)
  }
  static func - (left: LinearTerm, right: LinearTerm) -> LinearTerm {
    LinearTerm(factors: left.factors - right.factors)
  }
  static func * (left: Float, right: LinearTerm) -> LinearTerm { LinearTerm(factors: left * right.factors) }
}

extension LinearForm {
  /// Each element is one of the vector's values.
  init(_ activation: Activation, _ shape: Shape) {
    value = activation.value
    array = activation.order(shape).map { position in
      var term = LinearTerm.zero
      term.factors[position] = 1
      return term
    }
  }
}
