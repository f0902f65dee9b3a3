import CVector
import EdgeKernels

/// A convolution or fully connected layer as the kernels of one instruction set take it, made once for all frames.
///
/// What depends on the model alone is settled here: which kernel runs, the strip's size, biases that account for flipped
/// activations, depthwise weights by tap. Where no kernel applies (`Conv2D.isVectorized`), the reference runs: the same bits
/// either way.
@unsafe
public struct PreparedConvolution {
  enum Kernel {
    case reference, direct, winograd, depthwise
  }

  let arguments: ConvolutionArguments
  let instructionSet: InstructionSet
  let kernel: Kernel
  /// Along which threads share it; nil where one does all of it.
  let axis: ConvolutionAxis?
  private var task: FerriteConvolution

  /// - Parameters:
  ///   - arguments: of the whole layer.
  ///   - instructionSet: one that this machine has.
  ///   - axis: along which `run` will be asked for shares; nil if for the whole only.
  ///   - memory: `Conv2D.preparedBytes` bytes at a multiple of 64, which outlive this value.
  public init(
    _ arguments: ConvolutionArguments, instructionSet: InstructionSet, dividedAlong axis: ConvolutionAxis?,
    memory: UnsafeMutableRawPointer
  ) {
    unsafe self.arguments = arguments
    unsafe self.instructionSet = instructionSet
    unsafe self.axis = axis
    let winograd = unsafe Conv2D.winogradPlan(arguments, instructionSet: instructionSet)
    unsafe kernel = Self.kernel(arguments, instructionSet, winograd)
    unsafe task = Self.task(arguments, instructionSet, kernel, winograd, folded: axis != .rows)
    guard unsafe kernel != .reference else { return }
    let blocks = unsafe arguments.blocks.count
    let biases = unsafe memory.bindMemory(to: Int32.self, capacity: blocks * Layout.outputsPerBlock)
    if unsafe task.inputFlip != 0 { unsafe correctBiases(in: biases) }
    if unsafe kernel == .depthwise {
      unsafe orderFilters(at: memory + Conv2D.biasBytes(arguments.outputChannels))
    }
  }

  /// Runs all of the layer in the workspace that its arguments name.
  public func run() { unsafe run(.whole, workspace: arguments.workspace) }

  /// Runs a share of the layer.
  ///
  /// - Parameter workspace: of the thread at hand, as `ConvolutionArguments.workspace`.
  public func run(_ share: WorkShare, workspace: UnsafeMutableRawPointer) {
    guard unsafe kernel != .reference else {
      return unsafe Conv2D.reference(axis.map { unsafe arguments.part(share, along: $0) } ?? arguments)
    }
    var part = unsafe task
    unsafe part.workspace = workspace
    switch unsafe axis {
    case .rows:
      let rows = unsafe share.range(of: Int(task.endRow))
      unsafe (part.firstRow, part.endRow) = (Int64(rows.lowerBound), Int64(rows.upperBound))
      unsafe runGroups(&part, arguments.blocks)
    case .blocks: unsafe runGroups(&part, share.range(of: arguments.blocks.count))
    case nil: unsafe runGroups(&part, arguments.blocks)
    }
  }

  /// The groups that have some of `blocks`, one after the other: of each its channels of every pixel. A depthwise layer's
  /// are one.
  private func runGroups(_ task: inout FerriteConvolution, _ blocks: Range<Int>) {
    let p = unsafe arguments.parameters
    let groups = unsafe kernel == .depthwise ? 1 : p.groups
    let blocksOfGroup = unsafe arguments.blocks.count / groups
    if groups == 1 {
      unsafe (task.firstBlock, task.endBlock) = (Int64(blocks.lowerBound), Int64(blocks.upperBound))
      return unsafe call(&task)
    }
    let weightsBytes =
      unsafe p.packedBytes(
        inputChannels: arguments.inputChannels, outputChannels: arguments.outputChannels) / groups
    for group in blocks.lowerBound / blocksOfGroup..<(blocks.upperBound + blocksOfGroup - 1) / blocksOfGroup {
      let ofGroup = blocks.clamped(to: group * blocksOfGroup..<(group + 1) * blocksOfGroup)
      let outputs = unsafe Int(task.outputChannels)
      var part = unsafe task
      unsafe part.input = task.input + group * Int(task.inputChannels)
      unsafe part.output = task.output + group * outputs * arguments.outputFormat.elementBytes
      unsafe part.weights = task.weights + group * weightsBytes
      unsafe part.bias = task.bias + group * outputs
      unsafe part.shifts = task.shifts + group * outputs
      unsafe part.firstBlock = Int64(ofGroup.lowerBound - group * blocksOfGroup)
      unsafe part.endBlock = Int64(ofGroup.upperBound - group * blocksOfGroup)
      unsafe call(&part)
    }
  }

  private func call(_ task: inout FerriteConvolution) {
    #if arch(x86_64)
      switch unsafe (instructionSet, kernel) {
      case (.avx512vnni, .depthwise): unsafe ferrite_convolve_depthwise_avx512vnni(&task)
      case (.avx512vnni, _): unsafe ferrite_convolve_avx512vnni(&task)
      case (_, .depthwise): unsafe ferrite_convolve_depthwise_avx2(&task)
      case (_, _): unsafe ferrite_convolve_avx2(&task)
      }
    #elseif arch(arm64)
      switch unsafe (instructionSet, kernel) {
      case (_, .depthwise): unsafe ferrite_convolve_depthwise_neon(&task)
      case (_, .winograd): unsafe ferrite_convolve_winograd_neon(&task)
      case (.dotprod, _): unsafe ferrite_convolve_dotprod(&task)
      case (_, _): unsafe ferrite_convolve_neon(&task)
      }
    #elseif arch(arm)
      switch unsafe kernel {
      case .depthwise: unsafe ferrite_convolve_depthwise_neon(&task)
      default: unsafe ferrite_convolve_neon(&task)
      }
    #else
      preconditionFailure("an instruction set of another architecture")
    #endif
  }
}

// MARK: - What is settled once

extension PreparedConvolution {
  private static func kernel(
    _ a: ConvolutionArguments, _ instructionSet: InstructionSet, _ winograd: WinogradPlan?
  ) -> Kernel {
    let p = unsafe a.parameters
    guard
      unsafe Conv2D.isVectorized(
        p, inputFormat: a.inputFormat, inputChannels: a.inputChannels, outputChannels: a.outputChannels,
        instructionSet: instructionSet),
      unsafe p.outputHeight(a.inputHeight) > 0 && p.outputWidth(a.inputWidth) > 0
    else { return .reference }
    if unsafe Conv2D.isDepthwise(p, inputChannels: a.inputChannels, outputChannels: a.outputChannels) {
      return .depthwise
    }
    return winograd == nil ? .direct : .winograd
  }

  /// - Parameter folded: whether short rows may be taken together (`Conv2D.foldedRows`).
  private static func task(
    _ a: ConvolutionArguments, _ instructionSet: InstructionSet, _ kernel: Kernel, _ winograd: WinogradPlan?,
    folded: Bool
  ) -> FerriteConvolution {
    let p = unsafe a.parameters
    let unpackedBytes = unsafe Conv2D.unpackedBytes(
      p, inputHeight: a.inputHeight, inputWidth: a.inputWidth, inputChannels: a.inputChannels,
      outputChannels: a.outputChannels)
    let workspaceBytes = unsafe Conv2D.directWorkspaceBytes(
      parameters: p, inputHeight: a.inputHeight, inputWidth: a.inputWidth, inputChannels: a.inputChannels,
      outputChannels: a.outputChannels)
    let groups = kernel == .depthwise ? 1 : p.groups
    let folded =
      unsafe folded && kernel == .direct
      ? Conv2D.foldedRows(p, inputHeight: a.inputHeight, inputWidth: a.inputWidth) : 1
    return unsafe FerriteConvolution(
      input: a.input, output: a.output, weights: a.weights, bias: a.bias, shifts: a.shifts, depths: nil,
      workspace: a.workspace,
      weightBits: Int64(p.storedBits), unpackedBytes: Int64(unpackedBytes),
      stripBytes: Int64(workspaceBytes - unpackedBytes), inputHeight: Int64(a.inputHeight / folded),
      inputWidth: Int64(a.inputWidth * folded), inputChannels: Int64(a.inputChannels / groups),
      inputPixelStride: Int64(a.inputChannels), outputPixelStride: Int64(a.outputChannels),
      outputHeight: Int64(p.outputHeight(a.inputHeight) / folded),
      outputWidth: Int64(p.outputWidth(a.inputWidth) * folded),
      outputChannels: Int64(a.outputChannels / groups), firstRow: 0,
      endRow: Int64(p.outputHeight(a.inputHeight) / folded),
      firstBlock: 0, endBlock: Int64(a.blocks.count), kernelHeight: Int64(p.kernelHeight),
      kernelWidth: Int64(p.kernelWidth),
      strideHeight: Int64(p.strideHeight), strideWidth: Int64(p.strideWidth), paddingTop: Int64(p.paddingTop),
      paddingLeft: Int64(p.paddingLeft), dilationHeight: Int64(p.dilationHeight),
      dilationWidth: Int64(p.dilationWidth), winogradOutputs: Int64(winograd?.outputs ?? 0),
      winogradTilesDown: Int64(winograd?.tilesDown ?? 0),
      minimum: a.minimum, maximum: a.maximum, inputIsSigned: a.inputFormat.isSigned,
      inputFlip: flip(a.inputFormat, instructionSet, kernel), hasMaxPool: p.hasMaxPool,
      outputIsWide: a.outputFormat.elementBytes == 2)
  }

  /// `FerriteConvolution.inputFlip`: NEON's kernels and all depthwise ones multiply signed bytes, VNNI's unsigned ones by signed
  /// weights; AVX2's widen first.
  private static func flip(_ format: FixedFormat, _ instructionSet: InstructionSet, _ kernel: Kernel) -> UInt8 {
    let fitsSigned = format.isSigned || format.width < 8
    if kernel == .depthwise { return fitsSigned ? 0 : 0x80 }
    return switch instructionSet {
    case .scalar, .avx2: 0
    case .avx512vnni: format.isSigned ? 0x80 : 0
    case .neon, .dotprod: fitsSigned ? 0 : 0x80
    }
  }

  /// Takes from every bias what 128 too much in each activation, padding included, adds to the sum: 128 times the sum of the
  /// weights; or adds what is lacking. Sums wrap, so this is exact in any case.
  private mutating func correctBiases(in memory: UnsafeMutablePointer<Int32>) {
    let p = unsafe arguments.parameters
    let stored = unsafe StoredWeights(arguments.weights, bits: p.storedBits)
    let groupsOfBlock = unsafe p.kernelHeight * p.groupsPerRow(inputChannels: arguments.inputChannels)
    let offset: Int32 = unsafe arguments.inputFormat.isSigned ? -128 : 128
    for block in unsafe 0..<arguments.blocks.count {
      var sum = SIMD16<Int32>(repeating: 0)
      for group in block * groupsOfBlock..<(block + 1) * groupsOfBlock {
        let word = stored.taps(ofGroup: group)
        for tap in 0..<Int32(4) { sum &+= (word &<< (24 &- 8 &* tap)) &>> 24 }
      }
      for lane in 0..<Layout.outputsPerBlock {
        let output = block * Layout.outputsPerBlock + lane
        unsafe memory[output] = arguments.bias[output] &+ offset &* sum[lane]
      }
    }
    unsafe task.bias = UnsafePointer(memory)
  }

  /// Puts a depthwise layer's weights in the order in which its kernels go through them: tap by tap, 16 channels at a time.
  private mutating func orderFilters(at memory: UnsafeMutableRawPointer) {
    let p = unsafe arguments.parameters
    let stored = unsafe StoredWeights(arguments.weights, bits: p.storedBits)
    let blocks = unsafe arguments.blocks.count
    let taps = p.kernelHeight * p.kernelWidth
    let weights = unsafe memory.bindMemory(to: Int8.self, capacity: blocks * Layout.outputsPerBlock * taps)
    let depths = unsafe (memory + Conv2D.orderedBytes(p, blocks: blocks)).bindMemory(to: UInt8.self, capacity: blocks)
    for block in 0..<blocks {
      var (greatest, ofRows, ofFilters) = (0, 0, 0)
      for lane in 0..<Layout.outputsPerBlock {
        let channel = block * Layout.outputsPerBlock + lane
        var ofFilter = 0
        for row in 0..<p.kernelHeight {
          var ofRow = 0
          for column in 0..<p.kernelWidth {
            let weight = unsafe stored.weight(
              p.packedIndex(output: channel, row: row, tap: column, inputChannels: arguments.inputChannels))
            let tap = row * p.kernelWidth + column
            unsafe weights[(block * taps + tap) * Layout.outputsPerBlock + lane] = weight
            greatest = max(greatest, Int(weight.magnitude))
            ofRow += Int(weight.magnitude)
          }
          ofRows = max(ofRows, ofRow)
          ofFilter += ofRow
        }
        ofFilters = max(ofFilters, ofFilter)
      }
      unsafe depths[block] =
        DepthwiseDepth.isUnrolled(task)
        ? DepthwiseDepth.unrolled(p.kernelWidth, ofFilters: ofFilters, ofRows: ofRows)
        : DepthwiseDepth.any(greatest: greatest)
    }
    unsafe (task.weights, task.depths) = (UnsafeRawPointer(weights), UnsafePointer(depths))
  }
}
