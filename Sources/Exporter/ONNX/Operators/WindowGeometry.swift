import Quantize

/// Where the window of a convolution or pool moves: the attributes that Conv, MaxPool and AveragePool share.
struct WindowGeometry {
  static let attributes: Set<String> = ["auto_pad", "dilations", "kernel_shape", "pads", "strides"]

  var kernel: Extent
  var stride: Extent
  var padding: Padding
  var dilation: Extent
  /// How often the window fits.
  private(set) var output: Extent

  /// - Parameter weightKernel: the extents of a convolution's weights, which `kernel_shape` must repeat if it is given.
  /// - Throws: `ONNXError.unsupportedAttribute`; `.invalidNode` if the window is larger than the padded image.
  init(_ node: ONNXNode, image: Shape, weightKernel: Extent? = nil) throws(ONNXError) {
    func extent(_ name: String, default value: Extent) throws(ONNXError) -> Extent {
      guard let numbers = try node.integers(name) else { return value }
      guard numbers.count == 2, numbers.allSatisfy({ (1...GraphBuilder.extentLimit).contains($0) }) else {
        throw node.reject(name, numbers, supported: "two numbers, 1 to \(GraphBuilder.extentLimit)")
      }
      return Extent(numbers[0], numbers[1])
    }
    kernel = try extent("kernel_shape", default: weightKernel ?? Extent(0, 0))
    guard kernel.height > 0 else { throw node.reject("kernel_shape", "not given", supported: "two numbers") }
    if let weightKernel, weightKernel != kernel {
      throw node.reject(
        "kernel_shape", "\(kernel.height), \(kernel.width)",
        supported: "the weights' extents, \(weightKernel.height), \(weightKernel.width)")
    }
    stride = try extent("strides", default: Extent(1, 1))
    dilation = try extent("dilations", default: Extent(1, 1))
    let reach = Extent((kernel.height - 1) * dilation.height + 1, (kernel.width - 1) * dilation.width + 1)
    padding = try Self.padding(node, image: image, reach: reach, stride: stride)

    let free = Extent(
      image.height + padding.top + padding.bottom - reach.height,
      image.width + padding.left + padding.right - reach.width)
    guard free.height >= 0, free.width >= 0 else {
      throw node.fail(
        "its window of \(reach.height) x \(reach.width) exceeds the padded image of \(image.height) x \(image.width)")
    }
    output = Extent(free.height / stride.height + 1, free.width / stride.width + 1)
  }

  private static func padding(
    _ node: ONNXNode, image: Shape, reach: Extent, stride: Extent
  ) throws(ONNXError) -> Padding {
    switch try node.string("auto_pad", default: "NOTSET") {
    case "NOTSET":
      let pads = try node.integers("pads") ?? [0, 0, 0, 0]
      guard pads.count == 4, pads.allSatisfy({ (0...GraphBuilder.extentLimit).contains($0) }) else {
        throw node.reject("pads", pads, supported: "four numbers, 0 to \(GraphBuilder.extentLimit)")
      }
      return Padding(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3])
    case "VALID":
      return Padding()
    case "SAME_UPPER":
      let (top, bottom) = same(image.height, reach.height, stride.height)
      let (left, right) = same(image.width, reach.width, stride.width)
      return Padding(top: top, left: left, bottom: bottom, right: right)
    case "SAME_LOWER":
      let (bottom, top) = same(image.height, reach.height, stride.height)
      let (right, left) = same(image.width, reach.width, stride.width)
      return Padding(top: top, left: left, bottom: bottom, right: right)
    case let other:
      throw node.reject("auto_pad", other, supported: "NOTSET, VALID, SAME_UPPER, SAME_LOWER")
    }
  }

  /// The padding that makes the output `ceil(extent / stride)`, the larger half last.
  private static func same(_ extent: Int, _ reach: Int, _ stride: Int) -> (first: Int, second: Int) {
    let outputs = (extent + stride - 1) / stride
    let total = max((outputs - 1) * stride + reach - extent, 0)
    return (total / 2, total - total / 2)
  }
}
