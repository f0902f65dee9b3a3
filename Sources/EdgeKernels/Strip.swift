import CVector

/// The zero-padded copy of some input rows, and the biases that undo what its conversion changed.
extension Convolution {
  /// Copies the input rows under `rows` output rows from `firstRow` on, with zeros around them, as the instructions want them.
  @inlinable
  func fillStrip(firstRow: Int, rows: Int) {
    let pooled = unsafe task.hasMaxPool ? 2 : 1
    let channels = unsafe Int(task.inputChannels)
    let top = unsafe firstRow &* pooled &* Int(task.strideHeight) &- Int(task.paddingTop)
    let count =
      unsafe (rows &* pooled &- 1) &* Int(task.strideHeight)
      &+ (Int(task.kernelHeight) &- 1) &* Int(task.dilationHeight) &+ 1
    let left = unsafe min(Int(task.paddingLeft) &* channels, rowTaps)
    let inside = unsafe min(Int(task.inputWidth) &* channels, rowTaps &- left)
    for row in 0..<count {
      let line = strip + row &* shape.rowStep
      let y = top &+ row
      if unsafe y < 0 || y >= Int(task.inputHeight) {
        fillZeros(line, taps: rowTaps)
      } else {
        let source = unsafe Bytes(task.input) + y &* Int(task.inputWidth) &* channels
        fillZeros(line, taps: left)
        unsafe A.convert(
          source, to: line + left &* A.bytesPerTap, count: inside, isSigned: task.inputIsSigned, flip: flip)
        fillZeros(line + (left &+ inside) &* A.bytesPerTap, taps: rowTaps &- left &- inside)
      }
    }
  }

  /// The value that stands for zero in the strip.
  @inlinable
  func fillZeros(_ memory: MutableBytes, taps: Int) {
    for byte in 0..<taps &* A.bytesPerTap { (memory + byte).store(flip) }
  }

  /// `bias - response to a strip of zeros`, so that the sums come out as if zero were stored as zero. Wrapping sums make
  /// this exact in any case. Whole blocks of 16 outputs, as weights and biases have them.
  @inlinable
  func correctBiases() {
    fillZeros(strip, taps: 64)
    let blocks = unsafe (Int(task.outputChannels) &+ 15) / 16
    let count = blocks &* WindowShape<A>.vectorsPerBlock
    var vector = 0
    while vector &+ streamed <= count {
      correctBiases(VectorCount<streamed>.self, vector: vector)
      vector &+= streamed
    }
    while vector < count {
      correctBiases(VectorCount<1>.self, vector: vector)
      vector &+= 1
    }
  }

  /// The biases of `n` vectors at once, which hides the latency of their sums.
  @inlinable @inline(__always)
  func correctBiases<let n: Int>(_: VectorCount<n>.Type, vector: Int) {
    var sums = InlineArray<n, A.Sums>(repeating: A.start(A.Totals(repeating: 0)))
    var weights = unsafe Bytes(task.weights) + shape.weightsOffset(vector: vector)
    let groups = shape.kernelHeight &* shape.groupsPerRow
    let zeros = A.loadTaps(strip.readOnly)
    var chunk = 0
    while chunk < groups / A.groupsPerChunk {
      for v in 0..<n { A.multiplyAdd(&sums[v], A.loadWeights(weights + v &* shape.vectorStep), zeros) }
      weights = weights + A.groupsPerChunk &* 64
      chunk &+= 1
    }
    let zeroGroup = A.Remainder.loadTaps(strip.readOnly)
    var group = 0
    while group < groups % A.groupsPerChunk {
      for v in 0..<n {
        A.Remainder.multiplyAdd(&sums[v], A.Remainder.loadWeights(weights + v &* shape.vectorStep), zeroGroup)
      }
      weights = weights + 64
      group &+= 1
    }
    for v in 0..<n {
      let place = (vector &+ v) &* A.Totals.scalarCount &* 4
      let corrected = unsafe (Bytes(task.bias) + place).load(A.Totals.self) &- A.totals(sums[v])
      unsafe (MutableBytes(task.workspace) + place).store(corrected)
    }
  }
}
