import Quantize

/// Where one of the graph's outputs is taken from.
struct GraphEnd {
  var name: String
  /// The value that comes out: the output itself, or what is before the softmax, the ArgMax or both at the end.
  var source: String
  /// The nodes that are left away, the last one first.
  var leftAway: [ONNXNodeProto] = []
}

extension ONNXGraphProto {
  /// The outputs' ends. Where a softmax is the last node, what it reads comes out: probabilities are computed from logits, in
  /// integers, and the greatest logit is the greatest probability. Likewise before an ArgMax, since the class is told from logits.
  func ends(_ outputs: [String]) -> [GraphEnd] {
    outputs.map { name in
      var end = GraphEnd(name: name, source: name)
      for operators in [["ArgMax"], ["Softmax", "LogSoftmax"]] {
        guard let last = node.last(where: { $0.output.first == end.source }),
          operators.contains(last.place.operatorName), let source = last.input.first
        else { continue }
        end.source = source
        end.leftAway.append(last)
      }
      return end
    }
  }
}

extension GraphBuilder {
  /// The graph's outputs, those of scores with their labels.
  ///
  /// - Throws: `ONNXError.interface` for one that depends on no image or has its values in an order that no tensor has;
  ///   `.metadata` for labels that don't fit; `.invalidNode` for a softmax over anything but classes.
  mutating func outputs(
    _ ends: [GraphEnd], metadata: [ONNXStringStringEntryProto]
  ) throws(ONNXError) -> [FloatGraph.Output] {
    var outputs: [FloatGraph.Output] = []
    for end in ends { outputs.append(FloatGraph.Output(name: end.name, value: try output(end))) }
    let labels = try OutputLabels(outputs.map { ($0.name, values[$0.value].shape) }, metadata)
    for index in outputs.indices {
      outputs[index].labels = labels.byOutput[index]
      for node in ends[index].leftAway {
        try leaveAway(node, ends[index], isOfScores: labels.byOutput[index] != nil)
      }
    }
    if outputs.count > 1 || outputs[0].labels == nil { nameValues(outputs) }
    return outputs
  }

  /// Values that come out are called as outputs are, so that reports of them name what the user knows.
  private mutating func nameValues(_ outputs: [FloatGraph.Output]) {
    var named: Set<Int> = []
    for output in outputs where named.insert(output.value).inserted { values[output.value].name = output.name }
  }

  /// The value that an output is, seen as an image, a list of vectors or a vector, without a value being moved.
  private mutating func output(_ end: GraphEnd) throws(ONNXError) -> Int {
    let node = ONNXNode(
      place: .init(node: end.name, operatorName: "output"), outputs: [end.name], inputs: [], inputNames: [],
      attributes: [:])
    if case .linear(let form) = operands[end.source] { return try add(form, for: node) }
    guard case .activation(let activation) = operands[end.source] else {
      throw .interface(reason: "the graph's output \"\(end.name)\" does not depend on its input")
    }
    guard nodes.contains(where: { $0.output == activation.value }) else {
      throw .interface(reason: "the graph's output \"\(end.name)\" is its input")
    }
    let own = shape(activation.value)
    // A vector stays one, whatever 1s stand around its extent.
    if own.isVector, activation.positions == nil, activation.dims.count(where: { $0 > 1 }) <= 1 {
      return activation.value
    }
    guard let seen = activation.extents(own) else {
      if let moved = try? moved(activation, for: node) {
        notes.append(
          "output \"\(end.name)\": its values are brought from rows, columns, channels into its own order, slice by slice"
        )
        return moved
      }
      throw .interface(
        reason:
          "the graph's output \"\(end.name)\" has dims \(activation.dims) in another order than rows, columns, channels: "
          + "leave the last Reshape or Transpose to the program that reads it, or transpose to channels last before it")
    }
    guard [seen.height, seen.width, seen.channels].allSatisfy({ $0 <= Self.extentLimit }) else {
      throw .interface(
        reason:
          "the graph's output \"\(end.name)\" has dims \(activation.dims); extents up to \(Self.extentLimit) are supported"
      )
    }
    if seen == own { return activation.value }
    let value = addInput(end.name, shape: seen)
    nodes.append(FloatGraph.Node(name: end.name, operation: .flatten, inputs: [activation.value], output: value))
    return value
  }

  /// An output whose values lie in another order than rows, columns, channels, brought into that by slices.
  private mutating func moved(_ activation: Activation, for node: ONNXNode) throws(ONNXError) -> Int {
    let isImage = activation.dims.count == 4 && activation.dims[0] == 1
    let turned = isImage ? activation.transposed([0, 2, 3, 1], shape(activation.value)) : activation
    let rest = turned.dims.drop { $0 == 1 }
    guard rest.count <= 3 else { throw node.fail("its dims \(activation.dims) are no image's") }
    let extents = Array(repeating: 1, count: 3 - rest.count) + rest
    let value = try inOrder(turned, for: node)
    return try view(
      value, as: Shape(height: extents[0], width: extents[1], channels: extents[2]), for: node, suffix: "/seen")
  }

  /// A sampling grid, or a step on the way to one, as a layer of its own.
  private mutating func add(_ form: LinearForm, for node: ONNXNode) throws(ONNXError) -> Int {
    let source = try vector(form.value, for: node)
    let count = form.array.count
    let weights = form.array.elements.flatMap { term in (0..<shape(source).channels).map { term.factors[$0] } }
    return try add(
      .fullyConnected(weights: weights, bias: Array(repeating: 0, count: count)), [source], shape: .vector(count),
      for: node)
  }

  private mutating func leaveAway(
    _ node: ONNXNodeProto, _ end: GraphEnd, isOfScores: Bool
  ) throws(ONNXError) {
    guard case .activation(let activation) = operands[end.source] else { return }
    func integer(_ name: String, default value: Int) -> Int {
      node.attribute.first { $0.name == name }.map { Int($0.i) } ?? value
    }
    let isAnswer = node.place.operatorName == "ArgMax"
    let given = integer("axis", default: isAnswer ? 0 : activation.dims.count - 1)
    let axis = given < 0 ? given + activation.dims.count : given
    guard isOfScores, activation.dims.indices ~= axis, activation.dims[axis] == shape(activation.value).channels else {
      throw .invalidNode(
        node.place,
        reason: "of dims \(activation.dims), it is not over one vector of scores: leave it to the program that "
          + "reads the output, which \"\(end.source)\" before it can be")
    }
    // The class is the first of the greatest.
    guard integer("select_last_index", default: 0) == 0 else {
      throw .unsupportedAttribute(node.place, attribute: "select_last_index", found: "1", supported: "0")
    }
    notes.append(
      "output \"\(end.name)\": its \(node.opType) is left away: logits come out, and "
        + (isAnswer ? "the class is told from them" : "probabilities are computed from them"))
  }
}

extension Shape {
  /// Whether it is 1 x 1 x channels.
  var isVector: Bool { height == 1 && width == 1 }
}

extension Activation {
  /// Its extents as rows, columns and channels, if its elements lie in memory in their order; nil if they don't.
  ///
  /// Four dims are channels first where their order allows it, three are [1, channels, places] or [1, places, channels], and a batch
  /// of 1 and further 1s in front are left away.
  fileprivate func extents(_ shape: Shape) -> Shape? {
    let order = order(shape)
    func isInMemory(_ permutation: [Int]) -> Bool {
      order.transposed(permutation).elements.elementsEqual(0..<order.count)
    }
    if dims.count == 4, dims[0] == 1, isInMemory([0, 2, 3, 1]) {
      return Shape(height: dims[2], width: dims[3], channels: dims[1])
    }
    let rest = dims.drop { $0 == 1 }
    if rest.count <= 3, isInMemory(Array(dims.indices)) {
      let padded = Array(repeating: 1, count: 3 - rest.count) + rest
      return Shape(height: padded[0], width: padded[1], channels: padded[2])
    }
    if dims.count == 3, dims[0] == 1, isInMemory([0, 2, 1]) {
      return Shape(height: 1, width: dims[2], channels: dims[1])
    }
    return nil
  }
}
