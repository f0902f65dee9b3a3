import Quantize

/// MaxPool-11 to 22, without indices.
func importMaxPool(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let (value, shape) = try builder.image(try node.activation(0), for: node)
  let window = try WindowGeometry(node, image: shape)
  let pool = try FloatPool(window, image: shape, for: node)
  return try builder.pool(value, pool, .maxPool(pool), for: node)
}

/// AveragePool-11 to 22. What `ceil_mode` adds beyond the padding never counts, as in ONNX Runtime and PyTorch.
func importAveragePool(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  var (value, shape) = try builder.image(try node.activation(0), for: node)
  let window = try WindowGeometry(node, image: shape)
  let countsPadding = try node.flag("count_include_pad", default: false)
  var pool = try FloatPool(window, image: shape, for: node)
  if !countsPadding || pool.padding == window.padding {
    pool.countsPadding = countsPadding || pool.padding == Padding()
  } else {
    // What counts of the padding becomes pixels, zeros, so that the rest doesn't.
    if window.padding != Padding() { value = try builder.surrounded(value, by: window.padding, for: node) }
    pool.padding = Padding(
      bottom: pool.padding.bottom - window.padding.bottom, right: pool.padding.right - window.padding.right)
    pool.countsPadding = false
  }
  return try builder.pool(value, pool, .averagePool(pool), for: node)
}

extension FloatPool {
  /// The window of a pool, with padding for what `ceil_mode` makes it begin inside the image and end beyond.
  fileprivate init(_ window: WindowGeometry, image: Shape, for node: ONNXNode) throws(ONNXError) {
    let (kernel, dilation) = (window.kernel, window.dilation)
    let reach = Extent((kernel.height - 1) * dilation.height + 1, (kernel.width - 1) * dilation.width + 1)
    self.init(kernel: kernel, stride: window.stride, padding: window.padding, dilation: dilation)
    // So that every window holds a pixel: the maximum of none is no number.
    guard max(padding.top, padding.bottom) < reach.height, max(padding.left, padding.right) < reach.width else {
      throw node.reject("pads", "as wide as the kernel", supported: "less than the kernel")
    }
    if try node.flag("ceil_mode", default: false) {
      padding.bottom = Self.roundedUp(
        image.height, reach: reach.height, stride: stride.height, before: padding.top, behind: padding.bottom)
      padding.right = Self.roundedUp(
        image.width, reach: reach.width, stride: stride.width, before: padding.left, behind: padding.right)
    }
    let isWithin = max(padding.top, padding.bottom) == 0 || dilation.height <= image.height
    guard isWithin, max(padding.left, padding.right) == 0 || dilation.width <= image.width else {
      throw node.reject(
        "dilations", "\(dilation.height), \(dilation.width)",
        supported: "up to the image's extents, where there is padding")
    }
  }

  /// The padding behind an axis that makes room for every window that begins inside the image or the padding before it.
  private static func roundedUp(_ extent: Int, reach: Int, stride: Int, before: Int, behind: Int) -> Int {
    let steps = min((extent + before + behind - reach + stride - 1) / stride, (extent + before - 1) / stride)
    return max(behind, steps * stride + reach - extent - before)
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
  fileprivate mutating func pool(
    _ value: Int, _ pool: FloatPool, _ operation: FloatOperation, for node: ONNXNode
  ) throws(ONNXError) -> Operand {
    let output = try add(operation, [value], shape: pool.outputShape(shape(value)), for: node)
    return asImage(output)
  }

  /// An image with zeros around.
  fileprivate mutating func surrounded(
    _ value: Int, by padding: Padding, for node: ONNXNode
  ) throws(ONNXError) -> Int {
    var larger = shape(value)
    larger.height += padding.top + padding.bottom
    larger.width += padding.left + padding.right
    let rearrangement = FloatRearrangement(rows: .init(offset: -padding.top), columns: .init(offset: -padding.left))
    return try add(.rearrange(rearrangement), [value], shape: larger, for: node, suffix: "/padded")
  }

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
