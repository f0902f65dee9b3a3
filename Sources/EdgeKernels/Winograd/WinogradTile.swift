/// A tile of Winograd's minimal filtering (Winograd 1980; Lavin and Gray 2016) for 3x3 filters, in integers: a square of
/// `outputs` by `outputs` results takes `points` by `points` products instead of `9 * outputs * outputs`.
///
/// Each transform works on one row or column of a tile. Their usual fractions are gone: filters are scaled up, and a row's
/// result comes out `3 * 2^excess` times too large, so that a result of both directions is `9 * 2^k` times too large, exactly.
public protocol WinogradTile {
  static var outputs: Int { get }
  /// `outputs + 2`.
  static var points: Int { get }
  /// By which power of two, beside the 3, result `index` is too large.
  static func excess(_ index: Int) -> Int
  /// `points` activations to as many values. Their greatest magnitude grows by `valueGrowth` at most.
  static func values(_ d: InlineArray<6, SIMD8<Int16>>) -> InlineArray<6, SIMD8<Int16>>
  /// Three weights to `points`. Their greatest magnitude grows by 7 at most.
  static func filter(_ g: InlineArray<3, SIMD8<Int16>>) -> InlineArray<6, SIMD8<Int16>>
  /// `points` sums of products to `outputs` results. All adding wraps.
  static func results(_ m: InlineArray<6, SIMD4<Int32>>) -> InlineArray<6, SIMD4<Int32>>
}

extension WinogradTile {
  /// Calls `body` for 0..<`points`, written out, so that what it indexes stays in registers.
  @inlinable @inline(__always)
  static func forEachPoint(_ body: (Int) -> Void) {
    body(0)
    body(1)
    body(2)
    body(3)
    body(4)
    if points > 5 { body(5) }
  }

  /// Calls `body` for 0..<`outputs`, likewise.
  @inlinable @inline(__always)
  static func forEachOutput(_ body: (Int) -> Void) {
    body(0)
    body(1)
    body(2)
    if outputs > 3 { body(3) }
  }
}

/// F(4x4, 3x3) from the points 0, 1, -1, 2, -2 and infinity: 36 products for 16 results, a quarter of 144.
public enum WinogradFour: WinogradTile {
  @inlinable @inline(__always)
  public static var outputs: Int { 4 }
  @inlinable @inline(__always)
  public static var points: Int { 6 }

  /// Results are 24, 12, 6 and 6 times too large.
  @inlinable @inline(__always)
  public static func excess(_ index: Int) -> Int { index == 0 ? 3 : index == 1 ? 2 : 1 }

  /// Rows (4, 0, -5, 0, 1, 0), (0, -4, -4, 1, 1, 0), (0, 4, -4, -1, 1, 0), (0, -2, -1, 2, 1, 0), (0, 2, -1, -2, 1, 0),
  /// (0, 4, 0, -5, 0, 1): by 10 in each direction, so 8-bit activations stay within 12800.
  @inlinable @inline(__always)
  public static func values(_ d: InlineArray<6, SIMD8<Int16>>) -> InlineArray<6, SIMD8<Int16>> {
    let two = SIMD8<Int16>(repeating: 2)
    let (even, odd) = (d[4] &- (d[2] &<< two), d[3] &- (d[1] &<< two))
    let (near, far) = (d[4] &- d[2], d[3] &- d[1])
    let twice = far &+ far
    return [
      ((d[0] &- d[2]) &<< two) &+ near, even &+ odd, even &- odd, near &+ twice, near &- twice,
      (d[5] &- d[3]) &- (far &<< two),
    ]
  }

  /// Rows (1, 0, 0), (1, 1, 1), (1, -1, 1), (1, 2, 4), (1, -2, 4), (0, 0, 1).
  @inlinable @inline(__always)
  public static func filter(_ g: InlineArray<3, SIMD8<Int16>>) -> InlineArray<6, SIMD8<Int16>> {
    let (one, two) = (g[0] &+ g[2], g[0] &+ (g[2] &<< SIMD8<Int16>(repeating: 2)))
    let twice = g[1] &+ g[1]
    return [g[0], one &+ g[1], one &- g[1], two &+ twice, two &- twice, g[2]]
  }

  /// Rows (6, -4, -4, 1, 1, 0), (0, -2, 2, 1, -1, 0), (0, -1, -1, 1, 1, 0), (0, -1, 1, 2, -2, 6).
  @inlinable @inline(__always)
  public static func results(_ m: InlineArray<6, SIMD4<Int32>>) -> InlineArray<6, SIMD4<Int32>> {
    let (one, two) = (SIMD4<Int32>(repeating: 1), SIMD4<Int32>(repeating: 2))
    let (sum1, difference1) = (m[1] &+ m[2], m[1] &- m[2])
    let (sum2, difference2) = (m[3] &+ m[4], m[3] &- m[4])
    return [
      ((m[0] &- sum1) &<< two) &+ (m[0] &<< one) &+ sum2, difference2 &- (difference1 &<< one), sum2 &- sum1,
      ((difference2 &+ m[5]) &<< one) &+ (m[5] &<< two) &- difference1, sum1, sum1,
    ]
  }
}

/// F(3x3, 3x3) from the points 0, 1, -1, 2 and infinity: 25 products for 9 results instead of 81.
public enum WinogradThree: WinogradTile {
  @inlinable @inline(__always)
  public static var outputs: Int { 3 }
  @inlinable @inline(__always)
  public static var points: Int { 5 }

  /// Every result is 6 times too large.
  @inlinable @inline(__always)
  public static func excess(_ index: Int) -> Int { 1 }

  /// Rows (2, -1, -2, 1, 0), (0, -2, -1, 1, 0), (0, 2, -3, 1, 0), (0, -1, 0, 1, 0), (0, 2, -1, -2, 1): by 6 in each direction.
  @inlinable @inline(__always)
  public static func values(_ d: InlineArray<6, SIMD8<Int16>>) -> InlineArray<6, SIMD8<Int16>> {
    let far = d[3] &- d[1]
    let fall = d[1] &- d[2]
    let start = d[0] &- d[2]
    return [
      (start &+ start) &+ far, far &- (d[1] &+ d[2]), (d[3] &- d[2]) &+ (fall &+ fall), far,
      (d[4] &- d[2]) &- (far &+ far), d[0],
    ]
  }

  /// Rows (1, 0, 0), (1, 1, 1), (1, -1, 1), (1, 2, 4), (0, 0, 1).
  @inlinable @inline(__always)
  public static func filter(_ g: InlineArray<3, SIMD8<Int16>>) -> InlineArray<6, SIMD8<Int16>> {
    let one = g[0] &+ g[2]
    let two = g[0] &+ (g[2] &<< SIMD8<Int16>(repeating: 2)) &+ (g[1] &+ g[1])
    return [g[0], one &+ g[1], one &- g[1], two, g[2], g[0]]
  }

  /// Rows (3, -3, -1, 1, 0), (0, -3, 1, 2, 0), (0, -3, -1, 4, 6).
  @inlinable @inline(__always)
  public static func results(_ m: InlineArray<6, SIMD4<Int32>>) -> InlineArray<6, SIMD4<Int32>> {
    let one = SIMD4<Int32>(repeating: 1)
    let start = m[0] &- m[1]
    let thrice = m[1] &+ (m[1] &<< one)
    let twice = m[3] &<< one
    let end = (m[4] &<< one) &+ m[4] &+ twice
    return [
      start &+ (start &<< one) &+ (m[3] &- m[2]), m[2] &- thrice &+ twice, (end &<< one) &- thrice &- m[2], start,
      start,
      start,
    ]
  }
}
