import CVector

/// Where finished sums go: requantised by their output channel's shift, clamped, narrowed, stored.
@safe
@usableFromInline
struct OutputStore<Totals: Int32Vector> {
  @usableFromInline let task: FerriteConvolution
  @usableFromInline let firstOutput: Int

  @inlinable @inline(__always)
  init(_ task: FerriteConvolution, firstOutput: Int) {
    unsafe self.task = task
    self.firstOutput = firstOutput
  }

  /// The store of a tile's vector `v`.
  @inlinable @inline(__always)
  func vector(_ v: Int) -> VectorStore<Totals> {
    unsafe VectorStore(task, firstOutput: firstOutput &+ v &* Totals.scalarCount)
  }
}

/// The store of one vector of output channels.
@safe
@usableFromInline
struct VectorStore<Totals: Int32Vector> {
  @usableFromInline let shifts: Totals
  @usableFromInline let minimum: Totals
  @usableFromInline let maximum: Totals
  @usableFromInline let firstOutput: MutableBytes
  @usableFromInline let bytesPerPixel: Int
  @usableFromInline let isWide: Bool
  /// Channels of the vector that exist.
  @usableFromInline let count: Int

  @inlinable @inline(__always)
  init(_ task: FerriteConvolution, firstOutput output: Int) {
    shifts = unsafe Totals.widened(from: Bytes(task.shifts) + output)
    minimum = unsafe Totals(repeating: task.minimum)
    maximum = unsafe Totals(repeating: task.maximum)
    isWide = unsafe task.outputIsWide
    let elementBytes = isWide ? 2 : 1
    bytesPerPixel = unsafe Int(task.outputChannels) &* elementBytes
    firstOutput = unsafe MutableBytes(task.output) + output &* elementBytes
    count = unsafe Int(task.outputChannels) &- output
  }

  @inlinable @inline(__always)
  func put<A: ConvolutionArithmetic>(_: A.Type, _ totals: Totals, pixel: Int) where A.Totals == Totals {
    let shifted = A.shiftRightRounding(totals, by: shifts)
    let raw = Totals.lesser(Totals.greater(shifted, minimum), maximum)
    let memory = firstOutput + pixel &* bytesPerPixel
    if count < Totals.scalarCount {
      for lane in 0..<count {
        if isWide {
          (memory + lane &* 2).store(UInt16(truncatingIfNeeded: raw[lane]))
        } else {
          (memory + lane).store(UInt8(truncatingIfNeeded: raw[lane]))
        }
      }
    } else if isWide {
      raw.storeHalves(to: memory)
    } else {
      raw.storeBytes(to: memory)
    }
  }
}
