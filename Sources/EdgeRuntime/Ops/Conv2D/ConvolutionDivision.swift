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
}
