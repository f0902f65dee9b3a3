/// How one instruction set finishes sums: by a shift that rounds, for a vector of output channels at once.
public protocol OutputArithmetic {
  /// One Int32 for each output of a vector.
  associatedtype Totals: Int32Vector

  /// RND by `shift` (0...31) bits: `totals + 2^(shift-1)` fits 32 bits.
  static func shiftRightRounding(_ totals: Totals, by shift: Totals) -> Totals
}

extension OutputArithmetic {
  @inlinable @inline(__always)
  public static func shiftRightRounding(_ totals: Totals, by shift: Totals) -> Totals {
    // 2^(shift-1), and 0 for a shift of 0. The mask clears the sign that a shift of 31 drags in.
    let one = Totals(repeating: 1)
    let half = ((one &<< shift) &>> one) & Totals(repeating: .max)
    return (totals &+ half) &>> shift
  }
}

/// How one instruction set multiplies activations by weights. Everything else of a convolution is written once, over this.
///
/// Weights come in groups: four taps for each of 16 outputs, 64 bytes. A vector covers `Totals.scalarCount` of the 16;
/// a chunk is the groups of one vector that are multiplied together.
public protocol ConvolutionArithmetic: OutputArithmetic {
  /// The running sums of a vector and pixel, perhaps several for each output. All adding wraps.
  associatedtype Sums
  /// A chunk's weights of one vector.
  associatedtype Weights
  /// A chunk's activations of one pixel, for every output alike.
  associatedtype Taps
  /// The arithmetic of single groups, for what is left of a row after whole chunks. `Self` where a chunk is one group.
  associatedtype Remainder: ConvolutionArithmetic where Remainder.Sums == Sums, Remainder.Totals == Totals

  static var groupsPerChunk: Int { get }
  /// Bytes of one activation in the strip.
  static var bytesPerTap: Int { get }

  /// Writes `count` activations of a strip from as many input bytes.
  static func convert(_ source: Bytes, to strip: MutableBytes, count: Int, isSigned: Bool, flip: UInt8)

  static func loadWeights(_ bytes: Bytes) -> Weights
  static func loadTaps(_ bytes: Bytes) -> Taps
  static func multiplyAdd(_ sums: inout Sums, _ weights: Weights, _ taps: Taps)
  /// Keeps the compiler from mixing the next pixel's products with those of a finished one, where registers are scarce.
  static func finish(_ sums: inout Sums, before next: inout Taps)

  /// Running sums in 16 bits, which hold many products of narrow weights before they have to be widened; `Sums` where the
  /// instructions widen at once.
  associatedtype Halves = Sums
  /// Chunks whose products 16 bits hold, when weights reach `greatest`; 0 without such sums.
  static func chunksInHalves(greatestWeight greatest: Int) -> Int
  static var zeroHalves: Halves { get }
  static func multiplyAddInHalves(_ halves: inout Halves, _ weights: Weights, _ taps: Taps)
  static func widen(_ halves: Halves, into sums: inout Sums)

  /// Sums whose totals are `values`.
  static func start(_ values: Totals) -> Sums
  static func totals(_ sums: Sums) -> Totals

  /// Whether `narrowed` exists: where two vectors are eight outputs.
  static var narrowsPairs: Bool { get }
  /// RND by each output's shift, clamped to `minimum`...`maximum`, which fit a byte: two vectors at once.
  static func narrowed(
    _ low: Totals, _ high: Totals, _ lowShift: Totals, _ highShift: Totals, _ minimum: Int16, _ maximum: Int16
  ) -> SIMD8<UInt8>
}

extension ConvolutionArithmetic where Halves == Sums {
  @inlinable @inline(__always)
  public static func chunksInHalves(greatestWeight: Int) -> Int { 0 }

  @inlinable @inline(__always)
  public static var zeroHalves: Halves { start(Totals(repeating: 0)) }

  @inlinable @inline(__always)
  public static func multiplyAddInHalves(_ halves: inout Halves, _ weights: Weights, _ taps: Taps) {
    multiplyAdd(&halves, weights, taps)
  }

  @inlinable @inline(__always)
  public static func widen(_ halves: Halves, into sums: inout Sums) { sums = start(totals(sums) &+ totals(halves)) }
}

extension ConvolutionArithmetic {
  @inlinable @inline(__always)
  public static func finish(_ sums: inout Sums, before next: inout Taps) {}

  @inlinable @inline(__always)
  public static var narrowsPairs: Bool { false }

  @inlinable @inline(__always)
  public static func narrowed(
    _ low: Totals, _ high: Totals, _ lowShift: Totals, _ highShift: Totals, _ minimum: Int16, _ maximum: Int16
  ) -> SIMD8<UInt8> { preconditionFailure("asked of an instruction set that doesn't narrow pairs") }

  @inlinable @inline(__always)
  public static var bytesPerTap: Int { 1 }

  @inlinable @inline(__always)
  public static func convert(_ source: Bytes, to strip: MutableBytes, count: Int, isSigned: Bool, flip: UInt8) {
    for tap in 0..<count { (strip + tap).store((source + tap).load(UInt8.self) ^ flip) }
  }
}
