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
  var pool = FloatPool(kernel: kernel, stride: window.stride, padding: padding)
  if try node.flag("ceil_mode", default: false), window.outputRoundedUp != window.output {
    try pool.roundUp(window, image: shape, for: node, operation(pool))
  }
  let output = try builder.add(
    try operation(pool), [value], shape: pool.outputShape(shape), for: node)
  return builder.asImage(output)
}

extension FloatPool {
  /// Makes room for the windows that begin inside the image or its padding and end beyond: a max-pool's padding never wins, so
  /// that more of it changes nothing.
  fileprivate mutating func roundUp(
    _ window: WindowGeometry, image: Shape, for node: ONNXNode, _ operation: FloatOperation
  ) throws(ONNXError) {
    guard case .maxPool = operation else {
      throw node.reject("ceil_mode", 1, supported: "0 in an average whose size it changes")
    }
    func missing(_ outputs: Int, _ kernel: Int, _ stride: Int, _ extent: Int, _ first: Int) -> Int {
      (outputs - 1) * stride + kernel - extent - first
    }
    let up = window.outputRoundedUp
    padding.bottom = max(padding.bottom, missing(up.height, kernel.height, stride.height, image.height, padding.top))
    padding.right = max(padding.right, missing(up.width, kernel.width, stride.width, image.width, padding.left))
    guard padding.bottom < kernel.height, padding.right < kernel.width else {
      throw node.reject("ceil_mode", 1, supported: "0 where a window would lie beyond the image")
    }
  }
}

/// GlobalAveragePool-1: an average pool whose kernel is the image.
func importGlobalAveragePool(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let (value, shape) = try builder.image(try node.activation(0), for: node)
  let pooled = try builder.pool(value, over: Extent(shape.height, shape.width), for: node) { .averagePool($0) }
  return builder.asImage(pooled)
}

/// GlobalMaxPool-1: a max-pool whose kernel is the image.
func importGlobalMaxPool(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let (value, shape) = try builder.image(try node.activation(0), for: node)
  let pooled = try builder.pool(value, over: Extent(shape.height, shape.width), for: node) { .maxPool($0) }
  return builder.asImage(pooled)
}

extension GraphBuilder {
  /// Pools each part of an image that the kernel covers.
  mutating func pool(
    _ value: Int, over kernel: Extent, for node: ONNXNode, _ operation: (FloatPool) -> FloatOperation
  ) throws(ONNXError) -> Int {
    let image = shape(value)
    return try add(
      operation(FloatPool(kernel: kernel, stride: kernel)), [value],
      shape: Shape(height: image.height / kernel.height, width: image.width / kernel.width, channels: image.channels),
      for: node)
  }
}
