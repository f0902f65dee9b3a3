import CVector

extension Conv2D {
  /// Runs one convolution or fully connected layer with the kernels of `instructionSet`, which this machine has, or by the
  /// reference where they don't apply (`isVectorized`): the same bits either way.
  public static func run(_ a: ConvolutionArguments, instructionSet: InstructionSet) {
    guard
      unsafe isVectorized(
        a.parameters, inputFormat: a.inputFormat, inputChannels: a.inputChannels, outputChannels: a.outputChannels,
        instructionSet: instructionSet)
    else { return unsafe reference(a) }
    var task = unsafe kernelTask(a, instructionSet)
    guard unsafe task.outputHeight > 0 && task.outputWidth > 0 else { return }
    if unsafe isDepthwise(a.parameters, inputChannels: a.inputChannels, outputChannels: a.outputChannels) {
      return unsafe runDepthwise(&task, instructionSet)
    }
    unsafe runGroups(a, task, instructionSet)
  }

  /// Group by group: of each its channels of every pixel.
  private static func runGroups(
    _ a: ConvolutionArguments, _ task: FerriteConvolution, _ instructionSet: InstructionSet
  ) {
    let p = unsafe a.parameters
    let (inputs, outputs) = unsafe (a.inputChannels / p.groups, a.outputChannels / p.groups)
    let blocks = (outputs + Layout.outputsPerBlock - 1) / Layout.outputsPerBlock
    let weightsBytes = unsafe p.packedBytes(inputChannels: a.inputChannels, outputChannels: a.outputChannels) / p.groups
    for group in 0..<p.groups {
      var part = unsafe task
      unsafe part.input = task.input + group * inputs
      unsafe part.output = task.output + group * outputs * a.outputFormat.elementBytes
      unsafe part.weights = task.weights + group * weightsBytes
      unsafe part.bias = task.bias + group * outputs
      unsafe part.shifts = task.shifts + group * outputs
      unsafe part.firstBlock = Int64(min(max(a.blocks.lowerBound - group * blocks, 0), blocks))
      unsafe part.endBlock = Int64(min(max(a.blocks.upperBound - group * blocks, 0), blocks))
      if unsafe part.firstBlock < part.endBlock { unsafe runGroup(&part, instructionSet) }
    }
  }

  private static func runGroup(_ task: inout FerriteConvolution, _ instructionSet: InstructionSet) {
    #if arch(x86_64)
      switch instructionSet {
      case .avx2: unsafe ferrite_convolve_avx2(&task)
      case .avx512vnni: unsafe ferrite_convolve_avx512vnni(&task)
      case .scalar, .neon, .dotprod: preconditionFailure("an instruction set of another architecture")
      }
    #elseif arch(arm64)
      switch instructionSet {
      case .neon:
        if unsafe task.winogradOutputs > 0 {
          unsafe ferrite_convolve_winograd_neon(&task)
        } else {
          unsafe ferrite_convolve_neon(&task)
        }
      case .dotprod: unsafe ferrite_convolve_dotprod(&task)
      case .scalar, .avx2, .avx512vnni: preconditionFailure("an instruction set of another architecture")
      }
    #else
      preconditionFailure("an instruction set of another architecture")
    #endif
  }

  private static func runDepthwise(_ task: inout FerriteConvolution, _ instructionSet: InstructionSet) {
    #if arch(x86_64)
      switch instructionSet {
      case .avx512vnni: unsafe ferrite_convolve_depthwise_avx512vnni(&task)
      default: unsafe ferrite_convolve_depthwise_avx2(&task)
      }
    #elseif arch(arm64)
      unsafe ferrite_convolve_depthwise_neon(&task)
    #endif
  }

  /// How a convolution is divided into Winograd's tiles, where the instruction set has kernels for them and they win.
  static func winogradPlan(_ a: ConvolutionArguments, instructionSet: InstructionSet) -> WinogradPlan? {
    guard instructionSet == .neon else { return nil }
    return unsafe WinogradPlan(
      a.parameters, inputHeight: a.inputHeight, inputWidth: a.inputWidth, inputChannels: a.inputChannels,
      outputChannels: a.outputChannels)
  }

  private static func kernelTask(_ a: ConvolutionArguments, _ instructionSet: InstructionSet) -> FerriteConvolution {
    let p = unsafe a.parameters
    let biasBytes = unsafe correctedBiasBytes(a.outputChannels)
    let unpackedBytes = unsafe unpackedBytes(
      p, inputHeight: a.inputHeight, inputWidth: a.inputWidth, inputChannels: a.inputChannels,
      outputChannels: a.outputChannels)
    let workspaceBytes = unsafe directWorkspaceBytes(
      parameters: p, inputHeight: a.inputHeight, inputWidth: a.inputWidth, inputChannels: a.inputChannels,
      outputChannels: a.outputChannels)
    let winograd = unsafe winogradPlan(a, instructionSet: instructionSet)
    let isDepthwise = unsafe isDepthwise(p, inputChannels: a.inputChannels, outputChannels: a.outputChannels)
    let groups = isDepthwise ? 1 : p.groups
    var task = unsafe FerriteConvolution(
      input: a.input, output: a.output, weights: a.weights, bias: a.bias, shifts: a.shifts, workspace: a.workspace,
      weightBits: Int64(p.storedBits), biasBytes: Int64(biasBytes), unpackedBytes: Int64(unpackedBytes),
      stripBytes: Int64(workspaceBytes - biasBytes - unpackedBytes), inputHeight: Int64(a.inputHeight),
      inputWidth: Int64(a.inputWidth), inputChannels: Int64(a.inputChannels / groups),
      inputPixelStride: Int64(a.inputChannels), outputPixelStride: Int64(a.outputChannels),
      outputHeight: Int64(p.outputHeight(a.inputHeight)), outputWidth: Int64(p.outputWidth(a.inputWidth)),
      outputChannels: Int64(a.outputChannels / groups), firstRow: Int64(a.rows.lowerBound),
      endRow: Int64(a.rows.upperBound),
      firstBlock: Int64(a.blocks.lowerBound), endBlock: Int64(a.blocks.upperBound), kernelHeight: Int64(p.kernelHeight),
      kernelWidth: Int64(p.kernelWidth),
      strideHeight: Int64(p.strideHeight), strideWidth: Int64(p.strideWidth), paddingTop: Int64(p.paddingTop),
      paddingLeft: Int64(p.paddingLeft), dilationHeight: Int64(p.dilationHeight),
      dilationWidth: Int64(p.dilationWidth), winogradOutputs: Int64(winograd?.outputs ?? 0),
      winogradTilesDown: Int64(winograd?.tilesDown ?? 0),
      minimum: a.minimum, maximum: a.maximum, inputIsSigned: a.inputFormat.isSigned,
      inputFitsInt8: a.inputFormat.isSigned || a.inputFormat.width < 8, hasMaxPool: p.hasMaxPool,
      outputIsWide: a.outputFormat.elementBytes == 2)
    let folded = unsafe Int64(foldedRows(p, inputHeight: a.inputHeight, inputWidth: a.inputWidth))
    if unsafe !isDepthwise && folded > 1 && a.rows == 0..<p.outputHeight(a.inputHeight) {
      unsafe (task.inputHeight, task.inputWidth) = (task.inputHeight / folded, task.inputWidth * folded)
      unsafe (task.outputHeight, task.outputWidth) = (task.outputHeight / folded, task.outputWidth * folded)
      unsafe task.endRow = task.outputHeight
    }
    return unsafe task
  }
}
