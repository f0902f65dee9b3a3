/// How raw integers stand for numbers: `value = raw * 2^-fraction`.
///
/// `Q(width, fraction, signed)` in the documents. The fraction may be negative (steps larger than one) or larger than
/// the width (all values far below one).
public struct FixedFormat: Equatable, Hashable, Sendable {
  /// Bits of a raw value, the sign included: 1...16 for activations and weights (2...16 in a model file), 32 for accumulators,
  /// up to 62 for exact sums and products, so that every raw value lies within ±2^62.
  public var width: Int
  /// Bits right of the binary point, -128...128: -64...64 in a model file, twice that for a product of two.
  public var fraction: Int
  public var isSigned: Bool

  @inlinable
  public init(width: Int, fraction: Int, isSigned: Bool) {
    precondition(width >= 1 && width <= 62, "a fixed-point width lies in 1...62")
    precondition(fraction >= -128 && fraction <= 128, "a binary point lies in -128...128")
    self.width = width
    self.fraction = fraction
    self.isSigned = isSigned
  }

  /// The least raw value: `-2^(width-1)`, or 0 when unsigned.
  @inlinable
  public var minimumRaw: Int64 { isSigned ? -(1 << Int64(width - 1)) : 0 }

  /// The greatest raw value: `2^(width-1) - 1`, or `2^width - 1` when unsigned.
  @inlinable
  public var maximumRaw: Int64 { (1 << Int64(isSigned ? width - 1 : width)) - 1 }

  /// Bytes of one element in memory, where widths end at 32: 1 up to 8 bits, 2 up to 16, else 4. Narrow values stay in their
  /// low bits.
  @inlinable
  public var elementBytes: Int { width <= 8 ? 1 : width <= 16 ? 2 : 4 }
}
