import Quantize

extension Importer {
  mutating func convolution(_ c: Context) throws(ONNXError) -> ImportedValue {
    let attributes = c.attributes
    let image = try c.image(0)
    let input = shape(image)
    let weights = try c.constant(1)
    guard weights.dimensions.count == 4, let values = weights.floats else {
      throw attributes.operands(
        "weights of shape \(weights.dimensions): only 2-D convolution with float weights is supported")
    }
    let (outputs, perGroup) = (weights.dimensions[0], weights.dimensions[1])
    let kernel = Extent(weights.dimensions[2], weights.dimensions[3])
    let groups = attributes.integer("group", default: 1)
    guard groups >= 1, outputs >= 1, outputs % groups == 0, perGroup * groups == input.channels else {
      throw attributes.operands(
        "\(input.channels) input channels, \(groups) groups and weights \(weights.dimensions) don't fit together")
    }
    if let stated = attributes.integers("kernel_shape"), stated != [kernel.height, kernel.width] {
      throw attributes.unsupported("kernel_shape", found: "\(stated)", supported: "that of the weights")
    }
    let window = try Window(attributes, kernel: kernel, input: input)
    let bias = c.optional(2) == nil ? [Float](repeating: 0, count: outputs) : try c.floats(2)
    guard bias.count == outputs else { throw attributes.operands("\(bias.count) biases for \(outputs) outputs") }
    let output = append(
      .convolution(
        FloatConvolution(
          weights: channelsLast(values, outputs, perGroup, kernel), bias: bias, kernel: kernel, stride: window.stride,
          padding: window.padding, dilation: window.dilation, groups: groups)),
      [image], try window.output(input, channels: outputs, attributes), named: attributes)
    return .image(output)
  }

  /// OIHW to OHWI.
  private func channelsLast(_ values: [Float], _ outputs: Int, _ inputs: Int, _ kernel: Extent) -> [Float] {
    let taps = kernel.height * kernel.width
    var result = [Float](repeating: 0, count: values.count)
    for o in 0..<outputs {
      for i in 0..<inputs {
        for tap in 0..<taps { result[(o * taps + tap) * inputs + i] = values[(o * inputs + i) * taps + tap] }
      }
    }
    return result
  }

  /// `(x - mean) / sqrt(variance + epsilon) * scale + bias`, as one scale and shift a channel.
  mutating func batchNormalization(_ c: Context) throws(ONNXError) -> ImportedValue {
    let attributes = c.attributes
    try attributes.require("training_mode", 0, default: 0)
    let (scale, bias, mean, variance) = (try c.floats(1), try c.floats(2), try c.floats(3), try c.floats(4))
    let epsilon = attributes.float("epsilon", default: 1e-5)
    guard scale.count == bias.count, scale.count == mean.count, scale.count == variance.count else {
      throw attributes.operands("its four parameters differ in length")
    }
    guard variance.allSatisfy({ $0 + epsilon > 0 }) else { throw attributes.operands("a variance is not positive") }
    let factor = zip(scale, variance).map { $0 / ($1 + epsilon).squareRoot() }
    let shift = zip(bias, zip(mean, factor)).map { $0 - $1.0 * $1.1 }
    return try scaled(c.input(0), by: factor, shift: shift, attributes)
  }

  /// `x * factor + shift` by channel of an image or element of a vector (in ONNX's order).
  mutating func scaled(
    _ value: ImportedValue, by factor: [Float], shift: [Float], _ attributes: NodeAttributes
  ) throws(ONNXError) -> ImportedValue {
    func checked(_ count: Int) throws(ONNXError) {
      guard factor.count == count else {
        throw attributes.operands("\(factor.count) parameters for \(count) channels")
      }
    }
    switch value {
    case .image(let image):
      try checked(shape(image).channels)
      return .image(
        append(.batchNormalization(scale: factor, shift: shift), [image], shape(image), named: attributes))
    case .vector(let vector, let order):
      try checked(order.count)
      var (placedFactor, placedShift) = (factor, shift)
      for (index, place) in order.enumerated() {
        (placedFactor[place], placedShift[place]) = (factor[index], shift[index])
      }
      return .vector(
        append(
          .batchNormalization(scale: placedFactor, shift: placedShift), [vector], shape(vector), named: attributes),
        order: order)
    default: throw attributes.operands("it needs an image or a vector, not \(value.name)")
    }
  }
}

/// The sliding window of a convolution or pool: stride, dilation and padding, `auto_pad` worked out.
struct Window {
  var kernel: Extent
  var stride: Extent
  var dilation: Extent
  var padding: Padding

  init(_ attributes: NodeAttributes, kernel: Extent, input: Shape) throws(ONNXError) {
    guard kernel.height >= 1, kernel.height <= 255, kernel.width >= 1, kernel.width <= 255 else {
      throw attributes.unsupported(
        "kernel_shape", found: "[\(kernel.height), \(kernel.width)]", supported: "two numbers in 1...255")
    }
    self.kernel = kernel
    stride = try attributes.extent("strides", default: Extent(1, 1))
    dilation = try attributes.extent("dilations", default: Extent(1, 1))
    let mode = attributes.string("auto_pad", default: "NOTSET")
    switch mode {
    case "NOTSET", "":
      let pads = attributes.integers("pads") ?? [0, 0, 0, 0]
      guard pads.count == 4, pads.allSatisfy({ $0 >= 0 && $0 <= 255 }) else {
        throw attributes.unsupported("pads", found: "\(pads)", supported: "four numbers in 0...255")
      }
      padding = Padding(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3])
    case "VALID":
      padding = Padding()
    case "SAME_UPPER", "SAME_LOWER":
      let (top, bottom) = Self.same(
        input.height, kernel.height, stride.height, dilation.height, upper: mode == "SAME_UPPER")
      let (left, right) = Self.same(
        input.width, kernel.width, stride.width, dilation.width, upper: mode == "SAME_UPPER")
      padding = Padding(top: top, left: left, bottom: bottom, right: right)
    default:
      throw attributes.unsupported("auto_pad", found: mode, supported: "NOTSET, VALID, SAME_UPPER, SAME_LOWER")
    }
  }

  /// Padding such that the output has `ceil(extent / stride)` places; the odd one goes after (upper) or before (lower).
  private static func same(
    _ extent: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, upper: Bool
  ) -> (Int, Int) {
    let places = (extent + stride - 1) / stride
    let total = max(0, (places - 1) * stride + dilation * (kernel - 1) + 1 - extent)
    return upper ? (total / 2, total - total / 2) : (total - total / 2, total / 2)
  }

  /// The output's shape, rounded down.
  func output(_ input: Shape, channels: Int, _ attributes: NodeAttributes) throws(ONNXError) -> Shape {
    func places(_ extent: Int, _ padding: Int, _ kernel: Int, _ stride: Int, _ dilation: Int) -> Int {
      let room = extent + padding - dilation * (kernel - 1) - 1
      return room < 0 ? 0 : room / stride + 1
    }
    let height = places(input.height, padding.top + padding.bottom, kernel.height, stride.height, dilation.height)
    let width = places(input.width, padding.left + padding.right, kernel.width, stride.width, dilation.width)
    guard height > 0, width > 0 else {
      throw attributes.operands(
        "a \(kernel.height)x\(kernel.width) window does not fit into \(input.height)x\(input.width)")
    }
    return Shape(height: height, width: width, channels: channels)
  }
}
