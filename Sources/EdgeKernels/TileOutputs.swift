import CVector

/// What a tile needs of its `vectors` vectors of outputs: weights, biases, and where the finished sums go.
@safe
@usableFromInline
struct TileOutputs<A: ConvolutionArithmetic, let vectors: Int> {
  @usableFromInline let weights: Bytes
  @usableFromInline let biases: Bytes
  @usableFromInline var stores: InlineArray<vectors, VectorStore<A>>
  /// The task's bounds, of use where outputs are bytes.
  @usableFromInline let minimum: Int16
  @usableFromInline let maximum: Int16

  @inlinable @inline(__always)
  init(_ task: FerriteConvolution, weights: Bytes, vector: Int) {
    let lanes = A.Totals.scalarCount
    self.weights = weights
    (minimum, maximum) = unsafe (Int16(truncatingIfNeeded: task.minimum), Int16(truncatingIfNeeded: task.maximum))
    biases = unsafe Bytes(task.bias) + vector &* lanes &* 4
    stores = unsafe InlineArray(repeating: VectorStore(task, firstOutput: vector &* lanes))
    for v in 1..<max(1, vectors) { stores[v] = unsafe VectorStore(task, firstOutput: (vector &+ v) &* lanes) }
  }

  /// Whether a pixel's outputs are eight bytes that all exist.
  @inlinable @inline(__always)
  var arePairs: Bool {
    A.narrowsPairs && vectors == 2 && !stores[0].isWide && stores[vectors &- 1].channels >= A.Totals.scalarCount
  }

  /// Stores one pixel, of which `low` and `high` are the sums, where `arePairs`.
  @inlinable @inline(__always)
  func put(pixel: Int, _ low: A.Totals, _ high: A.Totals) {
    let memory = stores[0].firstOutput + pixel &* stores[0].bytesPerPixel
    memory.store(A.narrowed(low, high, stores[0].shifts, stores[vectors &- 1].shifts, minimum, maximum))
  }
}

/// The store of one vector of output channels: sums are requantised by their channel's shift, clamped, narrowed.
@safe
@usableFromInline
struct VectorStore<A: OutputArithmetic> {
  @usableFromInline let shifts: A.Totals
  @usableFromInline let minimum: A.Totals
  @usableFromInline let maximum: A.Totals
  @usableFromInline let firstOutput: MutableBytes
  @usableFromInline let bytesPerPixel: Int
  @usableFromInline let isWide: Bool
  /// Channels from the first on that exist; none where a whole block is computed of which they are few.
  @usableFromInline let channels: Int

  @inlinable @inline(__always)
  init(_ task: FerriteConvolution, firstOutput output: Int) {
    shifts = unsafe A.Totals.widened(from: Bytes(task.shifts) + output)
    minimum = unsafe A.Totals(repeating: task.minimum)
    maximum = unsafe A.Totals(repeating: task.maximum)
    isWide = unsafe task.outputIsWide
    let elementBytes = isWide ? 2 : 1
    bytesPerPixel = unsafe Int(task.outputPixelStride) &* elementBytes
    firstOutput = unsafe MutableBytes(task.output) + output &* elementBytes
    channels = unsafe max(0, Int(task.outputChannels) &- output)
  }

  /// Stores `count` neighbouring pixels, of which `totals` gives the sums.
  @inlinable @inline(__always)
  func put(pixel: Int, count: Int, _ totals: (Int) -> A.Totals) {
    var memory = firstOutput + pixel &* bytesPerPixel
    var index = 0
    if channels < A.Totals.scalarCount {
      while index < count {
        putChannels(requantized(totals(index)), at: memory)
        memory = memory + bytesPerPixel
        index &+= 1
      }
    } else if isWide {
      while index < count {
        requantized(totals(index)).storeHalves(to: memory)
        memory = memory + bytesPerPixel
        index &+= 1
      }
    } else {
      while index < count {
        requantized(totals(index)).storeBytes(to: memory)
        memory = memory + bytesPerPixel
        index &+= 1
      }
    }
  }

  @inlinable @inline(__always)
  func requantized(_ totals: A.Totals) -> A.Totals {
    A.Totals.lesser(A.Totals.greater(A.shiftRightRounding(totals, by: shifts), minimum), maximum)
  }

  /// The channels that exist of a last vector.
  @inlinable @inline(__always)
  func putChannels(_ raw: A.Totals, at memory: MutableBytes) {
    for lane in 0..<channels {
      if isWide {
        (memory + lane &* 2).store(UInt16(truncatingIfNeeded: raw[lane]))
      } else {
        (memory + lane).store(UInt8(truncatingIfNeeded: raw[lane]))
      }
    }
  }
}
