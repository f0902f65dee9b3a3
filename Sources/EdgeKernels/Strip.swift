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
  /// this exact in any case.
  @inlinable
  func correctBiases() {
    fillZeros(strip, taps: 64)
    let corrected = unsafe MutableBytes(task.workspace)
    let count = unsafe (Int(task.outputChannels) &+ A.Totals.scalarCount &- 1) / A.Totals.scalarCount
    for vector in 0..<count {
      var sums = A.start(A.Totals(repeating: 0))
      var weights = unsafe Bytes(task.weights) + shape.weightsOffset(vector: vector)
      let groups = shape.kernelHeight &* shape.groupsPerRow
      let zeros = A.loadTaps(strip.readOnly)
      for _ in 0..<groups / A.groupsPerChunk {
        A.multiplyAdd(&sums, A.loadWeights(weights), zeros)
        weights = weights + A.groupsPerChunk &* 64
      }
      let zeroGroup = A.Remainder.loadTaps(strip.readOnly)
      for _ in 0..<groups % A.groupsPerChunk {
        A.Remainder.multiplyAdd(&sums, A.Remainder.loadWeights(weights), zeroGroup)
        weights = weights + 64
      }
      let place = vector &* A.Totals.scalarCount &* 4
      (corrected + place).store(unsafe (Bytes(task.bias) + place).load(A.Totals.self) &- A.totals(sums))
    }
  }
}
