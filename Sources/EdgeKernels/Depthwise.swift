import CVector

/// How many products of a depthwise filter are sure to add up in 16 bits: 128 times the sum of their weights' magnitudes stays
/// below 2^15, so that sum is at most 255.
public enum DepthwiseDepth {
  /// Whether a loop without run-time counts applies, of 3x3 or 5x5 taps: taps and strides are known to the compiler.
  @inlinable @inline(__always)
  public static func isUnrolled(_ task: FerriteConvolution) -> Bool {
    unsafe (task.kernelHeight == 3 || task.kernelHeight == 5) && task.kernelWidth == task.kernelHeight
      && task.dilationWidth == 1 && task.strideWidth <= 2
  }

  /// For the unrolled loops: the products of a whole 3x3 filter (9), of each row (3 or 5), or of any two weights (2).
  ///
  /// - Parameters:
  ///   - size: 3 or 5.
  ///   - filters: the greatest sum of magnitudes of some filters; `rows`: of their rows.
  public static func unrolled(_ size: Int, ofFilters filters: Int, ofRows rows: Int) -> UInt8 {
    size == 3 && filters <= 255 ? 9 : rows <= 255 ? UInt8(size) : 2
  }

  /// For any other loop: 2...255, of any weights in a row, none of which exceeds `magnitude` (0...127).
  public static func any(greatest magnitude: Int) -> UInt8 { UInt8(255 / max(magnitude, 1)) }
}

/// One depthwise convolution (each channel by a filter of its own), planned in bytes for one instruction set.
///
/// The input rows under some output rows lie in a zero-padded copy, the strip, as signed bytes. A tile is `run` neighbouring
/// pixels by a vector of neighbouring channels: tap by tap, a vector of activations meets a vector of weights. Products add
/// up in 16 bits, as many as are proven to fit, and then in 32. With a fused 2x2 max-pool two rows of `run` pixels make
/// `run / 2` outputs.
///
/// - Parameter run (of the type): an even number of at most 8 pixels, whose sums fit the registers.
@safe
public struct Depthwise<A: DepthwiseArithmetic, let run: Int> {
  @usableFromInline let task: FerriteConvolution
  @usableFromInline let strip: MutableBytes
  @usableFromInline let channels: Int
  /// From a strip row to the next; from a kernel row to the next.
  @usableFromInline let rowStep: Int
  @usableFromInline let kernelRowStep: Int

  @inlinable
  public init(_ task: FerriteConvolution) {
    unsafe self.task = task
    channels = unsafe Int(task.inputChannels)
    let convolvedWidth = unsafe Int(task.outputWidth) &* (task.hasMaxPool ? 2 : 1)
    let stripWidth =
      unsafe (convolvedWidth &- 1) &* Int(task.strideWidth)
      &+ (Int(task.kernelWidth) &- 1) &* Int(task.dilationWidth) &+ 1
    rowStep = stripWidth &* channels
    kernelRowStep = unsafe Int(task.dilationHeight) &* rowStep
    strip = unsafe MutableBytes(task.workspace)
  }

  @inlinable
  public func run() {
    let endRow = unsafe Int(task.endRow)
    let rowsPerStrip = outputRowsPerStrip
    let vectorsPerBlock = 16 / A.Totals.scalarCount
    let endChannel = unsafe min(channels, Int(task.endBlock) &* 16)
    var firstRow = unsafe Int(task.firstRow)
    while firstRow < endRow {
      let rows = min(rowsPerStrip, endRow &- firstRow)
      fillStrip(firstRow: firstRow, rows: rows)
      var vector = unsafe Int(task.firstBlock) &* vectorsPerBlock
      while vector &* A.Totals.scalarCount < endChannel {
        convolve(vector: vector, firstRow: firstRow, rows: rows)
        vector &+= 1
      }
      firstRow &+= rows
    }
  }

  /// As many as the strip has room for; `Conv2D.workspaceBytes` proves at least one.
  @inlinable
  var outputRowsPerStrip: Int {
    let overhang = unsafe 8 &* Int(task.strideWidth) &* channels &+ 64
    let stripRows = unsafe (Int(task.stripBytes) &- overhang) / rowStep
    let reach = unsafe (Int(task.kernelHeight) &- 1) &* Int(task.dilationHeight) &+ 1
    let convolved = unsafe (stripRows &- reach) / Int(task.strideHeight) &+ 1
    return max(1, unsafe task.hasMaxPool ? convolved / 2 : convolved)
  }

  /// The strip's outputs of one vector of channels, by the loop that its filters allow.
  @inlinable
  func convolve(vector: Int, firstRow: Int, rows: Int) {
    let filters = unsafe DepthwiseFilters<A, run>(task, vector: vector, rowStep: kernelRowStep)
    let place = (vector: vector, firstRow: firstRow, rows: rows)
    guard unsafe DepthwiseDepth.isUnrolled(task) else { return overTiles(AnyWindow.self, filters, place) }
    switch unsafe (Int(task.kernelWidth), Int(task.strideWidth), filters.depth) {
    case (3, 1, 9): overTiles(ThreeByThree<1, 9>.self, filters, place)
    case (3, 1, 3): overTiles(ThreeByThree<1, 3>.self, filters, place)
    case (3, 1, _): overTiles(ThreeByThree<1, 2>.self, filters, place)
    case (3, _, 9): overTiles(ThreeByThree<2, 9>.self, filters, place)
    case (3, _, 3): overTiles(ThreeByThree<2, 3>.self, filters, place)
    case (3, _, _): overTiles(ThreeByThree<2, 2>.self, filters, place)
    case (_, 1, 5): overTiles(FiveByFive<1, 5>.self, filters, place)
    case (_, 1, _): overTiles(FiveByFive<1, 2>.self, filters, place)
    case (_, _, 5): overTiles(FiveByFive<2, 5>.self, filters, place)
    case (_, _, _): overTiles(FiveByFive<2, 2>.self, filters, place)
    }
  }

  /// Sums, requantises and stores every tile. The last tile of a row may compute pixels that the row lacks, from the bytes
  /// behind it, and drops them.
  @inlinable @inline(__always)
  func overTiles<Window: DepthwiseWindow>(
    _: Window.Type, _ filters: DepthwiseFilters<A, run>, _ place: (vector: Int, firstRow: Int, rows: Int)
  ) {
    let firstChannel = place.vector &* A.Totals.scalarCount
    let store = unsafe VectorStore<A>(task, firstOutput: firstChannel)
    let width = unsafe Int(task.outputWidth)
    let isPooled = unsafe task.hasMaxPool
    let stride = isPooled ? 2 : 1
    let columns = run / stride
    let tileStep = unsafe run &* Int(task.strideWidth) &* channels
    let below = unsafe Int(task.strideHeight) &* rowStep
    var row = 0
    while row < place.rows {
      var window = strip.readOnly + (row &* stride &* below &+ firstChannel)
      var pixel = (place.firstRow &+ row) &* width
      let end = pixel &+ width
      while pixel < end {
        var totals = Window.sums(filters, window)
        if isPooled { Self.pool(&totals, below: Window.sums(filters, window + below)) }
        Self.put(totals, store, pixel: pixel, count: min(columns, end &- pixel))
        window = window + tileStep
        pixel &+= columns
      }
      row &+= 1
    }
  }

  /// Leaves the greatest sum of each 2x2 window in the places of the first `run / 2`.
  @inlinable @inline(__always)
  static func pool(_ upper: inout InlineArray<run, A.Totals>, below lower: InlineArray<run, A.Totals>) {
    for x in 0..<run / 2 {
      upper[x] = A.Totals.greater(
        A.Totals.greater(upper[2 &* x], upper[2 &* x &+ 1]), A.Totals.greater(lower[2 &* x], lower[2 &* x &+ 1]))
    }
  }

  /// Stores the first `count` pixels of a tile, which stay in registers where those are all.
  @inlinable @inline(__always)
  static func put(_ totals: InlineArray<run, A.Totals>, _ store: VectorStore<A>, pixel: Int, count: Int) {
    if count == run {
      store.put(pixel: pixel, count: run) { totals[$0] }
    } else {
      var copy = InlineArray<run, A.Totals>(repeating: A.Totals(repeating: 0))
      for x in 0..<run { copy[x] = totals[x] }
      store.put(pixel: pixel, count: count) { copy[$0] }
    }
  }
}
