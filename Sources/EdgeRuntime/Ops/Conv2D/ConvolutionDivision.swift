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
  /// The unit is one window of one block. By rows, each thread reads and unpacks all weights, which is worth some windows more
  /// for each block.
  public func axis(threads: Int) -> ConvolutionAxis {
    let windowsPerRow = unsafe parameters.outputWidth(inputWidth) * (parameters.hasMaxPool ? 4 : 1)
    let weightWindows = unsafe parameters.storedBits < 8 ? 4 : 1
    let byRows =
      unsafe (WorkShare.greatest(of: rows.count, among: threads) * windowsPerRow + weightWindows) * blocks.count
    let byBlocks = unsafe rows.count * windowsPerRow * WorkShare.greatest(of: blocks.count, among: threads)
    return byRows * 16 <= byBlocks * 17 ? .rows : .blocks
  }
}
