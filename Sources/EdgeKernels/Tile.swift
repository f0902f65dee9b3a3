/// The running sums of a tile: `runs` x `run` pixels, `vectors` vectors of outputs, held in registers.
@usableFromInline
struct Tile<A: ConvolutionArithmetic, let runs: Int, let run: Int, let vectors: Int> {
  @usableFromInline var sums: InlineArray<runs, InlineArray<run, InlineArray<vectors, A.Sums>>>

  /// Every pixel starts from the outputs' biases.
  @inlinable @inline(__always)
  init(biases: Bytes) {
    var pixel = InlineArray<vectors, A.Sums>(repeating: A.start(A.Totals(repeating: 0)))
    for v in 0..<vectors { pixel[v] = A.start((biases + v &* A.Totals.scalarCount &* 4).load(A.Totals.self)) }
    sums = InlineArray(repeating: InlineArray(repeating: pixel))
  }

  /// Adds every product of the windows whose first byte lies at `window + r * runOffset + x * pixelStep`.
  @inlinable @inline(__always)
  mutating func accumulate(_ shape: WindowShape<A>, weights: Bytes, window: Bytes, runOffset: Int) {
    // A loop of its own for narrow weights: their code costs the other loop registers.
    if shape.chunksInHalves > 1 {
      forEachRow(shape, weights, window, runOffset) { $0.accumulateInHalves(shape, &$1, &$2, runOffset) }
    } else {
      forEachRow(shape, weights, window, runOffset) {
        $0.accumulate(A.self, chunks: shape.chunksPerRow, shape, &$1, shape.vectorStep, &$2, runOffset)
      }
    }
  }

  /// Calls `addChunks` for the chunks of each kernel row with its weights and taps, which it moves on, and adds what is left.
  @inlinable @inline(__always)
  mutating func forEachRow(
    _ shape: WindowShape<A>, _ weights: Bytes, _ window: Bytes, _ runOffset: Int,
    _ addChunks: (inout Self, inout Bytes, inout Bytes) -> Void
  ) {
    var weights = weights
    var row = window
    var kernelRow = 0
    while kernelRow < shape.kernelHeight {
      var taps = row
      addChunks(&self, &weights, &taps)
      if A.groupsPerChunk > 1 {
        accumulate(
          A.Remainder.self, chunks: shape.leftGroupsPerRow, shape, &weights, shape.vectorStep, &taps, runOffset)
      }
      row = row + shape.kernelRowStep
      kernelRow &+= 1
    }
  }

  /// Adds the products of some groups of a kernel row to a tile of one pixel.
  @inlinable @inline(__always)
  mutating func accumulate(_ shape: WindowShape<A>, groups: Int, weights: Bytes, vectorStep: Int, taps: Bytes) {
    var weights = weights
    var taps = taps
    accumulate(A.self, chunks: groups / A.groupsPerChunk, shape, &weights, vectorStep, &taps, 0)
    if A.groupsPerChunk > 1 {
      accumulate(A.Remainder.self, chunks: groups % A.groupsPerChunk, shape, &weights, vectorStep, &taps, 0)
    }
  }

  @inlinable @inline(__always)
  mutating func accumulate<B: ConvolutionArithmetic>(
    _: B.Type, chunks: Int, _ shape: WindowShape<A>, _ weights: inout Bytes, _ vectorStep: Int, _ taps: inout Bytes,
    _ runOffset: Int
  ) where B.Sums == A.Sums {
    var chunk = 0
    while chunk < chunks {
      var vector = InlineArray<vectors, B.Weights>(repeating: B.loadWeights(weights))
      for v in 1..<max(1, vectors) { vector[v] = B.loadWeights(weights + v &* vectorStep) }
      var pixel = B.loadTaps(taps)
      if runs &* run == 1 {
        addPixel(0, vector, &pixel, taps, shape, runOffset, B.self)
      } else {
        addFour(0, vector, &pixel, taps, shape, runOffset, B.self)
        if runs &* run > 4 { addFour(4, vector, &pixel, taps, shape, runOffset, B.self) }
        if runs &* run > 8 { addFour(8, vector, &pixel, taps, shape, runOffset, B.self) }
      }
      weights = weights + B.groupsPerChunk &* 64
      taps = taps + B.groupsPerChunk &* 4 &* B.bytesPerTap
      chunk &+= 1
    }
  }

  /// Four pixels from `place` on. Written out, for `finish` keeps the compiler from unrolling a loop.
  @inlinable @inline(__always)
  mutating func addFour<B: ConvolutionArithmetic>(
    _ place: Int, _ weights: borrowing InlineArray<vectors, B.Weights>, _ pixel: inout B.Taps, _ taps: Bytes,
    _ shape: WindowShape<A>, _ runOffset: Int, _: B.Type
  ) where B.Sums == A.Sums {
    addPixel(place, weights, &pixel, taps, shape, runOffset, B.self)
    addPixel(place &+ 1, weights, &pixel, taps, shape, runOffset, B.self)
    addPixel(place &+ 2, weights, &pixel, taps, shape, runOffset, B.self)
    addPixel(place &+ 3, weights, &pixel, taps, shape, runOffset, B.self)
  }

  /// Adds a chunk's products of the pixel at `place`, counted along the runs, and leaves the next one's taps in `pixel`.
  @inlinable @inline(__always)
  mutating func addPixel<B: ConvolutionArithmetic>(
    _ place: Int, _ weights: borrowing InlineArray<vectors, B.Weights>, _ pixel: inout B.Taps, _ taps: Bytes,
    _ shape: WindowShape<A>, _ runOffset: Int, _: B.Type
  ) where B.Sums == A.Sums {
    let (r, x) = (place / run, place % run)
    let isLast = place &+ 1 == runs &* run
    let (nextRow, nextColumn) = ((place &+ 1) / run, (place &+ 1) % run)
    var next = isLast ? pixel : B.loadTaps(taps + (nextRow &* runOffset &+ nextColumn &* shape.pixelStep))
    for v in 0..<vectors { B.multiplyAdd(&sums[r][x][v], weights[v], pixel) }
    if !isLast {
      for v in 0..<vectors { B.finish(&sums[r][x][v], before: &next) }
    }
    pixel = next
  }

  /// Adds the products of a kernel row's chunks, as many in 16 bits as narrow weights allow before they are widened.
  @inlinable @inline(__always)
  mutating func accumulateInHalves(
    _ shape: WindowShape<A>, _ weights: inout Bytes, _ taps: inout Bytes, _ runOffset: Int
  ) {
    var chunks = shape.chunksPerRow
    while chunks > 0 {
      var halves = InlineArray<runs, InlineArray<run, InlineArray<vectors, A.Halves>>>(
        repeating: InlineArray(repeating: InlineArray(repeating: A.zeroHalves)))
      let end = max(0, chunks &- shape.chunksInHalves)
      while chunks > end {
        var vector = InlineArray<vectors, A.Weights>(repeating: A.loadWeights(weights))
        for v in 1..<max(1, vectors) { vector[v] = A.loadWeights(weights + v &* shape.vectorStep) }
        for r in 0..<runs {
          for x in 0..<run {
            let pixel = A.loadTaps(taps + (r &* runOffset &+ x &* shape.pixelStep))
            for v in 0..<vectors { A.multiplyAddInHalves(&halves[r][x][v], vector[v], pixel) }
          }
        }
        weights = weights + A.groupsPerChunk &* 64
        taps = taps + A.groupsPerChunk &* 4 &* A.bytesPerTap
        chunks &-= 1
      }
      for r in 0..<runs {
        for x in 0..<run {
          for v in 0..<vectors { A.widen(halves[r][x][v], into: &sums[r][x][v]) }
        }
      }
    }
  }

  /// Stores the pixels of both runs, side by side; `columns` of them are in the image.
  @inlinable @inline(__always)
  func finish(_ outputs: TileOutputs<A, vectors>, pixel: Int, columns: Int) {
    if columns == runs &* run && outputs.arePairs {
      for r in 0..<runs {
        for x in 0..<run {
          outputs.put(pixel: pixel &+ r &* run &+ x, A.totals(sums[r][x][0]), A.totals(sums[r][x][vectors &- 1]))
        }
      }
      return
    }
    // Totals lie in memory of their own, which leaves the sums, indexed by unrolled loops alone, in registers.
    var totals = InlineArray<vectors, InlineArray<runs, InlineArray<run, A.Totals>>>(
      repeating: InlineArray(repeating: InlineArray(repeating: A.Totals(repeating: 0))))
    for r in 0..<runs {
      for x in 0..<run {
        for v in 0..<vectors { totals[v][r][x] = A.totals(sums[r][x][v]) }
      }
    }
    for v in 0..<vectors { outputs.stores[v].put(pixel: pixel, count: columns) { totals[v][$0 / run][$0 % run] } }
  }

  /// Stores the greatest of each 2x2 window: requantisation is monotone, so the greatest sum gives the greatest output.
  @inlinable @inline(__always)
  func finishPooled(_ outputs: TileOutputs<A, vectors>, pixel: Int) {
    var totals = InlineArray<vectors, InlineArray<run, A.Totals>>(
      repeating: InlineArray(repeating: A.Totals(repeating: 0)))
    for x in 0..<run / 2 {
      for v in 0..<vectors {
        let upper = A.Totals.greater(A.totals(sums[0][2 &* x][v]), A.totals(sums[0][2 &* x &+ 1][v]))
        let lower = A.Totals.greater(
          A.totals(sums[runs &- 1][2 &* x][v]), A.totals(sums[runs &- 1][2 &* x &+ 1][v]))
        totals[v][x] = A.Totals.greater(upper, lower)
      }
    }
    if outputs.arePairs {
      for x in 0..<run / 2 { outputs.put(pixel: pixel &+ x, totals[0][x], totals[vectors &- 1][x]) }
    } else {
      for v in 0..<vectors { outputs.stores[v].put(pixel: pixel, count: run / 2) { totals[v][$0] } }
    }
  }
}
