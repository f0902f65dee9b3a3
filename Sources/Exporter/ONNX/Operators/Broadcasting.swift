import EdgeRuntime
import Quantize

extension GraphBuilder {
  /// An image repeated along each axis where it has an extent of 1 and the target another one: rows and columns by a rearrangement,
  /// a channel by a convolution with ones, both of which change no value.
  ///
  /// - Requires: that its other extents are the target's.
  mutating func spread(_ value: Int, to target: Shape, for node: ONNXNode) throws(ONNXError) -> Int {
    var (value, shape) = (value, shape(value))
    if shape.channels < target.channels {
      shape.channels = target.channels
      let ones = [Float](repeating: 1, count: target.channels)
      value = try add(
        .convolution(FloatConvolution(weights: ones, bias: ones.map { _ in 0 }, kernel: Extent(1, 1))), [value],
        shape: shape, for: node, suffix: "/channels")
    }
    while shape != target {
      let (rows, columns) = (repeated(shape.height, target.height), repeated(shape.width, target.width))
      (shape.height, shape.width) = (rows.count, columns.count)
      value = try add(
        .rearrange(FloatRearrangement(rows: rows.axis, columns: columns.axis, repeats: true)), [value], shape: shape,
        for: node, suffix: "/spread")
    }
    return value
  }

  /// Two values of any dims, up to three beside leading 1s, as images in ONNX's own order of axes; nil where they don't fit or have more.
  mutating func listsOfOneSize(
    _ first: Activation, _ second: Activation, for node: ONNXNode
  ) throws(ONNXError) -> (first: Int, second: Int, shape: Shape, dims: [Int])? {
    guard let dims = broadcast(first.dims, second.dims), dims.drop(while: { $0 == 1 }).count <= 3,
      dims.allSatisfy({ $0 <= Self.extentLimit })
    else { return nil }
    func shape(_ dims: [Int]) -> Shape {
      let last = (Array(repeating: 1, count: 3) + dims).suffix(3).map { $0 }
      return Shape(height: last[0], width: last[1], channels: last[2])
    }
    let (left, right) = (try inOrder(first, for: node), try inOrder(second, for: node))
    let own = try view(left, as: shape(first.dims), for: node, suffix: "/first")
    let other = try view(right, as: shape(second.dims), for: node, suffix: "/second")
    return (own, other, shape(dims), dims)
  }

  /// The axis that makes `count` of equal places more, up to as many as are wanted.
  private func repeated(_ count: Int, _ wanted: Int) -> (axis: RearrangeParameters.Axis, count: Int) {
    let reached = min(wanted, count * 255)
    return (RearrangeParameters.Axis(divisor: (reached + count - 1) / count), reached)
  }
}

extension Shape {
  /// The extents that two images have together, where each is the same or 1 in one of them; nil where they don't fit.
  func joined(with other: Shape) -> Shape? {
    func joined(_ a: Int, _ b: Int) -> Int? { a == b || b == 1 ? a : a == 1 ? b : nil }
    guard let height = joined(height, other.height), let width = joined(width, other.width),
      let channels = joined(channels, other.channels)
    else { return nil }
    return Shape(height: height, width: width, channels: channels)
  }
}
