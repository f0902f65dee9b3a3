import Quantize

/// MaxPool-11 to 22, without indices.
func importMaxPool(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  try importPool(node, &builder) { .maxPool($0) }
}

/// AveragePool-11 to 22. The divisor is always the whole kernel, so padding must count.
func importAveragePool(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let countsPadding = try node.flag("count_include_pad", default: false)
  return try importPool(node, &builder) { (pool) throws(ONNXError) in
    guard countsPadding || pool.padding == Padding() else {
      throw node.reject("count_include_pad", 0, supported: "1 where there is padding")
    }
    return .averagePool(pool)
  }
}

private func importPool(
  _ node: ONNXNode, _ builder: inout GraphBuilder,
  operation: (FloatPool) throws(ONNXError) -> FloatOperation
) throws(ONNXError) -> Operand {
  let (value, shape) = try builder.image(try node.activation(0), for: node)
  let window = try WindowGeometry(node, image: shape)
  guard window.dilation == Extent(1, 1) else {
    throw node.reject("dilations", "\(window.dilation.height), \(window.dilation.width)", supported: "1, 1")
  }
  let (padding, kernel) = (window.padding, window.kernel)
  // So that every window holds a pixel: the maximum of none is no number.
  guard max(padding.top, padding.bottom) < kernel.height, max(padding.left, padding.right) < kernel.width else {
    throw node.reject("pads", "as wide as the kernel", supported: "less than the kernel")
  }
  // Rounding up is supported where it changes nothing.
  if try node.flag("ceil_mode", default: false), window.outputRoundedUp != window.output {
    throw node.reject("ceil_mode", 1, supported: "0")
  }
  let output = try builder.add(
    try operation(FloatPool(kernel: kernel, stride: window.stride, padding: padding)), [value],
    shape: Shape(height: window.output.height, width: window.output.width, channels: shape.channels), for: node)
  return builder.asImage(output)
}

/// GlobalAveragePool-1: an average pool whose kernel is the image.
func importGlobalAveragePool(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let (value, shape) = try builder.image(try node.activation(0), for: node)
  let kernel = Extent(shape.height, shape.width)
  let output = try builder.add(
    .averagePool(FloatPool(kernel: kernel, stride: kernel)), [value], shape: .vector(shape.channels), for: node)
  return builder.asImage(output)
}

/// ReduceMean-11 to 18 over an image's rows and columns: the global average-pool, as torch's exporter writes it.
func importReduceMean(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  var given = try node.integers("axes") ?? []
  if node.optionalInput(1) != nil { given = try node.integers(1).elements }
  let dims = try node.input(0).dims
  var axes: Set<Int> = []
  for axis in given { axes.insert(try node.axis(axis, rank: dims.count)) }
  guard dims.count == 4, axes == [2, 3] else {
    throw node.reject("axes", "\(given)", supported: "the rows and columns of an image, 2 and 3")
  }
  let mean = try importGlobalAveragePool(node, &builder)
  return try node.flag("keepdims", default: true) ? mean : mean.reshaped([dims[0], dims[1]])
}
