import CVector

/// A 3x3 convolution of stride 1 over a single channel, as a network's first layer on grey images is.
///
/// Nine taps are too few for kernels that add up runs of bytes. Here the weights of eight outputs stay in registers, nine
/// vectors of 16 bits, while pixels pass: eight of them at a time, or two rows of four under a fused max-pool, each a lane
/// of the strip's rows, which are padded with zeros and widened to 16 bits.
@safe
public struct OneChannelConvolution<A: LaneArithmetic> {
  @usableFromInline let task: FerriteConvolution
  @usableFromInline let unpacked: MutableBytes
  @usableFromInline let strip: MutableBytes
  @usableFromInline let rowTaps: Int
  @usableFromInline let pooled: Int

  /// Whether a convolution is one of these.
  @inlinable
  public static func applies(to task: FerriteConvolution) -> Bool {
    unsafe task.inputChannels == 1 && task.kernelHeight == 3 && task.kernelWidth == 3 && task.strideHeight == 1
      && task.strideWidth == 1 && task.dilationHeight == 1 && task.dilationWidth == 1 && task.inputPixelStride == 1
  }

  @inlinable
  public init(_ task: FerriteConvolution) {
    unsafe self.task = task
    pooled = unsafe task.hasMaxPool ? 2 : 1
    rowTaps = unsafe Int(task.outputWidth) &* pooled &+ 2
    unpacked = unsafe MutableBytes(task.workspace)
    strip = unsafe unpacked + Int(task.unpackedBytes)
  }

  @inlinable
  public func run() {
    let endRow = unsafe Int(task.endRow)
    // Behind the strip's rows 64 bytes are left, past which no tile reads.
    let stripRows = unsafe (Int(task.stripBytes) &- 64) / (rowTaps &* 2)
    let rowsPerStrip = max(1, (stripRows &- 2) / pooled)
    let endOutput = unsafe min(Int(task.outputChannels), Int(task.endBlock) &* 16)
    var firstRow = unsafe Int(task.firstRow)
    while firstRow < endRow {
      let rows = min(rowsPerStrip, endRow &- firstRow)
      fillStrip(firstRow: firstRow, rows: rows &* pooled &+ 2)
      var output = unsafe Int(task.firstBlock) &* 16
      while output < endOutput {
        convolve(firstOutput: output, firstRow: firstRow, rows: rows)
        output &+= 8
      }
      firstRow &+= rows
    }
  }

  @inlinable
  func fillStrip(firstRow: Int, rows: Int) {
    let top = unsafe firstRow &* pooled &- Int(task.paddingTop)
    let left = unsafe min(Int(task.paddingLeft), rowTaps)
    let inside = unsafe min(Int(task.inputWidth), rowTaps &- left)
    let zero = unsafe Int16(Int8(bitPattern: task.inputFlip))
    for row in 0..<rows {
      let line = strip + row &* rowTaps &* 2
      let y = top &+ row
      let isOutside = unsafe y < 0 || y >= Int(task.inputHeight)
      for tap in 0..<rowTaps { (line + tap &* 2).store(zero) }
      if isOutside { continue }
      let source = unsafe Bytes(task.input) + y &* Int(task.inputWidth)
      for tap in 0..<inside {
        let byte = unsafe (source + tap).load(UInt8.self) ^ task.inputFlip
        (line + (left &+ tap) &* 2).store(Int16(Int8(bitPattern: byte)))
      }
    }
  }

  /// Eight outputs of the strip's rows.
  @inlinable
  func convolve(firstOutput: Int, firstRow: Int, rows: Int) {
    let weights = weights(firstOutput: firstOutput)
    let bias = unsafe A.loadEight(Bytes(task.bias) + firstOutput &* 4)
    let store = unsafe EightStore<A>(task, firstOutput: firstOutput)
    let width = unsafe Int(task.outputWidth)
    let columns = 8 / pooled / pooled
    for row in 0..<rows {
      let line = strip.readOnly + row &* pooled &* (rowTaps &* 2)
      let pixel = (firstRow &+ row) &* width
      var x = 0
      while x < width {
        let window = line + x &* pooled &* 2
        let count = min(columns, width &- x)
        if unsafe task.hasMaxPool {
          pooledTile(window, weights, bias, store, pixel: pixel &+ x, count: count)
        } else {
          tile(window, weights, bias, store, pixel: pixel &+ x, count: count)
        }
        x &+= columns
      }
    }
  }

  /// Tap `3 * row + column` of eight outputs.
  @inlinable @inline(__always)
  func weights(firstOutput: Int) -> InlineArray<9, SIMD8<Int16>> {
    var stored = unsafe Bytes(task.weights) + firstOutput / 16 &* 3 &* 8 &* Int(task.weightBits)
    if unsafe task.weightBits != 8 {
      unsafe WeightUnpacking<A>.unpack(stored, bits: Int(task.weightBits), groups: 3, to: unpacked)
      stored = unpacked.readOnly
    }
    let half = Int32(firstOutput / 8 % 2)
    let rows = InlineArray<3, FerriteFourChannels> { ferrite_fourChannels((stored + $0 &* 64).load(SIMD64<Int8>.self)) }
    return [
      ferrite_widenHalf(rows[0].a, half), ferrite_widenHalf(rows[0].b, half), ferrite_widenHalf(rows[0].c, half),
      ferrite_widenHalf(rows[1].a, half), ferrite_widenHalf(rows[1].b, half), ferrite_widenHalf(rows[1].c, half),
      ferrite_widenHalf(rows[2].a, half), ferrite_widenHalf(rows[2].b, half), ferrite_widenHalf(rows[2].c, half),
    ]
  }

  /// Eight neighbouring pixels.
  @inlinable @inline(__always)
  func tile(
    _ window: Bytes, _ weights: InlineArray<9, SIMD8<Int16>>, _ bias: A.Eight, _ store: EightStore<A>, pixel: Int,
    count: Int
  ) {
    var sums = InlineArray<8, A.Eight>(repeating: bias)
    addRow(&sums, first: 0, count: 8, window, weights, row: 0)
    addRow(&sums, first: 0, count: 8, window + rowTaps &* 2, weights, row: 1)
    addRow(&sums, first: 0, count: 8, window + rowTaps &* 4, weights, row: 2)
    store.put(pixel: pixel, count: count) { sums[$0] }
  }

  /// Two rows of four pixels: two windows of the pool.
  @inlinable @inline(__always)
  func pooledTile(
    _ window: Bytes, _ weights: InlineArray<9, SIMD8<Int16>>, _ bias: A.Eight, _ store: EightStore<A>, pixel: Int,
    count: Int
  ) {
    var sums = InlineArray<8, A.Eight>(repeating: bias)
    let (second, third, fourth) = (window + rowTaps &* 2, window + rowTaps &* 4, window + rowTaps &* 6)
    addRow(&sums, first: 0, count: 4, window, weights, row: 0)
    addRow(&sums, first: 0, count: 4, second, weights, row: 1)
    addRow(&sums, first: 4, count: 4, second, weights, row: 0)
    addRow(&sums, first: 0, count: 4, third, weights, row: 2)
    addRow(&sums, first: 4, count: 4, third, weights, row: 1)
    addRow(&sums, first: 4, count: 4, fourth, weights, row: 2)
    let windows: InlineArray<2, A.Eight> = [
      A.greater(A.greater(sums[0], sums[1]), A.greater(sums[4], sums[5])),
      A.greater(A.greater(sums[2], sums[3]), A.greater(sums[6], sums[7])),
    ]
    store.put(pixel: pixel, count: count) { windows[$0] }
  }

  /// The products of one kernel row with `count` neighbouring pixels, 4 or 8, whose sums start at `first`.
  @inlinable @inline(__always)
  func addRow(
    _ sums: inout InlineArray<8, A.Eight>, first: Int, count: Int, _ window: Bytes,
    _ weights: InlineArray<9, SIMD8<Int16>>,
    row: Int
  ) {
    let values = window.load(SIMD8<Int16>.self)
    let next = count == 8 ? (window + 16).load(SIMD8<Int16>.self) : values
    for column in 0..<3 {
      let weight = weights[row &* 3 &+ column]
      for x in 0..<count {
        let lane = x &+ column
        if lane < 8 {
          A.multiplyAdd(&sums[first &+ x], weight, values, lane: lane)
        } else {
          A.multiplyAdd(&sums[first &+ x], weight, next, lane: lane &- 8)
        }
      }
    }
  }
}
