import Quantize

/// Conv-11: weights OIHW become OHWI.
func importConvolution(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let (value, shape) = try builder.image(try node.activation(0), for: node)
  let weights = try node.weights(1)
  let groups = try node.integer("group", default: 1)
  guard weights.dims.count == 4, weights.count > 0 else {
    throw node.fail("its weights have dims \(weights.dims); [outputs, inputs, height, width] are supported")
  }
  let outputs = weights.dims[0]
  guard groups >= 1, groups <= shape.channels, outputs % groups == 0, weights.dims[1] * groups == shape.channels else {
    throw node.fail("weights of dims \(weights.dims) in \(groups) groups don't fit \(shape.channels) input channels")
  }
  let bias = node.optionalInput(2) == nil ? nil : try node.weights(2)
  guard bias == nil || bias?.dims == [outputs] else {
    throw node.fail("its bias has dims \(bias?.dims ?? []) for \(outputs) outputs")
  }
  let window = try WindowGeometry(node, image: shape, weightKernel: Extent(weights.dims[2], weights.dims[3]))
  let convolution = FloatConvolution(
    weights: weights.transposed([0, 2, 3, 1]).elements, bias: bias?.elements ?? Array(repeating: 0, count: outputs),
    kernel: window.kernel, stride: window.stride, padding: window.padding, dilation: window.dilation, groups: groups)
  let output = try builder.add(
    .convolution(convolution), [value],
    shape: Shape(height: window.output.height, width: window.output.width, channels: outputs), for: node,
    grid: try node.weightGrid(1, axis: 0, outputs: outputs, builder))
  return builder.asImage(output)
}

/// BatchNormalization-9 to 15 in inference: the four statistics become a scale and a shift for each channel.
func importBatchNormalization(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let activation = try node.activation(0)
  guard [2, 4].contains(activation.dims.count), activation.dims[0] == 1 else {
    throw node.fail("its input has dims \(activation.dims); [1, channels] and [1, channels, height, width] are known")
  }
  let channels = activation.dims[1]
  if try node.flag("training_mode", default: false) { throw node.reject("training_mode", 1, supported: "0") }
  let epsilon = Double(try node.float("epsilon", default: 1e-5))
  var parameters: [[Float]] = []
  for index in 1...4 {
    let array = try node.weights(index)
    guard array.dims == [channels] else {
      throw node.fail("input \(index) has dims \(array.dims) for \(channels) channels")
    }
    parameters.append(array.elements)
  }
  var (scale, shift): ([Float], [Float]) = ([], [])
  for channel in 0..<channels {
    let variance = Double(parameters[3][channel]) + epsilon
    guard variance > 0 else {
      throw .tensor(name: node.inputNames[4], reason: "element \(channel) with epsilon is \(variance), not above 0")
    }
    let factor = Double(parameters[0][channel]) / variance.squareRoot()
    scale.append(Float(factor))
    shift.append(Float(Double(parameters[1][channel]) - Double(parameters[2][channel]) * factor))
  }
  // After a flattening each element of the image is a channel.
  if activation.dims.count == 2 {
    return try importChannelwise(node, &builder, activation, NDArray([1, channels], Array(zip(scale, shift))))
  }
  let (value, shape) = try builder.image(activation, for: node)
  let output = try builder.add(.batchNormalization(scale: scale, shift: shift), [value], shape: shape, for: node)
  return builder.asImage(output)
}
