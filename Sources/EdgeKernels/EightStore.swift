import CVector

/// How an instruction set multiplies 16-bit values of one pixel or tile, a lane of a register, by eight outputs' weights.
public protocol LaneArithmetic: ConvolutionArithmetic where Totals == SIMD4<Int32> {
  /// The running sums of eight outputs. All adding wraps.
  associatedtype Eight: BitwiseCopyable

  static func eight(_ low: Totals, _ high: Totals) -> Eight
  static func low(_ sums: Eight) -> Totals
  static func high(_ sums: Eight) -> Totals
  /// Adds the products of eight outputs' weights with the value of lane `lane`, a constant where this is inlined.
  static func multiplyAdd(_ sums: inout Eight, _ weights: SIMD8<Int16>, _ values: SIMD8<Int16>, lane: Int)
  /// The greater sum of each output.
  static func greater(_ a: Eight, _ b: Eight) -> Eight
}

extension LaneArithmetic {
  @inlinable @inline(__always)
  static var zeroEight: Eight { eight(SIMD4(repeating: 0), SIMD4(repeating: 0)) }

  @inlinable @inline(__always)
  static func loadEight(_ bytes: Bytes) -> Eight { eight(bytes.load(Totals.self), (bytes + 16).load(Totals.self)) }

  @inlinable @inline(__always)
  static func adding(_ a: Eight, _ b: Eight) -> Eight { eight(low(a) &+ low(b), high(a) &+ high(b)) }
}

/// The store of eight neighbouring output channels: at once where all eight exist and are bytes, else four by four.
@safe
@usableFromInline
struct EightStore<A: LaneArithmetic> {
  @usableFromInline let low: VectorStore<A>
  @usableFromInline let high: VectorStore<A>
  @usableFromInline let isWhole: Bool
  @usableFromInline let minimum: Int16
  @usableFromInline let maximum: Int16

  @inlinable @inline(__always)
  init(_ task: FerriteConvolution, firstOutput: Int) {
    low = unsafe VectorStore(task, firstOutput: firstOutput)
    high = unsafe VectorStore(task, firstOutput: firstOutput &+ 4)
    isWhole = !low.isWide && low.channels >= 8
    (minimum, maximum) = unsafe (Int16(truncatingIfNeeded: task.minimum), Int16(truncatingIfNeeded: task.maximum))
  }

  /// Stores `count` neighbouring pixels, of which `sums` gives the sums.
  @inlinable @inline(__always)
  func put(pixel: Int, count: Int, _ sums: (Int) -> A.Eight) {
    if isWhole {
      var memory = low.firstOutput + pixel &* low.bytesPerPixel
      for index in 0..<count {
        let sums = sums(index)
        memory.store(A.narrowed(A.low(sums), A.high(sums), low.shifts, high.shifts, minimum, maximum))
        memory = memory + low.bytesPerPixel
      }
    } else {
      low.put(pixel: pixel, count: count) { A.low(sums($0)) }
      high.put(pixel: pixel, count: count) { A.high(sums($0)) }
    }
  }
}
