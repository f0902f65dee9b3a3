import EdgeRuntime

/// A layer to time.
struct Layer {
  var name: String
  var problem: ConvolutionProblem

  /// A 3x3 convolution with padding 1 on a square image of unsigned bytes.
  static func convolution(_ size: Int, _ inputs: Int, _ outputs: Int, pooled: Bool = true) -> Layer {
    var problem = ConvolutionProblem(
      ConvolutionParameters(
        kernelHeight: 3, kernelWidth: 3, paddingTop: 1, paddingLeft: 1, paddingBottom: 1, paddingRight: 1,
        hasMaxPool: pooled),
      inputHeight: size, inputWidth: size, inputChannels: inputs, outputChannels: outputs)
    problem.outputFormat = FixedFormat(width: 8, fraction: 0, isSigned: false)
    return Layer(name: "\(size)x\(size)x\(inputs)-\(outputs)\(pooled ? " pool" : "")", problem: problem)
  }

  static func fullyConnected(_ inputs: Int, _ outputs: Int) -> Layer {
    Layer(
      name: "fc \(inputs)-\(outputs)",
      problem: ConvolutionProblem(
        ConvolutionParameters(kernelHeight: 1, kernelWidth: 1), inputHeight: 1, inputWidth: 1, inputChannels: inputs,
        outputChannels: outputs))
  }

  /// Every convolution and fully connected layer of the medium SDL network.
  static let mediumNetwork: [Layer] = [
    convolution(48, 1, 64), convolution(24, 64, 128), convolution(12, 128, 256), convolution(6, 256, 256),
    convolution(48, 1, 32), convolution(24, 32, 32), convolution(12, 32, 64), fullyConnected(2304, 32),
    fullyConnected(32, 6), convolution(48, 1, 32, pooled: false),
    convolution(24, 32, 32), convolution(12, 32, 64), convolution(6, 64, 64), fullyConnected(576, 32),
    fullyConnected(32, 6), convolution(24, 32, 16, pooled: false),
    fullyConnected(4608, 144), fullyConnected(144, 7),
  ]
}
