import EdgeRuntime
import Quantize

/// A value whose elements lie in memory in ONNX's order, so that any dims with the same elements are a view of it.
extension GraphBuilder {
  /// The value of an activation with its elements in their order, moved there if they lie in another one.
  ///
  /// - Throws: `ONNXError.invalidNode` where that would take more than `mostParts` slices, or is no exchange of axes.
  mutating func inOrder(_ activation: Activation, for node: ONNXNode) throws(ONNXError) -> Int {
    let shape = shape(activation.value)
    let order = activation.order(shape).elements
    if order.elementsEqual(0..<order.count) { return activation.value }
    guard let exchanges = AxisOrder(order)?.exchanges, exchanges.reduce(0, { $0 + $1.parts }) <= Self.mostParts else {
      throw node.fail(
        "dims \(activation.dims) lie in memory in another order, and bringing them into theirs would take more than "
          + "\(Self.mostParts) slices")
    }
    var value = activation.value
    for exchange in exchanges { value = try apply(exchange, to: value, for: node) }
    return value
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

/// An exchange of two neighbouring axes of memory, `[outer, first, second, inner]`.
private struct AxisExchange {
  var outer: Int
  var first: Int
  var second: Int
  var inner: Int

  /// Slices that it takes.
  var parts: Int { min(first, second) }
}

/// An order of elements in which the axes of memory have changed places.
private struct AxisOrder {
  /// In this order, the outermost first: the extent, and the elements of memory from one index to the next.
  var axes: [(extent: Int, step: Int)]

  /// - Parameter order: for each element its place in memory; nil where that is no order of axes.
  init?(_ order: [Int]) {
    guard order.first == 0 else { return nil }
    var innermostFirst: [(extent: Int, step: Int)] = []
    var count = 1
    while count < order.count {
      let step = order[count]
      let extent = (2...order.count / count).first { $0 * count == order.count || order[$0 * count] != $0 * step }
      guard let extent, order.count % (count * extent) == 0 else { return nil }
      innermostFirst.append((extent, step))
      count *= extent
    }
    axes = innermostFirst.reversed()
    for (index, place) in order.enumerated() {
      var (rest, sum) = (index, 0)
      for axis in innermostFirst {
        sum += rest % axis.extent * axis.step
        rest /= axis.extent
      }
      guard sum == place else { return nil }
    }
  }

  /// What brings memory into the order: each axis in turn before those that still stand in front of it.
  var exchanges: [AxisExchange] {
    func count(_ axes: ArraySlice<(extent: Int, step: Int)>) -> Int { axes.reduce(1) { $0 * $1.extent } }
    var memory = axes.sorted { $0.step > $1.step }
    var exchanges: [AxisExchange] = []
    for (index, axis) in axes.enumerated() {
      // Steps differ, since no two elements have one place.
      guard let found = memory[index...].firstIndex(where: { $0.step == axis.step }), found > index else { continue }
      exchanges.append(
        AxisExchange(
          outer: count(memory[..<index]), first: count(memory[index..<found]), second: axis.extent,
          inner: count(memory[(found + 1)...])))
      memory.insert(memory.remove(at: found), at: index)
    }
    return exchanges
  }
}
