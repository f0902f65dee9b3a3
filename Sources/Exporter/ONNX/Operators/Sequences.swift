import Quantize

extension Operator {
  /// The same operator for sequences, `[1, channels, length]`, as well: they are images of one row.
  var alsoOfSequences: Operator {
    let importImage = importNode
    return Operator(attributes) { node, builder throws(ONNXError) in
      guard let image = node.ofOneRow(builder) else { return try importImage(node, &builder) }
      let output = try importImage(image, &builder)
      var dims = output.dims
      // The row is the third axis, also where a reduction has done away with the length behind it.
      guard dims.count >= 3, dims[2] == 1 else { return output }
      dims.remove(at: 2)
      return output.reshaped(dims)
    }
  }
}

extension ONNXNode {
  /// The node with an image of one row in the place of each sequence, and a row before whatever it says of their length. Nil unless it
  /// reads sequences.
  fileprivate func ofOneRow(_ builder: GraphBuilder) -> ONNXNode? {
    let activations = inputs.compactMap { operand -> Activation? in
      if case .activation(let activation)? = operand { activation } else { nil }
    }
    let areSequences = activations.allSatisfy { activation in
      let shape = builder.shape(activation.value)
      return activation.dims == [1, shape.channels, shape.width] && shape.height == 1 && activation.positions == nil
    }
    guard !activations.isEmpty, areSequences else { return nil }
    var node = self
    node.inputs = inputs.map { operand in
      guard let operand else { return nil }
      let dims = operand.dims
      switch (operand, dims.count) {
      case (.activation, _), (.floats, 3): return operand.reshaped([dims[0], dims[1], 1, dims[2]])
      // [channels, 1]: a number for each channel.
      case (.floats, 2): return operand.reshaped([dims[0], 1, dims[1]])
      // The axes of a reduction.
      case (.integers(let axes), 1): return .integers(axes.map(Self.axisOfOneRow))
      default: return operand
      }
    }
    let beforeLength: [(String, Int64)] = [
      ("kernel_shape", 1), ("strides", 1), ("dilations", 1), ("output_padding", 0), ("output_shape", 1),
    ]
    for (name, row) in beforeLength where attributes[name]?.ints.count == 1 {
      node.attributes[name]?.ints.insert(row, at: 0)
    }
    if let pads = attributes["pads"]?.ints, pads.count == 2 {
      node.attributes["pads"]?.ints = [0, pads[0], 0, pads[1]]
    }
    if let axes = attributes["axes"]?.ints { node.attributes["axes"]?.ints = axes.map(Self.axisOfOneRow) }
    if let axis = attributes["axis"]?.i { node.attributes["axis"]?.i = Self.axisOfOneRow(axis) }
    return node
  }

  /// An axis of a sequence as one of an image: the length, 2 or -1, is its columns, the channels come before the row.
  private static func axisOfOneRow<Axis: FixedWidthInteger>(_ axis: Axis) -> Axis {
    switch axis {
    case 2: 3
    case _ where axis < -1: axis &- 1
    default: axis
    }
  }
}
