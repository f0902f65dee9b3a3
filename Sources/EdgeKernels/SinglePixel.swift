import CVector

/// A convolution with one output pixel, as a fully connected layer is: each weight is used once, so that reading the weights
/// is most of the work. They are read once, in pieces that fit the nearest cache.
extension Convolution {
  @inlinable @inline(__always)
  var isSinglePixel: Bool { unsafe task.outputHeight == 1 && task.outputWidth == 1 && !task.hasMaxPool }

  /// The part's outputs of the pixel, in whole blocks: outputs that don't exist have zeros for weights, and no memory.
  @inlinable
  func convolvePixel() {
    let count = unsafe Int(task.endBlock) &* WindowShape<A>.vectorsPerBlock
    var vector = unsafe Int(task.firstBlock) &* WindowShape<A>.vectorsPerBlock
    while vector &+ streamed <= count {
      convolvePixel(VectorCount<streamed>.self, vector: vector)
      vector &+= streamed
    }
    while vector < count {
      convolvePixel(VectorCount<1>.self, vector: vector)
      vector &+= 1
    }
  }

  /// The outputs of `n` vectors at once, which hides the latency of their sums.
  @inlinable @inline(__always)
  func convolvePixel<let n: Int>(_: VectorCount<n>.Type, vector: Int) {
    let blocks = max(1, n / WindowShape<A>.vectorsPerBlock)
    // Of each block; a multiple of every chunk.
    let pieceGroups = 64 / blocks
    let isPacked = weightBits != 8
    let vectorStep = isPacked && WindowShape<A>.vectorsPerBlock == 1 ? pieceGroups &* 64 : shape.vectorStep
    let outputs = unsafe TileOutputs<A, n>(
      task, weights: Bytes(task.weights) + shape.weightsOffset(vector: vector), vector: vector)
    var tile = Tile<A, 1, 1, n>(biases: outputs.biases)
    var row = 0
    while row < shape.kernelHeight {
      var group = 0
      while group < shape.groupsPerRow {
        let groups = min(pieceGroups, shape.groupsPerRow &- group)
        let first = row &* shape.groupsPerRow &+ group
        var weights = outputs.weights + first &* 64
        if isPacked {
          unpack(block: vector / WindowShape<A>.vectorsPerBlock, blocks, first: first, groups, step: pieceGroups &* 64)
          weights = unpacked.readOnly + vector % WindowShape<A>.vectorsPerBlock &* (A.Totals.scalarCount &* 4)
        }
        let taps = strip.readOnly + (row &* shape.kernelRowStep &+ group &* (4 &* A.bytesPerTap))
        tile.accumulate(shape, groups: groups, weights: weights, vectorStep: vectorStep, taps: taps)
        group &+= groups
      }
      row &+= 1
    }
    tile.finish(outputs, pixel: 0, columns: 1)
  }

  /// Unpacks `groups` groups, from the block's `first` on, of each of `blocks` blocks, `step` bytes apart.
  @inlinable @inline(__always)
  func unpack(block: Int, _ blocks: Int, first: Int, _ groups: Int, step: Int) {
    let groupsPerBlock = shape.blockBytes / 64
    for index in 0..<blocks {
      let group = (block &+ index) &* groupsPerBlock &+ first
      WeightUnpacking<A>.unpack(
        unsafe Bytes(task.weights) + group &* 8 &* weightBits, bits: weightBits, groups: groups,
        to: unpacked + index &* step)
    }
  }
}
