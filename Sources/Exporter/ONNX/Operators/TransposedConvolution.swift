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
    let size = try node.integers("output_shape")
    let automatic = try node.string("auto_pad", default: "NOTSET")
    guard size == nil, automatic == "NOTSET" else {
      throw node.fail("output_shape and auto_pad \(automatic) are not supported; pads and output_padding are")
    }
    let pads = try node.integers("pads") ?? [0, 0, 0, 0]
    guard pads.count == 4, pads.allSatisfy({ (0...255).contains($0) }) else {
      throw node.reject("pads", pads, supported: "four numbers, 0 to 255")
    }
    func axis(
      _ count: Int, _ stride: Int, _ reach: Int, _ first: Int, _ last: Int, _ more: Int
    ) -> (axis: RearrangeParameters.Axis, spread: Int, output: Int) {
      let around = (first: reach - 1 - first, last: reach - 1 - last + more)
      let spread = (count - 1) * stride + 1 + around.first + around.last
      return (.init(offset: -around.first, divisor: stride), spread, spread - reach + 1)
    }
    let reach = Extent((kernel.height - 1) * dilation.height + 1, (kernel.width - 1) * dilation.width + 1)
    let vertical = axis(image.height, stride.height, reach.height, pads[0], pads[2], more.height)
    let horizontal = axis(image.width, stride.width, reach.width, pads[1], pads[3], more.width)
    guard vertical.output > 0, horizontal.output > 0 else { throw node.fail("its pads \(pads) leave nothing") }
    (rows, columns) = (vertical.axis, horizontal.axis)
    spread = Extent(vertical.spread, horizontal.spread)
    output = Extent(vertical.output, horizontal.output)
  }
}
