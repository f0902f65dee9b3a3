import CVector

/// The steps from one activation or weight to the next, in bytes, for one convolution and instruction set.
public struct WindowShape<A: ConvolutionArithmetic> {
  @usableFromInline let kernelHeight: Int
  /// Groups of four taps in a kernel row, and how they divide into chunks.
  @usableFromInline let groupsPerRow: Int
  @usableFromInline let chunksPerRow: Int
  @usableFromInline let leftGroupsPerRow: Int
  /// From a strip row to the next, from a kernel row to the next, from an output pixel's window to the next.
  @usableFromInline let rowStep: Int
  @usableFromInline let kernelRowStep: Int
  @usableFromInline let pixelStep: Int
  /// Weights of 16 outputs.
  @usableFromInline let blockBytes: Int
  /// Chunks that are added up in 16 bits; 0 where each is widened.
  @usableFromInline let chunksInHalves: Int

  @inlinable
  init(_ task: FerriteConvolution, rowStep: Int) {
    kernelHeight = unsafe Int(task.kernelHeight)
    groupsPerRow = unsafe (Int(task.kernelWidth) &* Int(task.inputChannels) &+ 3) / 4
    chunksPerRow = groupsPerRow / A.groupsPerChunk
    leftGroupsPerRow = groupsPerRow % A.groupsPerChunk
    self.rowStep = rowStep
    kernelRowStep = unsafe Int(task.dilationHeight) &* rowStep
    pixelStep =
      unsafe Int(Self.gathers(task) ? task.kernelWidth : task.strideWidth) &* Int(task.inputChannels) &* A.bytesPerTap
    blockBytes = kernelHeight &* groupsPerRow &* 64
    chunksInHalves = unsafe A.chunksInHalves(greatestWeight: (1 &<< (Int(task.weightBits) &- 1)) &- 1)
  }

  /// Whether the strip holds every window's rows by themselves, because dilation keeps their taps apart in the image.
  @inlinable
  static func gathers(_ task: FerriteConvolution) -> Bool {
    unsafe task.dilationWidth > 1 && task.kernelWidth > 1
  }

  @inlinable @inline(__always)
  static var vectorsPerBlock: Int { 16 / A.Totals.scalarCount }

  @inlinable @inline(__always)
  func weightsOffset(vector: Int) -> Int {
    vector / Self.vectorsPerBlock &* blockBytes &+ vector % Self.vectorsPerBlock &* (A.Totals.scalarCount &* 4)
  }

  /// From a vector's weights to the next one's, inside a tile.
  @inlinable @inline(__always)
  var vectorStep: Int { Self.vectorsPerBlock == 1 ? blockBytes : A.Totals.scalarCount &* 4 }
}
