import CVector

/// An 8-bit activation, signed or not. Both fit 16 bits with room for seven more bits of weight.
public protocol ByteValue {
  associatedtype Sixteen: BitwiseCopyable
  /// One value in 16 bits.
  static func one(at bytes: Bytes) -> Int16
  /// Sixteen neighbouring values.
  static func sixteen(at bytes: Bytes) -> SIMD16<Int16>
  /// Eight neighbouring values, twice.
  static func eightTwice(at bytes: Bytes) -> Sixteen
  /// The greater of each two values.
  static func greater(_ a: Sixteen, _ b: Sixteen) -> Sixteen
  /// The values in 16 bits each.
  static func widened(_ values: Sixteen) -> SIMD16<Int16>
}

extension ByteValue {
  @inlinable @inline(__always)
  public static func sixteen(at bytes: Bytes) -> SIMD16<Int16> { widened(bytes.load(Sixteen.self)) }

  /// As many values as `lanes`; what lies behind these is anything.
  @inlinable @inline(__always)
  static func values(_ lanes: Lanes, at bytes: Bytes) -> Sixteen {
    lanes == .eight ? eightTwice(at: bytes) : bytes.load(Sixteen.self)
  }
}

/// How many values a step works on.
@usableFromInline
enum Lanes {
  case one, eight, sixteen

  /// Calls `body` for all of 0..<`count`: with steps of sixteen, or of eight where there are no sixteen, the last of which does some once more
  /// where the others leave fewer, or one by one.
  @inlinable @inline(__always)
  static func cover(_ count: Int, _ body: (_ first: Int, Lanes) -> Void) {
    var first = 0
    if count >= 16 {
      while first < count {
        body(min(first, count &- 16), .sixteen)
        first &+= 16
      }
    } else if count >= 8 {
      while first < count {
        body(min(first, count &- 8), .eight)
        first &+= 8
      }
    } else {
      while first < count {
        body(first, .one)
        first &+= 1
      }
    }
  }
}

extension MutableBytes {
  /// Stores the first of sixteen values, as many as `lanes`.
  @inlinable @inline(__always)
  func store(_ lanes: Lanes, of values: SIMD16<UInt8>) {
    if lanes == .eight { store(ferrite_firstEight(values)) } else { store(values) }
  }
}

extension Int8: ByteValue {
  @inlinable @inline(__always)
  public static func one(at bytes: Bytes) -> Int16 { Int16(bytes.load(Int8.self)) }

  @inlinable @inline(__always)
  public static func eightTwice(at bytes: Bytes) -> SIMD16<Int8> { ferrite_twiceSigned(bytes.load(SIMD8<Int8>.self)) }

  @inlinable @inline(__always)
  public static func greater(_ a: SIMD16<Int8>, _ b: SIMD16<Int8>) -> SIMD16<Int8> { ferrite_maximumSignedBytes(a, b) }

  @inlinable @inline(__always)
  public static func widened(_ values: SIMD16<Int8>) -> SIMD16<Int16> { ferrite_widenSigned(values) }
}

extension UInt8: ByteValue {
  @inlinable @inline(__always)
  public static func one(at bytes: Bytes) -> Int16 { Int16(bytes.load(UInt8.self)) }

  @inlinable @inline(__always)
  public static func eightTwice(at bytes: Bytes) -> SIMD16<UInt8> { ferrite_twice(bytes.load(SIMD8<UInt8>.self)) }

  @inlinable @inline(__always)
  public static func greater(_ a: SIMD16<UInt8>, _ b: SIMD16<UInt8>) -> SIMD16<UInt8> { ferrite_maximumBytes(a, b) }

  @inlinable @inline(__always)
  public static func widened(_ values: SIMD16<UInt8>) -> SIMD16<Int16> { ferrite_widenUnsigned(values) }
}
