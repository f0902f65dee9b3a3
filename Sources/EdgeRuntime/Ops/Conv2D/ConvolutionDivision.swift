/// How a convolution or fully connected layer is divided among threads.
public enum ConvolutionAxis: Sendable {
  /// By rows of the output, after the pool.
  case rows
  /// By blocks of 16 output channels.
  case blocks
}

extension ConvolutionArguments {
  /// The same layer's part that is `share` of its rows or blocks.
  public func part(_ share: WorkShare, along axis: ConvolutionAxis) -> ConvolutionArguments {
    var part = unsafe self
    switch axis {
    case .rows: unsafe part.rows = share.range(of: rows.count)
    case .blocks: unsafe part.blocks = share.range(of: blocks.count)
    }
    return unsafe part
  }

  /// The axis along which the greatest of `threads` shares is the smaller: rows, unless blocks are better by more than a
  /// sixteenth, for threads that share rows don't write to the same cache lines.
  ///
  /// The unit is one window of one block. By rows, each thread reads, unpacks and transforms all weights, which is worth some
  /// windows more for each block; by blocks, it transforms all activations for Winograd's tiles.
  public func axis(threads: Int, instructionSet: InstructionSet) -> ConvolutionAxis {
    let pooled = unsafe parameters.hasMaxPool ? 2 : 1
    let windowsPerRow = unsafe parameters.outputWidth(inputWidth) * pooled * pooled
    var rowsOfShare = unsafe WorkShare.greatest(of: rows.count, among: threads)
    var weightWindows = unsafe parameters.storedBits < 8 ? 4 : 1
    var activationWindows = 0
    if let plan = unsafe Conv2D.winogradPlan(self, instructionSet: instructionSet) {
      rowsOfShare = (rowsOfShare * pooled + plan.outputs - 1) / plan.outputs * plan.outputs / pooled
      weightWindows += 17
      activationWindows = unsafe rows.count * windowsPerRow / 5
    }
    // A share's windows are at most four of each value of a tensor, and so are all blocks' together: 64 bits hold them.
    let byRows = unsafe Int64(rowsOfShare * windowsPerRow + weightWindows) * Int64(blocks.count)
    let byBlocks =
      unsafe Int64(rows.count * windowsPerRow) * Int64(WorkShare.greatest(of: blocks.count, among: threads))
      + Int64(activationWindows)
    return byRows * 16 <= byBlocks * 17 ? .rows : .blocks
  }
}

extension Conv2D {
  /// How a convolution is divided into Winograd's tiles, where the instruction set has kernels for them and they win.
  static func winogradPlan(_ a: ConvolutionArguments, instructionSet: InstructionSet) -> WinogradPlan? {
    #if arch(arm)
      // Nine tiles' sums of eight outputs are more than 16 registers.
      return nil
    #else
      guard instructionSet == .neon else { return nil }
      return unsafe WinogradPlan(
        a.parameters, inputHeight: a.inputHeight, inputWidth: a.inputWidth, inputChannels: a.inputChannels,
        outputChannels: a.outputChannels)
    #endif
  }
}
