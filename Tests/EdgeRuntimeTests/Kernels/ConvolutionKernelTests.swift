import EdgeRuntime
import Testing

/// The instruction sets whose kernels this machine can run.
let vectorSets = InstructionSet.allCases.filter { $0 != .scalar && $0.isAvailable }

@Suite("Convolution kernels equal the scalar reference bit for bit")
struct ConvolutionKernelTests {
  @Test("on seeded problems of every kind", arguments: vectorSets, Array(0..<40))
  func seededProblems(_ set: InstructionSet, _ block: Int) {
    for seed in block * 25..<(block + 1) * 25 { expectAgreement(ConvolutionProblem(seed: UInt64(seed)), set) }
  }

  @Test("at every row length around a tile, pooled or not", arguments: vectorSets, [false, true])
  func rowLengths(_ set: InstructionSet, _ pooled: Bool) {
    for width in 1...27 {
      for outputs in [1, 16, 33] {
        expectAgreement(.square(3, pooled: pooled, height: 3, width: width, inputs: 5, outputs: outputs), set)
      }
    }
  }

  @Test("at every number of outputs around a vector", arguments: vectorSets)
  func outputCounts(_ set: InstructionSet) {
    for outputs in 1...70 {
      expectAgreement(.square(3, pooled: false, height: 2, width: 3, inputs: 4, outputs: outputs), set)
      expectAgreement(.dense(inputs: 37, outputs: outputs), set)
    }
  }

  @Test("when the image takes several strips", arguments: vectorSets, [false, true])
  func severalStrips(_ set: InstructionSet, _ pooled: Bool) {
    expectAgreement(.square(3, pooled: pooled, height: 41, width: 50, inputs: 33, outputs: 17), set)
    expectAgreement(.square(5, pooled: pooled, height: 9, width: 300, inputs: 40, outputs: 3), set)
  }

  @Test("in fully connected layers", arguments: vectorSets, [1, 3, 4, 63, 64, 65, 1000, 2309])
  func fullyConnected(_ set: InstructionSet, _ inputs: Int) {
    for outputs in [6, 7, 64, 100] {
      var problem = ConvolutionProblem.dense(inputs: inputs, outputs: outputs)
      expectAgreement(problem, set)
      problem.inputFormat.isSigned = true
      problem.outputFormat = FixedFormat(width: 16, fraction: 0, isSigned: true)
      problem.isExtreme = true
      expectAgreement(problem, set)
    }
  }

  @Test("when wrapping sums pass the ends of 32 bits on the way", arguments: vectorSets, [false, true])
  func fullRangeAccumulators(_ set: InstructionSet, _ pooled: Bool) {
    for seed in 1...20 {
      var problem = ConvolutionProblem.square(3, pooled: pooled, height: 6, width: 12, inputs: 64, outputs: 32)
      problem.inputFormat.isSigned = seed % 2 == 0
      problem.isExtreme = true
      problem.seed = UInt64(seed)
      expectAgreement(problem, set)
    }
  }

  @Test("when weights take less than a byte", arguments: vectorSets, 2...7)
  func packedWeights(_ set: InstructionSet, _ bits: Int) {
    for outputs in [1, 4, 15, 16, 17, 31, 33, 64] {
      for inputs in [1, 3, 5, 16, 23] {
        for pooled in [false, true] {
          var problem = ConvolutionProblem.square(
            3, pooled: pooled, height: 4, width: 7, inputs: inputs, outputs: outputs)
          problem.parameters.weightWidth = bits
          problem.isExtreme = outputs % 2 == 1
          problem.seed = UInt64(inputs)
          expectAgreement(problem, set)
          problem.inputFormat.isSigned = true
          expectAgreement(problem, set)
        }
      }
    }
    var strips = ConvolutionProblem.square(3, pooled: false, height: 41, width: 50, inputs: 33, outputs: 35)
    strips.parameters.weightWidth = bits
    expectAgreement(strips, set)
  }

  /// 256 taps are a piece of a block, 64 where a kernel streams four blocks.
  @Test("when weights take less than a byte and are used once", arguments: vectorSets, 2...7)
  func packedWeightsOfASinglePixel(_ set: InstructionSet, _ bits: Int) {
    for inputs in [1, 4, 63, 64, 65, 255, 256, 257, 300, 1025] {
      for outputs in [1, 6, 16, 17, 64, 65, 100] {
        var problem = ConvolutionProblem.dense(inputs: inputs, outputs: outputs)
        problem.parameters.weightWidth = bits
        problem.isExtreme = outputs % 2 == 1
        problem.inputFormat.isSigned = inputs % 2 == 0
        expectAgreement(problem, set)
      }
    }
    var window = ConvolutionProblem.square(3, pooled: false, height: 3, width: 3, inputs: 101, outputs: 20)
    window.parameters.weightWidth = bits
    (window.parameters.paddingTop, window.parameters.paddingBottom) = (0, 0)
    (window.parameters.paddingLeft, window.parameters.paddingRight) = (0, 0)
    expectAgreement(window, set)
  }

  @Test("in parts, by rows or by blocks of outputs", arguments: vectorSets + [.scalar], 2...7)
  func parts(_ set: InstructionSet, _ parts: Int) {
    for seed in 0..<120 {
      let problem = ConvolutionProblem(seed: UInt64(1000 * parts + seed))
      expectAgreement(problem, set, parts: parts, along: .rows)
      expectAgreement(problem, set, parts: parts, along: .blocks)
    }
    for bits in [4, 8] {
      var strips = ConvolutionProblem.square(3, pooled: true, height: 41, width: 50, inputs: 33, outputs: 81)
      strips.parameters.weightWidth = bits
      var dense = ConvolutionProblem.dense(inputs: 300, outputs: 100)
      dense.parameters.weightWidth = bits
      for signed in set == .scalar ? [] : [false, true] {
        strips.inputFormat.isSigned = signed
        dense.inputFormat.isSigned = signed
        expectAgreement(strips, set, parts: parts, along: .rows)
        expectAgreement(strips, set, parts: parts, along: .blocks)
        expectAgreement(dense, set, parts: parts, along: .blocks)
      }
    }
  }

  @Test("where dilation keeps the taps of a row apart", arguments: vectorSets, 2...3)
  func dilations(_ set: InstructionSet, _ dilation: Int) {
    for width in [1, 4, 9, 20] {
      for stride in 1...2 {
        var problem = ConvolutionProblem.square(3, pooled: width == 9, height: 9, width: width, inputs: 9, outputs: 20)
        (problem.parameters.dilationHeight, problem.parameters.dilationWidth) = (4 - dilation, dilation)
        problem.parameters.strideWidth = stride
        problem.parameters.paddingLeft = 2
        problem.parameters.paddingRight = 3
        expectAgreement(problem, set)
      }
    }
  }

  @Test("of one group after the other", arguments: vectorSets, 2...8)
  func groups(_ set: InstructionSet, _ bits: Int) {
    for (kernel, inputs, outputs) in [(3, 1, 16), (3, 8, 16), (1, 20, 32), (5, 3, 48)] {
      var problem = ConvolutionProblem.square(
        kernel, pooled: bits % 2 == 0, height: 6, width: 7, inputs: 3 * inputs, outputs: 3 * outputs)
      problem.parameters.groups = 3
      problem.parameters.weightWidth = bits
      problem.inputFormat.isSigned = bits % 3 == 0
      expectAgreement(problem, set)
    }
  }

  @Test("of 1x1, whose rows are taken together", arguments: vectorSets)
  func pointwise(_ set: InstructionSet) {
    for (height, width) in [(1, 1), (3, 3), (6, 6), (7, 5), (12, 12), (48, 48), (2, 70), (13, 3)] {
      expectAgreement(.square(1, pooled: false, height: height, width: width, inputs: 40, outputs: 24), set)
    }
  }

  @Test("where they don't apply, because the reference takes over", arguments: vectorSets)
  func uncovered(_ set: InstructionSet) {
    var grouped = ConvolutionProblem.square(3, pooled: false, height: 9, width: 9, inputs: 8, outputs: 16)
    grouped.parameters.groups = 2
    #expect(
      !Conv2D.isVectorized(
        grouped.parameters, inputFormat: grouped.inputFormat, inputChannels: 8, outputChannels: 16, instructionSet: set)
    )
    expectAgreement(grouped, set)
  }

  private func expectAgreement(
    _ problem: ConvolutionProblem, _ set: InstructionSet, parts: Int = 1, along axis: ConvolutionAxis = .rows
  ) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: problem.memoryBytes, alignment: 64)
    defer { unsafe memory.deallocate() }
    let mismatch = unsafe problem.mismatch(set, memory: memory, parts: parts, along: axis)
    #expect(mismatch == nil, "\(set) \(problem), \(parts) parts along \(axis)")
  }
}

extension ConvolutionProblem {
  fileprivate static func square(
    _ kernel: Int, pooled: Bool, height: Int, width: Int, inputs: Int, outputs: Int
  ) -> ConvolutionProblem {
    ConvolutionProblem(
      ConvolutionParameters(
        kernelHeight: kernel, kernelWidth: kernel, paddingTop: kernel / 2, paddingLeft: kernel / 2,
        paddingBottom: kernel / 2, paddingRight: kernel / 2, hasMaxPool: pooled),
      inputHeight: height, inputWidth: width, inputChannels: inputs, outputChannels: outputs)
  }

  fileprivate static func dense(inputs: Int, outputs: Int) -> ConvolutionProblem {
    ConvolutionProblem(
      ConvolutionParameters(kernelHeight: 1, kernelWidth: 1), inputHeight: 1, inputWidth: 1, inputChannels: inputs,
      outputChannels: outputs)
  }
}
