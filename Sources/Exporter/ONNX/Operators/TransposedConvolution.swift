import EdgeRuntime
import Quantize

/// ConvTranspose-11 and 22: the image with its pixels set apart by the stride and zeros around, then a convolution with the
/// kernel turned about.
func importTransposedConvolution(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let (value, shape) = try builder.image(try node.activation(0), for: node)
  let weights = try node.weights(1)
  let groups = try node.integer("group", default: 1)
  guard weights.dims.count == 4, weights.count > 0, groups >= 1, groups <= shape.channels,
    weights.dims[0] == shape.channels, shape.channels % groups == 0
  else {
    throw node.fail(
      "weights of dims \(weights.dims) in \(groups) groups; [inputs, outputs, height, width] for \(shape.channels) inputs are "
        + "supported")
  }
  guard builder.grids[node.inputNames[1]] == nil else {
    throw node.fail("its weights are quantised, which is not supported")
  }
  let (perGroup, kernel) = (weights.dims[1], Extent(weights.dims[2], weights.dims[3]))
  let outputs = perGroup * groups
  let bias = node.optionalInput(2) == nil ? nil : try node.weights(2)
  guard bias == nil || bias?.dims == [outputs] else {
    throw node.fail("its bias has dims \(bias?.dims ?? []) for \(outputs) outputs")
  }
  let window = try TransposedWindow(node, image: shape, kernel: kernel)
  // ONNX has inputs x (outputs / groups) x rows x columns; a convolution outputs x rows x columns x (inputs / groups).
  let inputsPerGroup = shape.channels / groups
  var turned: [Float] = []
  turned.reserveCapacity(weights.count)
  for output in 0..<outputs {
    for ky in (0..<kernel.height).reversed() {
      for kx in (0..<kernel.width).reversed() {
        for ic in 0..<inputsPerGroup {
          let input = output / perGroup * inputsPerGroup + ic
          turned.append(
            weights.elements[((input * perGroup + output % perGroup) * kernel.height + ky) * kernel.width + kx])
        }
      }
    }
  }
  let apart = try builder.add(
    .rearrange(FloatRearrangement(rows: window.rows, columns: window.columns)), [value],
    shape: Shape(height: window.spread.height, width: window.spread.width, channels: shape.channels), for: node,
    suffix: "/apart")
  let convolution = FloatConvolution(
    weights: turned, bias: bias?.elements ?? Array(repeating: 0, count: outputs), kernel: kernel,
    dilation: window.dilation, groups: groups)
  let output = try builder.add(
    .convolution(convolution), [apart],
    shape: Shape(height: window.output.height, width: window.output.width, channels: outputs), for: node)
  return builder.asImage(output)
}

/// How far a transposed convolution's pixels lie apart, and what it makes.
private struct TransposedWindow {
  var rows: RearrangeParameters.Axis
  var columns: RearrangeParameters.Axis
  var dilation: Extent
  /// Of the image set apart, with what is around it.
  var spread: Extent
  var output: Extent

  init(_ node: ONNXNode, image: Shape, kernel: Extent) throws(ONNXError) {
    func pair(_ name: String, default value: Int, from least: Int) throws(ONNXError) -> Extent {
      guard let numbers = try node.integers(name) else { return Extent(value, value) }
      guard numbers.count == 2, numbers.allSatisfy({ (least...255).contains($0) }) else {
        throw node.reject(name, numbers, supported: "two numbers, \(least) to 255")
      }
      return Extent(numbers[0], numbers[1])
    }
    if let given = try node.integers("kernel_shape"), given != [kernel.height, kernel.width] {
      throw node.reject("kernel_shape", given, supported: "the weights' extents")
    }
    let stride = try pair("strides", default: 1, from: 1)
    dilation = try pair("dilations", default: 1, from: 1)
    let more = try pair("output_padding", default: 0, from: 0)
    let reach = Extent((kernel.height - 1) * dilation.height + 1, (kernel.width - 1) * dilation.width + 1)
    let whole = Extent(
      (image.height - 1) * stride.height + reach.height + more.height,
      (image.width - 1) * stride.width + reach.width + more.width)
    let pads = try Self.pads(node, of: whole, size: Extent(image.height * stride.height, image.width * stride.width))
    output = Extent(whole.height - pads.top - pads.bottom, whole.width - pads.left - pads.right)
    guard output.height > 0, output.width > 0 else { throw node.fail("its pads leave nothing") }
    spread = Extent(output.height + reach.height - 1, output.width + reach.width - 1)
    rows = .init(offset: pads.top - (reach.height - 1), divisor: stride.height)
    columns = .init(offset: pads.left - (reach.width - 1), divisor: stride.width)
  }

  /// What is cut off around the sums of all pixels; less than 0 at the end where `output_shape` asks for more than these.
  ///
  /// - Parameters:
  ///   - whole: the extents of these sums and of `output_padding`.
  ///   - size: the image's extents times the strides.
  private static func pads(_ node: ONNXNode, of whole: Extent, size: Extent) throws(ONNXError) -> Padding {
    let automatic = try node.string("auto_pad", default: "NOTSET")
    guard ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"].contains(automatic) else {
      throw node.reject("auto_pad", automatic, supported: "NOTSET, VALID, SAME_UPPER, SAME_LOWER")
    }
    let isSame = automatic.hasPrefix("SAME")
    var wanted = isSame ? size : whole
    if let given = try node.integers("output_shape") {
      guard given.count == 2, given.allSatisfy({ (1...GraphBuilder.extentLimit).contains($0) }) else {
        throw node.reject("output_shape", given, supported: "two numbers, 1 to \(GraphBuilder.extentLimit)")
      }
      wanted = Extent(given[0], given[1])
    } else if automatic == "NOTSET" {
      let pads = try node.integers("pads") ?? [0, 0, 0, 0]
      guard pads.count == 4, pads.allSatisfy({ (0...255).contains($0) }) else {
        throw node.reject("pads", pads, supported: "four numbers, 0 to 255")
      }
      return Padding(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3])
    }
    // Where the rest of an output that is larger than all sums belongs, engines don't agree on.
    guard !isSame || wanted.height <= whole.height && wanted.width <= whole.width else {
      throw node.reject(
        "auto_pad", automatic, supported: "NOTSET and VALID where the kernel reaches less than the stride")
    }
    func axis(_ extent: Int, _ wanted: Int) -> (first: Int, last: Int) {
      let total = max(extent - wanted, 0)
      let first = automatic == "SAME_UPPER" ? total / 2 : total - total / 2
      return (first, extent - wanted - first)
    }
    let (rows, columns) = (axis(whole.height, wanted.height), axis(whole.width, wanted.width))
    return Padding(top: rows.first, left: columns.first, bottom: rows.last, right: columns.last)
  }
}
