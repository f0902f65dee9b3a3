import CVector

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
  @usableFromInline let biases: MutableBytes
  @usableFromInline let weights: MutableBytes
  @usableFromInline let depths: MutableBytes
  @usableFromInline let unpacked: MutableBytes
  @usableFromInline let strip: MutableBytes
  @usableFromInline let channels: Int
  /// Taps of a filter.
  @usableFromInline let taps: Int
  /// From a strip row to the next; from a kernel row to the next.
  @usableFromInline let rowStep: Int
  @usableFromInline let kernelRowStep: Int
  @usableFromInline let flip: UInt8

  @inlinable
  public init(_ task: FerriteConvolution) {
    unsafe self.task = task
    channels = unsafe Int(task.inputChannels)
    taps = unsafe Int(task.kernelHeight) &* Int(task.kernelWidth)
    let convolvedWidth = unsafe Int(task.outputWidth) &* (task.hasMaxPool ? 2 : 1)
    let stripWidth =
      unsafe (convolvedWidth &- 1) &* Int(task.strideWidth)
      &+ (Int(task.kernelWidth) &- 1) &* Int(task.dilationWidth) &+ 1
    rowStep = stripWidth &* channels
    kernelRowStep = unsafe Int(task.dilationHeight) &* rowStep
    flip = unsafe task.inputFitsInt8 ? 0 : 0x80
    let blocks = (channels &+ 15) / 16
    biases = unsafe MutableBytes(task.workspace)
    weights = unsafe biases + Int(task.biasBytes)
    depths = weights + (blocks &* 16 &* taps &+ 63) / 64 &* 64
    unpacked = depths + (blocks &+ 63) / 64 &* 64
    strip = unsafe weights + Int(task.unpackedBytes)
  }

  @inlinable
  public func run() {
    prepareFilters()
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
    let filters = unsafe DepthwiseFilters<A, run>(
      task, weights: weights.readOnly + vector &* taps &* A.Totals.scalarCount,
      bias: (biases.readOnly + vector &* A.Totals.scalarCount &* 4).load(A.Totals.self),
      depth: Int((depths.readOnly + vector &* A.Totals.scalarCount / 16).load(UInt8.self)), rowStep: kernelRowStep)
    let place = (vector: vector, firstRow: firstRow, rows: rows)
    guard isThreeByThree else { return overTiles(AnyWindow.self, filters, place) }
    switch unsafe (Int(task.strideWidth), filters.depth) {
    case (1, 9): overTiles(ThreeByThree<1, 9>.self, filters, place)
    case (1, 3): overTiles(ThreeByThree<1, 3>.self, filters, place)
    case (1, _): overTiles(ThreeByThree<1, 2>.self, filters, place)
    case (_, 9): overTiles(ThreeByThree<2, 9>.self, filters, place)
    case (_, 3): overTiles(ThreeByThree<2, 3>.self, filters, place)
    case (_, _): overTiles(ThreeByThree<2, 2>.self, filters, place)
    }
  }

  /// Whether the loop without run-time counts applies: its taps and strides are known to the compiler.
  @inlinable @inline(__always)
  var isThreeByThree: Bool {
    unsafe task.kernelHeight == 3 && task.kernelWidth == 3 && task.dilationWidth == 1 && task.strideWidth <= 2
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
