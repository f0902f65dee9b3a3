/// An integer of any size, by the schoolbook: a sign and limbs of 32 bits, the least first, without leading zeros.
struct BigInteger: Hashable {
  var isNegative = false
  var limbs: [UInt32] = []

  init(_ value: Int64) {
    isNegative = value < 0
    limbs = [UInt32(truncatingIfNeeded: value.magnitude), UInt32(value.magnitude >> 32)]
    trim()
  }

  private init(limbs: [UInt32], isNegative: Bool) {
    self.limbs = limbs
    self.isNegative = isNegative
    trim()
  }

  private mutating func trim() {
    while limbs.last == 0 { limbs.removeLast() }
    if limbs.isEmpty { isNegative = false }
  }

  var isEven: Bool { limbs.isEmpty || limbs[0] % 2 == 0 }
  var magnitude: BigInteger { BigInteger(limbs: limbs, isNegative: false) }

  /// Nil outside 63 bits and a sign.
  var int64: Int64? {
    guard limbs.count <= 2 else { return nil }
    let magnitude = limbs.reversed().reduce(UInt64(0)) { $0 << 32 | UInt64($1) }
    guard magnitude < 1 << 63 else { return nil }
    return isNegative ? -Int64(magnitude) : Int64(magnitude)
  }

  /// By doubling one, `exponent` times.
  static func powerOfTwo(_ exponent: Int) -> BigInteger { powersOfTwo[exponent] }

  private static let powersOfTwo: [BigInteger] = {
    var powers = [BigInteger(1)]
    for exponent in 1...512 { powers.append(powers[exponent - 1] + powers[exponent - 1]) }
    return powers
  }()

  /// The remainder in `0..<2^bits` that division towards minus infinity leaves, by long division.
  ///
  /// - Parameter bits: 0...32.
  func modulo(powerOfTwo bits: Int) -> Int64 {
    var modulus: UInt64 = 1
    for _ in 0..<bits { modulus += modulus }
    // Below 2^32 * 2^32, so that a limb can join it.
    let rest = limbs.reversed().reduce(UInt64(0)) { ($0 << 32 | UInt64($1)) % modulus }
    return Int64(isNegative && rest > 0 ? modulus - rest : rest)
  }
}

extension BigInteger: Comparable {
  static func < (a: BigInteger, b: BigInteger) -> Bool {
    if a.isNegative != b.isNegative { return a.isNegative }
    return a.isNegative ? isSmaller(b.limbs, a.limbs) : isSmaller(a.limbs, b.limbs)
  }

  private static func isSmaller(_ a: [UInt32], _ b: [UInt32]) -> Bool {
    if a.count != b.count { return a.count < b.count }
    for index in a.indices.reversed() where a[index] != b[index] { return a[index] < b[index] }
    return false
  }
}

extension BigInteger {
  static prefix func - (a: BigInteger) -> BigInteger { BigInteger(limbs: a.limbs, isNegative: !a.isNegative) }
  static func - (a: BigInteger, b: BigInteger) -> BigInteger { a + -b }

  static func + (a: BigInteger, b: BigInteger) -> BigInteger {
    if a.isNegative == b.isNegative {
      return BigInteger(limbs: sum(a.limbs, b.limbs), isNegative: a.isNegative)
    }
    return isSmaller(a.limbs, b.limbs)
      ? BigInteger(limbs: difference(b.limbs, a.limbs), isNegative: b.isNegative)
      : BigInteger(limbs: difference(a.limbs, b.limbs), isNegative: a.isNegative)
  }

  static func * (a: BigInteger, b: BigInteger) -> BigInteger {
    var product = [UInt32](repeating: 0, count: a.limbs.count + b.limbs.count)
    for (i, x) in a.limbs.enumerated() {
      var carry: UInt64 = 0
      for (j, y) in b.limbs.enumerated() {
        carry += UInt64(product[i + j]) + UInt64(x) * UInt64(y)
        product[i + j] = UInt32(truncatingIfNeeded: carry)
        carry >>= 32
      }
      product[i + b.limbs.count] = UInt32(carry)
    }
    return BigInteger(limbs: product, isNegative: a.isNegative != b.isNegative)
  }

  private static func sum(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    var carry: UInt64 = 0
    for index in 0..<max(a.count, b.count) {
      carry += (index < a.count ? UInt64(a[index]) : 0) + (index < b.count ? UInt64(b[index]) : 0)
      result.append(UInt32(truncatingIfNeeded: carry))
      carry >>= 32
    }
    return result + [UInt32(carry)]
  }

  /// - Parameter b: not greater than `a`.
  private static func difference(_ a: [UInt32], _ b: [UInt32]) -> [UInt32] {
    var result: [UInt32] = []
    var borrow: Int64 = 0
    for index in a.indices {
      var limb = Int64(a[index]) - (index < b.count ? Int64(b[index]) : 0) - borrow
      borrow = limb < 0 ? 1 : 0
      limb += borrow << 32
      result.append(UInt32(limb))
    }
    return result
  }
}
