import EdgeRuntime
import Quantize

/// A value whose elements lie in memory in ONNX's order, so that any dims with the same elements are a view of it.
extension GraphBuilder {
  /// The value of an activation with its elements in their order, moved there if they lie in another one.
  ///
  /// - Throws: `ONNXError.invalidNode` where that would take more than `mostParts` slices, or is no exchange of two axes.
  mutating func inOrder(_ activation: Activation, for node: ONNXNode) throws(ONNXError) -> Int {
    let shape = shape(activation.value)
    let order = activation.order(shape).elements
    if order.elementsEqual(0..<order.count) { return activation.value }
    guard let exchange = AxisExchange(order), exchange.parts <= Self.mostParts else {
      throw node.fail(
        "dims \(activation.dims) lie in memory in another order, and bringing them into theirs would take more than "
          + "\(Self.mostParts) slices")
    }
    return try apply(exchange, to: activation.value, for: node)
  }

  /// A value seen with another shape; itself where it has that already.
  mutating func view(
    _ value: Int, as shape: Shape, for node: ONNXNode, suffix: String
  ) throws(ONNXError) -> Int {
    self.shape(value) == shape ? value : try add(.flatten, [value], shape: shape, for: node, suffix: suffix)
  }

  /// Joins values along an axis whose elements before it number `outer`.
  mutating func join(_ parts: [Int], outer: Int, for node: ONNXNode) throws(ONNXError) -> Int {
    var lists: [Int] = []
    for (index, part) in parts.enumerated() {
      let list = Shape(height: 1, width: outer, channels: shape(part).count / outer)
      lists.append(try view(part, as: list, for: node, suffix: "/list\(index)"))
    }
    return try concatenate(lists, for: node)
  }

  /// Constants as a value: a layer that weighs a pixel of `source` with zero gives its biases.
  mutating func constant(
    _ array: NDArray<Float>, beside source: Int, for node: ONNXNode, suffix: String
  ) throws(ONNXError) -> Activation {
    let pixel = try add(
      .rearrange(FloatRearrangement()), [source], shape: .vector(1), for: node, suffix: suffix + "/pixel")
    let value = try add(
      .fullyConnected(weights: Array(repeating: 0, count: array.count), bias: array.elements), [pixel],
      shape: .vector(array.count), for: node, suffix: suffix)
    return Activation(value: value, dims: array.dims, positions: Array(0..<array.count)).normalized(shape(value))
  }

  /// The slices that bringing a value into order may take: each is an operation of its own.
  private static var mostParts: Int { 16 }

  /// A channel shuffle, a transposed matrix: slices of the axis that has fewer, side by side along the other one.
  private mutating func apply(
    _ exchange: AxisExchange, to value: Int, for node: ONNXNode
  ) throws(ONNXError) -> Int {
    let (first, second, inner) = (exchange.first, exchange.second, exchange.inner)
    let seen = try view(
      value, as: Shape(height: exchange.outer, width: first, channels: second * inner), for: node, suffix: "/seen")
    var slices: [Int] = []
    if second <= first {
      for index in 0..<second {
        slices.append(
          try add(
            .rearrange(FloatRearrangement(firstChannel: index * inner)), [seen],
            shape: Shape(height: exchange.outer, width: first, channels: inner), for: node, suffix: "/slice\(index)"))
      }
      return try join(slices, outer: exchange.outer, for: node)
    }
    for index in 0..<first {
      slices.append(
        try add(
          .rearrange(FloatRearrangement(columns: .init(offset: index))), [seen],
          shape: Shape(height: exchange.outer, width: 1, channels: second * inner), for: node, suffix: "/slice\(index)")
      )
    }
    return try join(slices, outer: exchange.outer * second, for: node)
  }
}

/// An order of elements in which two neighbouring axes of memory, `[outer, first, second, inner]`, have changed places.
private struct AxisExchange {
  var outer: Int
  var first: Int
  var second: Int
  var inner: Int

  /// Slices that a move takes.
  var parts: Int { min(first, second) }

  /// - Parameter order: for each element its place in memory, all places once; not all in their order.
  init?(_ order: [Int]) {
    guard order.first == 0, let inner = order.indices.first(where: { order[$0] != $0 }), order.count % inner == 0 else {
      return nil
    }
    let blocks = order.count / inner
    // Of the exchanged axes the first one runs now: its step is the second one's extent, and where the second one's index becomes 1 it ends.
    let second = order[inner] / inner
    guard second > 0, let first = (1..<blocks).first(where: { order[$0 * inner] == inner }),
      blocks % (first * second) == 0
    else { return nil }
    (outer, self.first, self.second, self.inner) = (blocks / (first * second), first, second, inner)
    for block in 0..<blocks {
      let (group, rest) = (block / (first * second), block % (first * second))
      let source = group * first * second + rest % first * second + rest / first
      for element in 0..<inner where order[block * inner + element] != source * inner + element { return nil }
    }
  }
}
