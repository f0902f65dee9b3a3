import EdgeRuntime
import Quantize

/// Slice-10 to 13: of a constant now, of an image as another place to read it from.
func importSlice(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  let (starts, ends) = (try node.integers(1).elements, try node.integers(2).elements)
  let axes = node.optionalInput(3) == nil ? Array(starts.indices) : try node.integers(3).elements
  let steps = node.optionalInput(4) == nil ? starts.map { _ in 1 } : try node.integers(4).elements
  guard starts.count == ends.count, starts.count == axes.count, starts.count == steps.count else {
    throw node.fail("starts, ends, axes and steps differ in number")
  }
  var slices: [AxisSlice] = []
  for index in starts.indices {
    let axis = try node.axis(axes[index], rank: operand.dims.count)
    slices.append(
      try AxisSlice(
        node, axis: axis, start: starts[index], end: ends[index], step: steps[index], extent: operand.dims[axis]))
  }
  return try importSlices(node, &builder, operand, slices)
}

/// Split-11 to 18: its parts are slices.
func importSplit(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  let axis = try node.axis(try node.integer("axis", default: 0), rank: operand.dims.count)
  let (extent, parts) = (operand.dims[axis], node.outputs.count)
  var lengths = try node.integers("split") ?? []
  if node.optionalInput(1) != nil { lengths = try node.integers(1).elements }
  if lengths.isEmpty {
    // Equal parts, the last one smaller where they don't come out even.
    let length = (extent + parts - 1) / parts
    lengths = (0..<parts).map { min(length, extent - $0 * length) }
  }
  guard lengths.count == parts, lengths.allSatisfy({ $0 > 0 }), lengths.reduce(0, +) == extent else {
    throw node.fail("parts of \(lengths) don't make up the \(extent) of axis \(axis), one for each of \(parts) outputs")
  }
  var (start, operands): (Int, [Operand]) = (0, [])
  for (index, length) in lengths.enumerated() {
    let part = AxisSlice(axis: axis, start: start, length: length, step: 1)
    operands.append(try importSlices(node.making(output: index), &builder, operand, [part]))
    start += length
  }
  for (name, part) in zip(node.outputs, operands).dropFirst() where !name.isEmpty { builder.operands[name] = part }
  return operands[0]
}

/// What is kept of one axis.
struct AxisSlice {
  var axis: Int
  var start: Int
  var length: Int
  var step: Int

  init(axis: Int, start: Int, length: Int, step: Int) {
    (self.axis, self.start, self.length, self.step) = (axis, start, length, step)
  }

  /// By Python's rule: negative bounds count from the end, and bounds are clamped to what the direction can reach.
  init(_ node: ONNXNode, axis: Int, start: Int, end: Int, step: Int, extent: Int) throws(ONNXError) {
    guard step != 0, step.magnitude <= elementLimit else { throw node.fail("a step of \(step)") }
    let reach = step > 0 ? 0...extent : -1...extent - 1
    func clamped(_ bound: Int) -> Int {
      min(max(bound < 0 && bound > Int.min / 2 ? bound + extent : bound, reach.lowerBound), reach.upperBound)
    }
    let (first, last) = (clamped(start), clamped(end))
    self.init(
      axis: axis, start: first,
      length: max(step > 0 ? (last - first + step - 1) / step : (first - last - step - 1) / -step, 0), step: step)
  }
}

private func importSlices(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ operand: Operand, _ slices: [AxisSlice]
) throws(ONNXError) -> Operand {
  switch operand {
  case .floats(let array):
    return .floats(
      slices.reduce(array) { $0.sliced(axis: $1.axis, start: $1.start, length: $1.length, step: $1.step) })
  case .integers(let array):
    return .integers(
      slices.reduce(array) { $0.sliced(axis: $1.axis, start: $1.start, length: $1.length, step: $1.step) })
  case .activation(let activation): return try importSlices(node, &builder, activation, slices)
  case .linear, .quantized:
    throw node.fail("a slice of a sampling grid or of what is quantised is not supported")
  }
}

private func importSlices(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ activation: Activation, _ slices: [AxisSlice]
) throws(ONNXError) -> Operand {
  // Positions tell which channels, rows and columns are kept, whatever view ONNX has of them.
  let own = builder.shape(activation.value)
  let order = slices.reduce(activation.order(own)) {
    $0.sliced(axis: $1.axis, start: $1.start, length: $1.length, step: $1.step)
  }
  guard order.count > 0 else { throw node.fail("it keeps nothing of dims \(activation.dims)") }
  var found = KeptPart(order.elements, of: own).map { ($0, own) }
  if found == nil, let seen = activation.inOrder(own) { found = KeptPart(order.elements, of: seen).map { ($0, seen) } }
  guard let (part, shape) = found else {
    throw node.fail(
      "what it keeps of dims \(activation.dims) is no evenly spaced part of an image with channels side by side")
  }
  let source = try builder.view(activation.value, as: shape, for: node, suffix: "/seen")
  let kept = Shape(height: part.rows.count, width: part.columns.count, channels: part.channels.count)
  let value = try builder.add(
    .rearrange(
      FloatRearrangement(
        rows: .init(step: part.rows.step, offset: part.rows.first),
        columns: .init(step: part.columns.step, offset: part.columns.first), firstChannel: part.channels.first)),
    [source], shape: kept, for: node)
  let positions = order.elements.map { part.place($0, of: shape) }
  return .activation(Activation(value: value, dims: order.dims, positions: positions).normalized(kept))
}

extension Activation {
  /// The shape with its own dims, if it has no more than three beside 1s and lies in memory in their order.
  fileprivate func inOrder(_ shape: Shape) -> Shape? {
    let extents = dims.filter { $0 > 1 }
    guard extents.count <= 3, order(shape).elements.elementsEqual(0..<shape.count) else { return nil }
    let padded = Array(repeating: 1, count: 3 - extents.count) + extents
    guard padded.allSatisfy({ $0 <= GraphBuilder.extentLimit }) else { return nil }
    return Shape(height: padded[0], width: padded[1], channels: padded[2])
  }
}

/// Evenly spaced rows and columns of an image, and channels side by side.
private struct KeptPart {
  var rows: KeptPlaces
  var columns: KeptPlaces
  var channels: KeptPlaces

  /// Nil for elements that are no such part.
  init?(_ elements: [Int], of shape: Shape) {
    guard let channels = KeptPlaces(elements.map { $0 % shape.channels }), channels.step == 1,
      let columns = KeptPlaces(elements.map { $0 / shape.channels % shape.width }),
      let rows = KeptPlaces(elements.map { $0 / shape.channels / shape.width }),
      channels.count * rows.count * columns.count == elements.count
    else { return nil }
    (self.rows, self.columns, self.channels) = (rows, columns, channels)
  }

  /// Where an element of the image lies in the part.
  func place(_ element: Int, of shape: Shape) -> Int {
    let channel = element % shape.channels - channels.first
    let column = (element / shape.channels % shape.width - columns.first) / columns.step
    let row = (element / shape.channels / shape.width - rows.first) / rows.step
    return (row * columns.count + column) * channels.count + channel
  }
}

/// Evenly spaced places along an axis, ascending.
private struct KeptPlaces {
  var first: Int
  var step: Int
  var count: Int

  /// Nil for places that are not evenly spaced.
  init?(_ places: [Int]) {
    let distinct = Set(places).sorted()
    guard let first = distinct.first else { return nil }
    let step = distinct.count > 1 ? distinct[1] - first : 1
    guard distinct.enumerated().allSatisfy({ $1 == first + $0 * step }) else { return nil }
    (self.first, self.step, self.count) = (first, step, distinct.count)
  }
}

/// Pad-11 to 25 with a constant: of constants now, around an image as values of the constant.
func importPad(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let operand = try node.input(0)
  let mode = try node.string("mode", default: "constant")
  let given = try node.integers(1).elements
  let rank = operand.dims.count
  let axes = node.optionalInput(3) == nil ? Array(0..<rank) : try node.integers(3).elements
  guard given.count == 2 * axes.count, given.allSatisfy({ $0.magnitude <= GraphBuilder.extentLimit }) else {
    throw node.fail(
      "its pads are \(given); two for each of \(axes.count) axes, up to \(GraphBuilder.extentLimit), are supported")
  }
  var (before, after) = ([Int](repeating: 0, count: rank), [Int](repeating: 0, count: rank))
  for (index, axis) in axes.enumerated() {
    let axis = try node.axis(axis, rank: rank)
    (before[axis], after[axis]) = (given[index], given[axes.count + index])
  }
  // Nothing to add, as exporters write it before pools.
  if given.allSatisfy({ $0 == 0 }) { return operand }
  guard mode == "constant" else { throw node.reject("mode", mode, supported: "constant") }
  let value = node.optionalInput(2) == nil ? 0 : try node.floats(2).elements.first ?? 0
  guard value.isFinite || value == -.infinity else { throw node.fail("it pads with \(value)") }
  if case .activation(let activation) = operand {
    let (image, shape) = try builder.image(activation, for: node)
    guard before[0] == 0, after[0] == 0 else { throw node.fail("it pads the batch") }
    let rearrangement = FloatRearrangement(
      rows: .init(offset: -before[2]), columns: .init(offset: -before[3]), firstChannel: -before[1], fill: value)
    let padded = Shape(
      height: shape.height + before[2] + after[2], width: shape.width + before[3] + after[3],
      channels: shape.channels + before[1] + after[1])
    let output = try builder.add(.rearrange(rearrangement), [image], shape: padded, for: node)
    return builder.asImage(output)
  }
  guard given.allSatisfy({ $0 >= 0 }),
    elementCount(operand.dims.indices.map { before[$0] + operand.dims[$0] + after[$0] }) != nil
  else { throw node.fail("of constants pads are supported that are not negative, and a result that is not too large") }
  return .floats(try node.floats(0).padded(before: before, after: after, with: value))
}
