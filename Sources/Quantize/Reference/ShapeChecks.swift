extension FloatGraph {
  /// Stops the program unless a node's weights, inputs and output fit each other: the reference's loops rely on it.
  func checkShapes(of node: Node) {
    let inputs = node.inputs.map { values[$0].shape }
    let output = values[node.output].shape
    precondition(!node.inputs.contains(node.output), "a node does not overwrite what it reads")
    switch node.operation {
    case .convolution(let convolution):
      precondition(convolution.outputShape(inputs[0]) == output, "a convolution's output has the size of its steps")
      precondition(
        convolution.groups > 0 && inputs[0].channels % convolution.groups == 0
          && output.channels % convolution.groups == 0, "groups divide the channels")
      let taps = convolution.kernel.height * convolution.kernel.width
      precondition(
        convolution.weights.count == output.channels * taps * (inputs[0].channels / convolution.groups),
        "a convolution has a weight for each output channel, tap and input channel of the group")
    case .batchNormalization(let scale, let shift):
      precondition(inputs[0] == output, "a batch normalisation keeps the shape")
      precondition(scale.count == output.channels && shift.count == output.channels, "a scale for each channel")
    case .clip, .quantize:
      precondition(inputs[0] == output, "a clip and a quantisation keep the shape")
    case .pointwise(let function):
      precondition(inputs[0] == output, "a function of each value keeps the shape")
      precondition(function.hasConstants(for: output.channels), "a constant is one number, or one for each channel")
    case .maxPool(let pool), .averagePool(let pool):
      precondition(pool.outputShape(inputs[0]) == output, "a pool's output has the size of its steps")
    case .fullyConnected(let weights, let bias):
      precondition(bias.count == output.count, "a fully connected layer has a bias for each output")
      precondition(weights.count == inputs[0].count * output.count, "and a weight for each input and output")
    case .flatten:
      precondition(inputs[0].count == output.count, "flattening keeps the values")
    case .affineGridSample:
      precondition(inputs.count == 2 && inputs[1].count == 6, "a sampler reads an image and a theta of six values")
      precondition(inputs[0].channels == output.channels, "a sampler keeps the channels")
    case .add:
      precondition(inputs.count == 2 && inputs.allSatisfy { $0 == output }, "a sum has the shape of both")
    case .multiply:
      precondition(inputs.count == 2 && inputs[0] == output, "a product has the shape of its first factor")
      precondition(
        [(inputs[1].height, output.height), (inputs[1].width, output.width), (inputs[1].channels, output.channels)]
          .allSatisfy { $0 == 1 || $0 == $1 }, "and the second one's extents are the same or 1")
    case .rearrange(let rearrangement):
      precondition(
        [rearrangement.rows, rearrangement.columns].allSatisfy { $0.step >= 1 && $0.divisor >= 1 },
        "steps and divisors are positive")
    case .concatenate:
      precondition(
        inputs.allSatisfy { $0.height == output.height && $0.width == output.width }
          && inputs.reduce(0) { $0 + $1.channels } == output.channels, "a concatenation joins images of one size")
    }
  }
}

extension FloatConvolution {
  /// Extents of the output for an image of `input`'s extents.
  public func outputShape(_ input: Shape) -> Shape {
    windows(over: input, kernel, stride, padding, dilation, channels: bias.count)
  }
}

extension FloatPool {
  /// Extents of the output for an image of `input`'s extents.
  public func outputShape(_ input: Shape) -> Shape {
    windows(over: input, kernel, stride, padding, dilation, channels: input.channels)
  }
}

/// An output of one pixel for each place of a window over an image.
private func windows(
  over input: Shape, _ kernel: Extent, _ stride: Extent, _ padding: Padding, _ dilation: Extent, channels: Int
) -> Shape {
  Shape(
    height: steps(
      input.height + padding.top + padding.bottom, kernel: dilation.height * (kernel.height - 1) + 1,
      stride: stride.height),
    width: steps(
      input.width + padding.left + padding.right, kernel: dilation.width * (kernel.width - 1) + 1,
      stride: stride.width),
    channels: channels)
}

/// Places of a kernel along a padded extent.
private func steps(_ extent: Int, kernel: Int, stride: Int) -> Int {
  extent < kernel ? 0 : (extent - kernel) / stride + 1
}
