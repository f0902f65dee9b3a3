import Quantize

/// ReduceMean and ReduceMax (11 to 20): a pool whose kernel is as large. Over an image's rows, columns or both, wherever ONNX has them, or over
/// any axes that are neighbours in memory.
func importReduction(
  _ node: ONNXNode, _ builder: inout GraphBuilder, operation: (FloatPool) -> FloatOperation
) throws(ONNXError) -> Operand {
  let activation = try node.activation(0)
  let (dims, shape) = (activation.dims, builder.shape(activation.value))
  var given = try node.integers("axes") ?? []
  if node.optionalInput(1) != nil { given = try node.integers(1).elements }
  if given.isEmpty {
    if try node.flag("noop_with_empty_axes", default: false) { return .activation(activation) }
    given = Array(dims.indices)
  }
  var axes: Set<Int> = []
  for axis in given { axes.insert(try node.axis(axis, rank: dims.count)) }
  let isChannelsLast = activation.positions.map { $0.elementsEqual(0..<shape.count) } ?? false
  let (row, column) = isChannelsLast ? (1, 2) : (2, 3)
  let reduced: Operand
  if dims.count == 4, isChannelsLast || activation.isImage(shape), axes.isSubset(of: [row, column]) {
    let kernel = Extent(axes.contains(row) ? shape.height : 1, axes.contains(column) ? shape.width : 1)
    let value = try builder.pool(activation.value, over: kernel, for: node, operation)
    let pooled = builder.shape(value)
    reduced =
      isChannelsLast
      ? Operand.activation(Activation(channelsLast: value, pooled).normalized(pooled)) : builder.asImage(value)
  } else {
    reduced = try builder.reduce(activation, over: axes, for: node, operation)
  }
  if try node.flag("keepdims", default: true) { return reduced }
  return reduced.reshaped(dims.indices.filter { !axes.contains($0) }.map { dims[$0] })
}

extension GraphBuilder {
  /// Reduces axes that are neighbours in memory, as a pool over the columns of an image that has them all there. They become 1.
  fileprivate mutating func reduce(
    _ activation: Activation, over axes: Set<Int>, for node: ONNXNode, _ operation: (FloatPool) -> FloatOperation
  ) throws(ONNXError) -> Operand {
    let list = try list(activation, over: axes, for: node)
    let pooled = try pool(list.value, over: Extent(1, shape(list.value).width), for: node, operation)
    let dims = activation.dims.indices.map { axes.contains($0) ? 1 : activation.dims[$0] }
    return try restored(pooled, list, dims: dims, for: node)
  }

  /// An activation as an image whose columns are some of its axes: what stands before them in memory are its rows, what stands behind them its
  /// channels.
  mutating func list(
    _ activation: Activation, over axes: Set<Int>, for node: ONNXNode
  ) throws(ONNXError) -> (value: Int, isImage: Bool) {
    let isImage = activation.isImage(shape(activation.value))
    let value = isImage ? activation.value : try inOrder(activation, for: node)
    // Axes with one index alone lie anywhere.
    let inMemory = (isImage ? [0, 2, 3, 1] : Array(activation.dims.indices)).filter { activation.dims[$0] > 1 }
    let places = inMemory.indices.filter { axes.contains(inMemory[$0]) }
    let span = places.isEmpty ? 0..<0 : places[0]..<places[places.count - 1] + 1
    guard span.count == places.count else {
      throw node.reject("axes", "\(axes.sorted()) of dims \(activation.dims)", supported: "neighbours in memory")
    }
    func count(_ range: Range<Int>) -> Int { range.reduce(1) { $0 * activation.dims[inMemory[$1]] } }
    let extents = Shape(
      height: count(0..<span.lowerBound), width: count(span), channels: count(span.upperBound..<inMemory.count))
    return (try view(value, as: extents, for: node, suffix: "/seen"), isImage)
  }

  /// What was made of such an image, with the axes of the activation again, of which some may have become 1.
  mutating func restored(
    _ value: Int, _ list: (value: Int, isImage: Bool), dims: [Int], for node: ONNXNode
  ) throws(ONNXError) -> Operand {
    guard list.isImage else { return .activation(Activation(inOrder: value, dims: dims, shape(value))) }
    let image = Shape(height: dims[2], width: dims[3], channels: dims[1])
    let output = try view(value, as: image, for: node, suffix: "/image")
    return asImage(output)
  }
}
