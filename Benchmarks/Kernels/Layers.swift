import EdgeRuntime

/// A layer to time, in memory of its own.
struct Layer {
  var name: String
  /// 0 where nothing is weighed: samplers and pools.
  var multiplyAccumulates: Int
  var outputs: Int
  var run: (InstructionSet) -> Void

  /// A 3x3 convolution with padding 1 on a square image of unsigned bytes.
  static func convolution(_ size: Int, _ inputs: Int, _ outputs: Int, pooled: Bool = true) -> Layer {
    Layer(
      "\(size)x\(size)x\(inputs)-\(outputs)\(pooled ? " pool" : "")", size, inputs, outputs,
      ConvolutionParameters(
        kernelHeight: 3, kernelWidth: 3, paddingTop: 1, paddingLeft: 1, paddingBottom: 1, paddingRight: 1,
        hasMaxPool: pooled))
  }

  static func fullyConnected(_ inputs: Int, _ outputs: Int) -> Layer {
    Layer(
      "fc \(inputs)-\(outputs)",
      ConvolutionProblem(
        ConvolutionParameters(kernelHeight: 1, kernelWidth: 1), inputHeight: 1, inputWidth: 1, inputChannels: inputs,
        outputChannels: outputs))
  }

  /// A convolution of any shape on a square image of unsigned bytes, padded so that stride 1 keeps the size.
  static func shaped(
    _ size: Int, _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, dilation: Int = 1, groups: Int = 1
  ) -> Layer {
    let padding = dilation * (kernel / 2)
    let parameters = ConvolutionParameters(
      kernelHeight: kernel, kernelWidth: kernel, strideHeight: stride, strideWidth: stride, paddingTop: padding,
      paddingLeft: padding, paddingBottom: padding, paddingRight: padding, dilationHeight: dilation,
      dilationWidth: dilation, groups: groups)
    let kind = groups == inputs ? " dw" : groups > 1 ? " /\(groups)" : ""
    let steps = (stride > 1 ? " by \(stride)" : "") + (dilation > 1 ? " dil \(dilation)" : "")
    return Layer("\(size)x\(inputs)-\(outputs)\(kind) \(kernel)x\(kernel)\(steps)", size, inputs, outputs, parameters)
  }

  /// On a square image of unsigned bytes, to unsigned bytes.
  private init(_ name: String, _ size: Int, _ inputs: Int, _ outputs: Int, _ parameters: ConvolutionParameters) {
    var problem = ConvolutionProblem(
      parameters, inputHeight: size, inputWidth: size, inputChannels: inputs, outputChannels: outputs)
    problem.outputFormat = FixedFormat(width: 8, fraction: 0, isSigned: false)
    self.init(name, problem)
  }

  private init(_ name: String, _ problem: ConvolutionProblem) {
    let memory = unsafe InstructionSet.allCases.map { _ in unsafe pages(problem.memoryBytes) }
    let prepared = unsafe InstructionSet.allCases.map { set in
      unsafe set.isAvailable ? problem.prepared(set, memory: memory[Int(set.rawValue)]) : nil
    }
    self.init(
      name: name, multiplyAccumulates: problem.multiplyAccumulates,
      outputs: problem.outputHeight * problem.outputWidth * problem.outputChannels,
      run: { set in unsafe prepared[Int(set.rawValue)]?.run() })
  }

  private init(name: String, multiplyAccumulates: Int, outputs: Int, run: @escaping (InstructionSet) -> Void) {
    self.name = name
    self.multiplyAccumulates = multiplyAccumulates
    self.outputs = outputs
    self.run = run
  }

  /// A sampler over a square image, turned by about 6 degrees so that borders are met.
  static func sampler(_ size: Int, _ channels: Int) -> Layer {
    let theta = unsafe pages(12).bindMemory(to: Int16.self)
    // 14 fraction bits.
    for (index, value) in [16_294, 1638, 0, -1638, 16_294, 0].enumerated() { unsafe theta[index] = Int16(value) }
    let (half, one) = (Int32(size) << 15, Int32(1) << 16)
    let axis = AffineGridParameters.Axis(
      a0: (1 - Int32(size)) << 15, a1: one, b0: (1 - Int32(size)) << 15, b1: one, c: half, d: half - one / 2)
    let image = unsafe pages(size * size * channels)
    let output = unsafe pages(size * size * channels)
    let arguments = unsafe AffineGridSampleArguments(
      parameters: AffineGridParameters(x: axis, y: axis), image: UnsafeRawPointer(image.baseAddress!),
      imageHeight: size, imageWidth: size, channels: channels,
      format: FixedFormat(width: 8, fraction: 0, isSigned: false),
      theta: UnsafePointer(theta.baseAddress!), thetaFraction: 14, output: output.baseAddress!, outputHeight: size,
      outputWidth: size, minimum: 0, maximum: 255)
    return Layer(
      name: "\(size)x\(size)x\(channels) sampler", multiplyAccumulates: 0, outputs: size * size * channels,
      run: { unsafe AffineGridSample.run(arguments, instructionSet: $0) })
  }

  static func averagePool(_ size: Int, _ channels: Int) -> Layer {
    let input = unsafe pages(size * size * channels)
    let output = unsafe pages(size * size * channels / 4)
    let format = FixedFormat(width: 8, fraction: 0, isSigned: false)
    let arguments = unsafe PoolArguments(
      parameters: PoolParameters(kernelHeight: 2, kernelWidth: 2, strideHeight: 2, strideWidth: 2),
      input: UnsafeRawPointer(input.baseAddress!), inputFormat: format, inputHeight: size, inputWidth: size,
      channels: channels, output: output.baseAddress!, outputFormat: format, minimum: 0, maximum: 255)
    return Layer(
      name: "\(size)x\(size)x\(channels) average", multiplyAccumulates: 0, outputs: size * size * channels / 4,
      run: { unsafe Pool2D.average(arguments, multiplier: 1, shift: 2, instructionSet: $0) })
  }

  /// Every layer of the medium SDL network in the order of the model file, but for the concatenation.
  static func mediumNetwork() -> [Layer] {
    [
      convolution(48, 1, 32), convolution(24, 32, 32), convolution(12, 32, 64), fullyConnected(2304, 32),
      fullyConnected(32, 6), sampler(48, 1), convolution(48, 1, 32, pooled: false), averagePool(48, 32),
      convolution(24, 32, 32), convolution(12, 32, 64), convolution(6, 64, 64), fullyConnected(576, 32),
      fullyConnected(32, 6), sampler(24, 32), convolution(24, 32, 16, pooled: false), averagePool(24, 16),
      convolution(48, 1, 32), convolution(24, 32, 64, pooled: false), convolution(24, 64, 64),
      convolution(12, 64, 128, pooled: false), convolution(12, 128, 128), convolution(6, 128, 256, pooled: false),
      convolution(6, 256, 256), fullyConnected(4608, 144), fullyConnected(144, 7),
    ]
  }
}

extension Layer {
  /// What networks of other families bring. Those that `Benchmarks/Device/layers.c` has too stand first, in its order.
  static func otherShapes() -> [Layer] {
    [
      shaped(24, 64, 64, kernel: 1), shaped(12, 128, 128, kernel: 1), shaped(6, 256, 256, kernel: 1),
      shaped(24, 8, 48, kernel: 1), shaped(24, 48, 8, kernel: 1), shaped(24, 64, 64, kernel: 3, stride: 2),
      shaped(24, 64, 64, kernel: 5), shaped(24, 64, 64, kernel: 7), shaped(24, 64, 64, kernel: 3, dilation: 2),
      shaped(24, 64, 64, kernel: 3, groups: 64), shaped(24, 64, 64, kernel: 3, stride: 2, groups: 64),
      shaped(24, 64, 64, kernel: 5, groups: 64), shaped(24, 64, 64, kernel: 7, groups: 64),
      shaped(6, 256, 256, kernel: 3, groups: 256), shaped(24, 64, 64, kernel: 3, groups: 4),
    ]
  }
}

/// Zeroed memory at a multiple of 64 that stays until the program ends.
private func pages(_ bytes: Int) -> UnsafeMutableRawBufferPointer {
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes, alignment: 64)
  unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
  return unsafe memory
}
