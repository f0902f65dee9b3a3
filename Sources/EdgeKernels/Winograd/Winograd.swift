import CVector

/// A 3x3 convolution of stride 1 by Winograd's minimal filtering: transform activations and weights, multiply them point by
/// point, transform the sums of products back. docs/kernels.md, "Winograd".
///
/// All of it is exact: products fit 32 bits, sums wrap, and the odd factor by which results are too large is divided out modulo
/// 2^32, for which `WinogradPlan` has left room. Weights are transformed here, sixteen outputs at a time, right before
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
  /// Of the strip at hand.
  @usableFromInline var tilesDown: Int

  @inlinable
  public init(_ task: FerriteConvolution) {
    unsafe self.task = task
    workspace = unsafe MutableBytes(task.workspace)
    channels = unsafe Int(task.inputChannels)
    pooled = unsafe task.hasMaxPool ? 2 : 1
    tilesAcross = unsafe (Int(task.outputWidth) &* pooled &+ T.outputs &- 1) / T.outputs
    tilesDown = unsafe Int(task.winogradTilesDown)
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
    let endRow = unsafe Int(task.endRow)
    let rowsPerStrip = tilesDown &* T.outputs / pooled
    var firstRow = unsafe Int(task.firstRow)
    while firstRow < endRow {
      var strip = self
      let rows = min(rowsPerStrip, endRow &- firstRow)
      strip.tilesDown = (rows &* pooled &+ T.outputs &- 1) / T.outputs
      strip.convolve(firstRow: firstRow, rows: rows)
      firstRow &+= rows
    }
  }

  /// The part's outputs of a strip, which is transformed once for all of them.
  @inlinable
  func convolve(firstRow: Int, rows: Int) {
    fillStrip(firstRow: firstRow)
    transformActivations()
    for block in unsafe Int(task.firstBlock)..<Int(task.endBlock) {
      transformWeights(block: block)
      for half in 0..<2 {
        let firstOutput = block &* 16 &+ half &* 8
        if unsafe firstOutput < Int(task.outputChannels) {
          convolve(firstOutput: firstOutput, half: half, firstRow: firstRow, rows: rows)
        }
      }
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
