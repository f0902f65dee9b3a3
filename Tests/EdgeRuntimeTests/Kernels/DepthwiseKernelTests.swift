import EdgeRuntime
import Testing

@Suite("Depthwise kernels equal the scalar reference bit for bit")
struct DepthwiseKernelTests {
  @Test("at every row length around a tile, pooled or not", arguments: vectorSets, [false, true])
  func rowLengths(_ set: InstructionSet, _ pooled: Bool) {
    for width in 1...19 {
      for stride in 1...3 {
        expectAgreement(.depthwise(3, stride: stride, pooled: pooled, width: width, channels: 16), set)
      }
    }
  }

  @Test("at every number of channels around a vector", arguments: vectorSets)
  func channelCounts(_ set: InstructionSet) {
    for channels in 2...70 {
      expectAgreement(.depthwise(3, stride: 1, pooled: false, width: 5, channels: channels), set)
    }
  }

  @Test("of every kernel, stride and dilation", arguments: vectorSets, [1, 2, 3, 4, 5, 7])
  func windows(_ set: InstructionSet, _ kernel: Int) {
    for stride in 1...3 {
      for dilation in 1...3 {
        var problem = ConvolutionProblem.depthwise(kernel, stride: stride, pooled: false, width: 17, channels: 24)
        problem.parameters.dilationHeight = dilation
        problem.parameters.dilationWidth = 4 - dilation
        expectAgreement(problem, set)
      }
    }
  }

  @Test("where as many products as possible meet at the ends of 16 bits", arguments: vectorSets, 2...8)
  func extremes(_ set: InstructionSet, _ bits: Int) {
    for seed in 1...12 {
      for kernel in [3, 5] {
        var problem = ConvolutionProblem.depthwise(kernel, stride: 1, pooled: seed % 3 == 0, width: 9, channels: 35)
        problem.parameters.weightWidth = bits
        problem.inputFormat.isSigned = seed % 2 == 0
        problem.isExtreme = seed % 4 != 0
        problem.seed = UInt64(seed)
        expectAgreement(problem, set)
      }
    }
  }

  /// Weights of 7 bits whose rows of three or five just fit, or whose nine do: the widest sums that each loop may build.
  @Test(
    "on filters that decide between two, three, five and nine products", arguments: vectorSets,
    [2, 28, 29, 42, 43, 51, 52, 56, 63, 64, 85, 86, 127])
  func depths(_ set: InstructionSet, _ magnitude: Int) {
    for seed in 0..<8 {
      for kernel in [3, 5] {
        var problem = ConvolutionProblem.depthwise(kernel, stride: 1 + seed / 4, pooled: false, width: 6, channels: 16)
        problem.inputFormat.isSigned = seed % 2 == 0
        problem.isExtreme = true
        // Far biases would saturate outputs, and hide a sum that has left 16 bits.
        problem.hasSmallBiases = seed % 4 < 2
        problem.largestWeight = magnitude
        problem.seed = UInt64(seed)
        expectAgreement(problem, set)
      }
    }
  }

  @Test("when the image takes several strips", arguments: vectorSets, [false, true])
  func severalStrips(_ set: InstructionSet, _ pooled: Bool) {
    expectAgreement(.depthwise(3, stride: 2, pooled: pooled, height: 61, width: 50, channels: 40), set)
    expectAgreement(.depthwise(5, stride: 1, pooled: pooled, height: 33, width: 300, channels: 17), set)
  }

  @Test("as the rule says that they apply", arguments: vectorSets)
  func rule(_ set: InstructionSet) {
    let parameters = ConvolutionParameters(kernelHeight: 3, kernelWidth: 3, dilationWidth: 2, groups: 8)
    let bytes = FixedFormat(width: 8, fraction: 0, isSigned: false)
    func isVectorized(_ format: FixedFormat, outputs: Int, _ set: InstructionSet) -> Bool {
      Conv2D.isVectorized(
        parameters, inputFormat: format, inputChannels: 8, outputChannels: outputs, instructionSet: set)
    }
    #expect(isVectorized(bytes, outputs: 8, set))
    #expect(!isVectorized(bytes, outputs: 16, set))
    #expect(!isVectorized(FixedFormat(width: 9, fraction: 0, isSigned: false), outputs: 8, set))
    #expect(!isVectorized(bytes, outputs: 8, .scalar))
  }

  private func expectAgreement(_ problem: ConvolutionProblem, _ set: InstructionSet) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: problem.memoryBytes, alignment: 64)
    defer { unsafe memory.deallocate() }
    let mismatch = unsafe problem.mismatch(set, memory: memory)
    #expect(mismatch == nil, "\(set) \(problem)")
  }
}

extension ConvolutionProblem {
  fileprivate static func depthwise(
    _ kernel: Int, stride: Int, pooled: Bool, height: Int = 7, width: Int, channels: Int
  ) -> ConvolutionProblem {
    ConvolutionProblem(
      ConvolutionParameters(
        kernelHeight: kernel, kernelWidth: kernel, strideHeight: stride, strideWidth: stride, paddingTop: kernel / 2,
        paddingLeft: kernel / 2, paddingBottom: kernel / 2, paddingRight: kernel / 2, groups: channels,
        hasMaxPool: pooled),
      inputHeight: height, inputWidth: width, inputChannels: channels, outputChannels: channels)
  }
}
