import CVector

/// The filters of one vector of channels, and the steps through the strip: what a depthwise tile is computed from.
@usableFromInline
struct DepthwiseFilters<A: DepthwiseArithmetic, let run: Int> {
  /// Weights, tap by tap, 16 bytes apart.
  @usableFromInline let weights: Bytes
  @usableFromInline let bias: A.Totals
  /// Products that add up in 16 bits.
  @usableFromInline let depth: Int
  @usableFromInline let kernelHeight: Int
  @usableFromInline let kernelWidth: Int
  /// From a kernel row, tap, output pixel to the next.
  @usableFromInline let rowStep: Int
  @usableFromInline let tapStep: Int
  @usableFromInline let pixelStep: Int

  @inlinable @inline(__always)
  init(_ task: FerriteConvolution, vector: Int, rowStep: Int) {
    let channel = vector &* A.Totals.scalarCount
    let taps = unsafe Int(task.kernelHeight) &* Int(task.kernelWidth)
    weights = unsafe Bytes(task.weights) + (channel / 16 &* 16 &* taps &+ channel % 16)
    bias = unsafe (Bytes(task.bias) + channel &* 4).load(A.Totals.self)
    depth = unsafe task.depths.map { unsafe Int($0[channel / 16]) } ?? 2
    kernelHeight = unsafe Int(task.kernelHeight)
    kernelWidth = unsafe Int(task.kernelWidth)
    self.rowStep = rowStep
    tapStep = unsafe Int(task.dilationWidth) &* Int(task.inputChannels)
    pixelStep = unsafe Int(task.strideWidth) &* Int(task.inputChannels)
  }

  /// The sums of `run` neighbouring pixels over any window.
  ///
  /// - Parameter window: the first tap of the first pixel.
  @inlinable @inline(__always)
  func sums(_ window: Bytes) -> InlineArray<run, A.Totals> {
    var sums = InlineArray<run, A.Totals>(repeating: bias)
    var products = InlineArray<run, A.Products>(repeating: A.noProducts)
    var place = weights
    var row = window
    var left = depth
    var kernelRow = kernelHeight
    while kernelRow > 0 {
      var taps = row
      var kernelColumn = kernelWidth
      while kernelColumn > 0 {
        let weights = A.load(place)
        for x in 0..<run { A.multiplyAdd(&products[x], weights, A.load(taps + x &* pixelStep)) }
        left &-= 1
        if left == 0 {
          for x in 0..<run {
            A.add(products[x], to: &sums[x])
            products[x] = A.noProducts
          }
          left = depth
        }
        place = place + 16
        taps = taps + tapStep
        kernelColumn &-= 1
      }
      row = row + rowStep
      kernelRow &-= 1
    }
    for x in 0..<run { A.add(products[x], to: &sums[x]) }
    return sums
  }

  /// Of a 3x3 window without dilation: all of it unrolled, so that neighbouring pixels share loads.
  @inlinable @inline(__always)
  func sums3x3<let stride: Int, let depth: Int>(
    _ steps: UnrolledSteps<stride, depth>.Type, _ window: Bytes
  ) -> InlineArray<run, A.Totals> {
    var sums = InlineArray<run, A.Totals>(repeating: bias)
    var products = InlineArray<run, A.Products>(repeating: A.noProducts)
    let (second, third) = (window + rowStep, window + 2 &* rowStep)
    add(steps, tap: 0, of: 9, weights, window, column: 0, &products, &sums)
    add(steps, tap: 1, of: 9, weights, window, column: 1, &products, &sums)
    add(steps, tap: 2, of: 9, weights, window, column: 2, &products, &sums)
    add(steps, tap: 3, of: 9, weights, second, column: 0, &products, &sums)
    add(steps, tap: 4, of: 9, weights, second, column: 1, &products, &sums)
    add(steps, tap: 5, of: 9, weights, second, column: 2, &products, &sums)
    add(steps, tap: 6, of: 9, weights, third, column: 0, &products, &sums)
    add(steps, tap: 7, of: 9, weights, third, column: 1, &products, &sums)
    add(steps, tap: 8, of: 9, weights, third, column: 2, &products, &sums)
    return sums
  }

  /// Of a 5x5 window without dilation: row by row, the taps of a row unrolled.
  @inlinable @inline(__always)
  func sums5x5<let stride: Int, let depth: Int>(
    _ steps: UnrolledSteps<stride, depth>.Type, _ window: Bytes
  ) -> InlineArray<run, A.Totals> {
    var sums = InlineArray<run, A.Totals>(repeating: bias)
    var products = InlineArray<run, A.Products>(repeating: A.noProducts)
    var (row, weights) = (window, self.weights)
    for _ in 0..<5 {
      add(steps, tap: 0, of: 5, weights, row, column: 0, &products, &sums)
      add(steps, tap: 1, of: 5, weights, row, column: 1, &products, &sums)
      add(steps, tap: 2, of: 5, weights, row, column: 2, &products, &sums)
      add(steps, tap: 3, of: 5, weights, row, column: 3, &products, &sums)
      add(steps, tap: 4, of: 5, weights, row, column: 4, &products, &sums)
      row = row + rowStep
      weights = weights + 5 &* 16
    }
    return sums
  }

  /// Adds one of some taps of every pixel; after each `depth` taps, and the last, what has added up in 16 bits goes to the sums.
  ///
  /// - Parameter weights: of the first of these taps.
  @inlinable @inline(__always)
  func add<let stride: Int, let depth: Int>(
    _: UnrolledSteps<stride, depth>.Type, tap: Int, of taps: Int, _ weights: Bytes, _ row: Bytes, column: Int,
    _ products: inout InlineArray<run, A.Products>, _ sums: inout InlineArray<run, A.Totals>
  ) {
    let weights = A.load(weights + tap &* 16)
    for x in 0..<run {
      let pixel = A.load(row + (x &* stride &+ column) &* tapStep)
      if tap % depth == 0 {
        products[x] = A.multiply(weights, pixel)
      } else {
        A.multiplyAdd(&products[x], weights, pixel)
      }
    }
    if tap % depth == depth &- 1 || tap == taps &- 1 {
      for x in 0..<run { A.add(products[x], to: &sums[x]) }
    }
  }
}

/// A loop over windows, as a type: inlined wherever it is named.
@usableFromInline
protocol DepthwiseWindow {
  static func sums<A, let run: Int>(_ filters: DepthwiseFilters<A, run>, _ window: Bytes) -> InlineArray<run, A.Totals>
}

@usableFromInline
enum AnyWindow: DepthwiseWindow {
  @inlinable @inline(__always)
  static func sums<A, let run: Int>(_ filters: DepthwiseFilters<A, run>, _ window: Bytes) -> InlineArray<run, A.Totals>
  {
    filters.sums(window)
  }
}

/// Columns are `stride` apart, and `depth` products add up in 16 bits.
@usableFromInline
enum UnrolledSteps<let stride: Int, let depth: Int> {}

@usableFromInline
enum ThreeByThree<let stride: Int, let depth: Int>: DepthwiseWindow {
  @inlinable @inline(__always)
  static func sums<A, let run: Int>(_ filters: DepthwiseFilters<A, run>, _ window: Bytes) -> InlineArray<run, A.Totals>
  {
    filters.sums3x3(UnrolledSteps<stride, depth>.self, window)
  }
}

@usableFromInline
enum FiveByFive<let stride: Int, let depth: Int>: DepthwiseWindow {
  @inlinable @inline(__always)
  static func sums<A, let run: Int>(_ filters: DepthwiseFilters<A, run>, _ window: Bytes) -> InlineArray<run, A.Totals>
  {
    filters.sums5x5(UnrolledSteps<stride, depth>.self, window)
  }
}
