import CVector

/// The source places of eight neighbouring output pixels along one axis, stepped by exact 64-bit additions.
@safe
@usableFromInline
struct SamplingPlaces {
  @usableFromInline let axis: FerriteSamplingAxis
  /// How far eight pixels lie behind the first, and the next eight behind these.
  @usableFromInline let columns: SIMD8<Int64>
  @usableFromInline let perEight: Int64
  @usableFromInline var row: Int64
  @usableFromInline var places: SIMD8<Int64>

  @inlinable @inline(__always)
  init(_ axis: FerriteSamplingAxis) {
    self.axis = axis
    var columns = SIMD8<Int64>()
    var sum: Int64 = 0
    for column in 0..<8 {
      columns[column] = sum
      sum = Self.wrapped(sum &+ axis.perColumn &- axis.period, axis.period)
    }
    self.columns = columns
    perEight = sum
    row = axis.start
    places = columns
    startRow()
  }

  @inlinable @inline(__always)
  mutating func startRow() { places = wrapped(columns &+ SIMD8(repeating: row &- axis.period)) }

  @inlinable @inline(__always)
  mutating func nextEight() { places = wrapped(places &+ SIMD8(repeating: perEight &- axis.period)) }

  @inlinable @inline(__always)
  mutating func nextRow() {
    row = Self.wrapped(row &+ axis.perRow &- axis.period, axis.period)
    startRow()
  }

  /// A sum of two places less the period is that sum, or the period below it.
  @inlinable @inline(__always)
  static func wrapped(_ place: Int64, _ period: Int64) -> Int64 { place &+ (period & (place &>> 63)) }

  @inlinable @inline(__always)
  func wrapped(_ places: SIMD8<Int64>) -> SIMD8<Int64> {
    if axis.period == 0 { return places }
    return places &+ (SIMD8(repeating: axis.period) & (places &>> SIMD8(repeating: 63)))
  }
}

/// Two neighbouring pixels of the image for each of eight places along one axis, and their weights of 0 to 128.
@usableFromInline
struct SamplingPairs {
  /// Both pixels lie in the image wherever the place is.
  @usableFromInline let first: SIMD8<Int32>
  /// 128 less the distance in 1/128 pixel, or 0: far places need no saturation.
  @usableFromInline let firstWeight: SIMD8<Int16>
  @usableFromInline let secondWeight: SIMD8<Int16>

  /// - Parameter places: in 1/128 pixel.
  @inlinable @inline(__always)
  init(_ places: SIMD8<Int32>, size: Int32) {
    first = ferrite_minimum8(
      ferrite_maximum8(places &>> SIMD8(repeating: 7), SIMD8(repeating: 0)), SIMD8(repeating: max(size &- 2, 0)))
    let distance = ferrite_saturateHalves(places &- (first &<< SIMD8(repeating: 7)))
    firstWeight = ferrite_hat(distance, 0, 128)
    // An image of one pixel has no second one.
    secondWeight = ferrite_hat(distance, 128, size > 1 ? 128 : 0)
  }
}

/// What blends the four taps of each of eight output pixels; see `ferrite_blendUnsigned8`.
@usableFromInline
struct SamplingTaps {
  /// Bytes from the image's start to the upper left taps.
  @usableFromInline let offsets: SIMD8<Int32>
  @usableFromInline let weights: FourTaps<SIMD8<UInt8>>
  @usableFromInline let factors: SIMD8<Int16>

  /// Where one of two rows lies outside, the other's weight need not be the rest of 128. Then a row of weight 0 gives zeros,
  /// and the factor is that of the other row: `u * upper` is `128 * upper + (128 - u) * (0 - upper)`.
  @inlinable @inline(__always)
  init(_ columns: SamplingPairs, _ rows: SamplingPairs, rowBytes: Int32, channels: Int32, negated: Bool) {
    offsets = rows.first &* SIMD8(repeating: rowBytes) &+ columns.first &* SIMD8(repeating: channels)
    let left = negated ? 0 &- columns.firstWeight : columns.firstWeight
    let right = negated ? 0 &- columns.secondWeight : columns.secondWeight
    weights = FourTaps(
      ferrite_lowBytesWhere(rows.firstWeight, left), ferrite_lowBytesWhere(rows.firstWeight, right),
      ferrite_lowBytesWhere(rows.secondWeight, left), ferrite_lowBytesWhere(rows.secondWeight, right))
    let v = ferrite_choose(rows.firstWeight, SIMD8(repeating: 128) &- rows.firstWeight, rows.secondWeight)
    factors = 0 &- (v &<< SIMD8(repeating: 8))
  }
}
