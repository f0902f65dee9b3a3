import CVector

/// One convolution, planned in bytes for one instruction set.
///
/// Every kernel row of a window is one run of bytes in a zero-padded copy of the input, the strip. A tile is two runs of
/// `run` neighbouring pixels: side by side, or one above the other, so that each pair of columns is a window of the fused
/// 2x2 max-pool. For each tile, group by group, `run * 2` broadcast activations meet `vectors` weight vectors in
/// registers, and the finished sums are requantised and stored without touching memory between.
///
/// - Parameters (of the type): `longestRun` 2, 4 or 6 pixels; `vectors` of outputs in a tile; `streamed` vectors for a
///   single pixel (a fully connected layer), where weights are used once and only latency is to be hidden. Both counts
///   divide the vectors of a block of 16 outputs, unless a block is one vector.
@safe
public struct Convolution<A: ConvolutionArithmetic, let longestRun: Int, let vectors: Int, let streamed: Int> {
  @usableFromInline let task: FerriteConvolution
  @usableFromInline let shape: WindowShape<A>
  @usableFromInline let weightBits: Int
  @usableFromInline let unpacked: MutableBytes
  @usableFromInline let strip: MutableBytes
  /// One padded row of the strip.
  @usableFromInline let rowTaps: Int

  @inlinable
  public init(_ task: FerriteConvolution) {
    unsafe self.task = task
    let pooled = unsafe task.hasMaxPool ? 2 : 1
    let convolvedWidth = unsafe Int(task.outputWidth) &* pooled
    // Without the odd column that a pool drops: nothing reads what lies only under that.
    let stripWidth =
      unsafe WindowShape<A>.gathers(task)
      ? convolvedWidth &* Int(task.kernelWidth)
      : (convolvedWidth &- 1) &* Int(task.strideWidth) &+ Int(task.kernelWidth)
    rowTaps = unsafe stripWidth &* Int(task.inputChannels)
    shape = unsafe WindowShape(task, rowStep: rowTaps &* A.bytesPerTap)
    weightBits = unsafe Int(task.weightBits)
    unpacked = unsafe MutableBytes(task.workspace)
    strip = unsafe unpacked + Int(task.unpackedBytes)
  }

  @inlinable
  public func run() {
    let endRow = unsafe Int(task.endRow)
    let rowsPerStrip = outputRowsPerStrip
    var firstRow = unsafe Int(task.firstRow)
    while firstRow < endRow {
      let rows = min(rowsPerStrip, endRow &- firstRow)
      fillStrip(firstRow: firstRow, rows: rows)
      if isSinglePixel {
        convolvePixel()
      } else {
        convolveStrip(firstRow: firstRow, rows: rows)
      }
      firstRow &+= rows
    }
  }

  /// As many as the strip has room for; `Conv2D.workspaceBytes` proves at least one.
  @inlinable
  var outputRowsPerStrip: Int {
    let overhang = 2 &* shape.pixelStep &+ 64
    let stripRows = unsafe (Int(task.stripBytes) &- overhang) / shape.rowStep
    let reach = unsafe (Int(task.kernelHeight) &- 1) &* Int(task.dilationHeight) &+ 1
    let convolved = unsafe (stripRows &- reach) / Int(task.strideHeight) &+ 1
    return max(1, unsafe task.hasMaxPool ? convolved / 2 : convolved)
  }

  /// The part's outputs of the strip. Outputs are the outer loop: a block's weights stay in the nearest cache for all its
  /// pixels.
  @inlinable
  func convolveStrip(firstRow: Int, rows: Int) {
    let existing = unsafe (Int(task.outputChannels) &+ A.Totals.scalarCount &- 1) / A.Totals.scalarCount
    let count = unsafe min(existing, Int(task.endBlock) &* WindowShape<A>.vectorsPerBlock)
    let groups = shape.blockBytes / 64
    var vector = unsafe Int(task.firstBlock) &* WindowShape<A>.vectorsPerBlock
    var weights = unsafe Bytes(task.weights) + Int(task.firstBlock) &* groups &* 8 &* weightBits
    if weightBits == 8 {
      return convolveVectors(from: vector, to: count, weights: weights, firstRow: firstRow, rows: rows)
    }
    while vector < count {
      WeightUnpacking<A>.unpack(weights, bits: weightBits, groups: groups, to: unpacked)
      let end = min(count, vector &+ WindowShape<A>.vectorsPerBlock)
      convolveVectors(from: vector, to: end, weights: unpacked.readOnly, firstRow: firstRow, rows: rows)
      weights = weights + groups &* 8 &* weightBits
      vector = end
    }
  }

  /// The strip's outputs of some vectors, of which the first is a block's first, whose weights start at `weights`.
  @inlinable
  func convolveVectors(from first: Int, to end: Int, weights: Bytes, firstRow: Int, rows: Int) {
    var vector = first
    while vector &+ vectors <= end {
      let place = weights + shape.weightsOffset(vector: vector &- first)
      convolveRows(VectorCount<vectors>.self, vector: vector, weights: place, firstRow: firstRow, rows: rows)
      vector &+= vectors
    }
    while vector < end {
      let place = weights + shape.weightsOffset(vector: vector &- first)
      convolveRows(VectorCount<1>.self, vector: vector, weights: place, firstRow: firstRow, rows: rows)
      vector &+= 1
    }
  }

  /// The strip's outputs of `n` vectors.
  @inlinable @inline(__always)
  func convolveRows<let n: Int>(
    _: VectorCount<n>.Type, vector: Int, weights: Bytes, firstRow: Int, rows: Int
  ) {
    let outputs = unsafe TileOutputs<A, n>(task, weights: weights, vector: vector)
    for row in 0..<rows { convolveRow(outputs, row: row, outputRow: firstRow &+ row) }
  }

  /// One output row of some vectors, `row` rows down the strip: the longest tiles that fit, then shorter ones. The last tile
  /// of an unpooled row may compute up to two pixels too many, from the bytes behind the row, and drops them.
  @inlinable
  func convolveRow<let n: Int>(_ outputs: TileOutputs<A, n>, row: Int, outputRow: Int) {
    let pooled = unsafe task.hasMaxPool
    let width = unsafe Int(task.outputWidth)
    let stride = pooled ? 2 : 1
    let origin = unsafe strip + row &* stride &* Int(task.strideHeight) &* shape.rowStep
    let columnStep = stride &* shape.pixelStep
    let firstPixel = outputRow &* width
    let longest = pooled ? longestRun / 2 : longestRun &* 2
    let middle = pooled ? 2 : 8
    let shortest = pooled ? 1 : 4
    var x = 0
    while x &+ longest <= width {
      tile(
        Tile<A, 2, longestRun, n>.self, outputs, at: origin + x &* columnStep, pixel: firstPixel &+ x, columns: longest)
      x &+= longest
    }
    while longestRun > 4 && x &+ middle <= width {
      tile(Tile<A, 2, 4, n>.self, outputs, at: origin + x &* columnStep, pixel: firstPixel &+ x, columns: middle)
      x &+= middle
    }
    while x &+ 1 < width || (pooled && x < width) {
      tile(
        Tile<A, 2, 2, n>.self, outputs, at: origin + x &* columnStep, pixel: firstPixel &+ x,
        columns: min(shortest, width &- x))
      x &+= shortest
    }
    if x < width {
      tile(Tile<A, 1, 1, n>.self, outputs, at: origin + x &* columnStep, pixel: firstPixel &+ x, columns: 1)
    }
  }

  /// One tile from its first window's first byte to its stored outputs, `columns` of them from `pixel` on.
  @inlinable @inline(__always)
  func tile<let runs: Int, let run: Int, let n: Int>(
    _: Tile<A, runs, run, n>.Type, _ outputs: TileOutputs<A, n>, at window: MutableBytes, pixel: Int, columns: Int
  ) {
    var tile = Tile<A, runs, run, n>(biases: outputs.biases)
    let runOffset = unsafe task.hasMaxPool ? Int(task.strideHeight) &* shape.rowStep : run &* shape.pixelStep
    tile.accumulate(shape, weights: outputs.weights, window: window.readOnly, runOffset: runOffset)
    if unsafe task.hasMaxPool {
      tile.finishPooled(outputs, pixel: pixel)
    } else {
      tile.finish(outputs, pixel: pixel, columns: columns)
    }
  }
}

/// A number of vectors as a type, to be passed to generic functions.
@usableFromInline
enum VectorCount<let n: Int> {}
