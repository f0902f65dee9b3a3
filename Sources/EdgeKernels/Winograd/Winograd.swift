import CVector

/// A 3x3 convolution of stride 1 by Winograd's minimal filtering: transform activations and weights, multiply them point by
/// point, transform the sums of products back. docs/kernels.md, "Winograd".
///
/// All of it is exact: products fit 32 bits, sums wrap, and the odd factor by which results are too large is divided out modulo
/// 2^32, for which `Conv2D.winogradOutputs` has left room. Weights are transformed here, sixteen outputs at a time, right before
/// they are used: a file's weights are read once for a strip, as narrow as they are stored, and nothing of them is kept.
///
/// Each `tilesDown` rows of tiles are a strip, whose memory `WinogradPlaces` lays out.
@safe
public struct Winograd<A: LaneArithmetic, T: WinogradTile> {
  @usableFromInline let task: FerriteConvolution
  @usableFromInline let places: WinogradPlaces
  @usableFromInline let workspace: MutableBytes
  @usableFromInline let channels: Int
  /// Rows of the convolution for each row of the output: 2 under a fused pool, else 1.
  @usableFromInline let pooled: Int
  @usableFromInline let tilesAcross: Int
  @usableFromInline let tilesDown: Int
  @usableFromInline let flip: UInt8

  @inlinable
  public init(_ task: FerriteConvolution) {
    unsafe self.task = task
    workspace = unsafe MutableBytes(task.workspace)
    channels = unsafe Int(task.inputChannels)
    pooled = unsafe task.hasMaxPool ? 2 : 1
    tilesAcross = unsafe (Int(task.outputWidth) &* pooled &+ T.outputs &- 1) / T.outputs
    tilesDown = unsafe Int(task.winogradTilesDown)
    flip = unsafe A.flip(inputIsSigned: task.inputIsSigned, fitsInt8: task.inputFitsInt8)
    places = unsafe WinogradPlaces(
      outputs: T.outputs, tilesAcross: tilesAcross, tilesDown: tilesDown, channels: channels,
      unpackedBytes: Int(task.unpackedBytes))
  }

  @usableFromInline var tiles: Int {
    @inlinable get { tilesAcross &* tilesDown }
  }
  @usableFromInline var columns: Int {
    @inlinable get { tilesAcross &* T.outputs }
  }

  @inlinable
  public func run() {
    let height = unsafe Int(task.outputHeight)
    let blocks = unsafe (Int(task.outputChannels) &+ 15) / 16
    let rowsPerStrip = tilesDown &* T.outputs / pooled
    var firstRow = 0
    while firstRow < height {
      let rows = min(rowsPerStrip, height &- firstRow)
      fillStrip(firstRow: firstRow)
      transformActivations()
      for block in 0..<blocks {
        transformWeights(block: block)
        convolve(firstOutput: block &* 16, half: 0, firstRow: firstRow, rows: rows)
        if unsafe block &* 16 &+ 8 < Int(task.outputChannels) {
          convolve(firstOutput: block &* 16 &+ 8, half: 1, firstRow: firstRow, rows: rows)
        }
      }
      firstRow &+= rows
    }
  }

  /// Eight outputs of a strip, from transformed activations and weights to stored values.
  @inlinable
  func convolve(firstOutput: Int, half: Int, firstRow: Int, rows: Int) {
    multiply(half: half)
    transformSums()
    store(firstOutput: firstOutput, half: half, firstRow: firstRow, rows: rows)
  }
}
