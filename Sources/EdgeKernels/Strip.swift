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
        let source = unsafe Bytes(task.input) + y &* Int(task.inputWidth) &* Int(task.inputPixelStride)
        if unsafe WindowShape<A>.gathers(task) || task.inputPixelStride != task.inputChannels {
          fillByPixels(line, source)
          continue
        }
        fillZeros(line, taps: left)
        unsafe A.convert(
          source, to: line + left &* A.bytesPerTap, count: inside, isSigned: task.inputIsSigned, flip: flip)
        fillZeros(line + (left &+ inside) &* A.bytesPerTap, taps: rowTaps &- left &- inside)
      }
    }
  }

  /// Copies an image row pixel by pixel: one group's channels, or the taps of each window's row side by side.
  @inlinable
  func fillByPixels(_ line: MutableBytes, _ source: Bytes) {
    let channels = unsafe Int(task.inputChannels)
    let kernelWidth = unsafe Int(task.kernelWidth)
    let gathers = unsafe WindowShape<A>.gathers(task)
    for pixel in 0..<rowTaps / channels {
      let column =
        unsafe gathers
        ? pixel / kernelWidth &* Int(task.strideWidth) &+ pixel % kernelWidth &* Int(task.dilationWidth) : pixel
      let x = unsafe column &- Int(task.paddingLeft)
      let place = line + pixel &* channels &* A.bytesPerTap
      if unsafe x < 0 || x >= Int(task.inputWidth) {
        fillZeros(place, taps: channels)
      } else {
        unsafe A.convert(
          source + x &* Int(task.inputPixelStride), to: place, count: channels, isSigned: task.inputIsSigned, flip: flip
        )
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
  @inlinable @inline(__always)
  func correctBiases<let n: Int>(_: VectorCount<n>.Type, vector: Int, weights: Bytes) {
    var sums = InlineArray<n, A.Sums>(repeating: A.start(A.Totals(repeating: 0)))
    addZeroResponse(&sums, weights: weights, groups: shape.blockBytes / 64, vectorStep: shape.vectorStep)
    for v in 0..<n {
      let place = (vector &+ v) &* A.Totals.scalarCount &* 4
      let corrected = unsafe (Bytes(task.bias) + place).load(A.Totals.self) &- A.totals(sums[v])
      unsafe (MutableBytes(task.workspace) + place).store(corrected)
    }
  }

  /// Adds what the weights of `n` vectors, `vectorStep` bytes apart, make of zeros as the strip stores them.
  @inlinable @inline(__always)
  func addZeroResponse<let n: Int>(
    _ sums: inout InlineArray<n, A.Sums>, weights: Bytes, groups: Int, vectorStep: Int
  ) {
    var weights = weights
    let zeroChunk = A.loadTaps(zeros.readOnly)
    var chunk = 0
    while chunk < groups / A.groupsPerChunk {
      for v in 0..<n { A.multiplyAdd(&sums[v], A.loadWeights(weights + v &* vectorStep), zeroChunk) }
      weights = weights + A.groupsPerChunk &* 64
      chunk &+= 1
    }
    let zeroGroup = A.Remainder.loadTaps(zeros.readOnly)
    var group = 0
    while group < groups % A.groupsPerChunk {
      for v in 0..<n {
        A.Remainder.multiplyAdd(&sums[v], A.Remainder.loadWeights(weights + v &* vectorStep), zeroGroup)
      }
      weights = weights + 64
      group &+= 1
    }
  }
}
