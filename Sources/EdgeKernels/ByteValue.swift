import CVector

/// An 8-bit activation, signed or not. Both fit 16 bits with room for seven more bits of weight.
public protocol ByteValue {
  /// One value in 16 bits.
  static func one(at bytes: Bytes) -> Int16
  /// Sixteen neighbouring values.
  static func sixteen(at bytes: Bytes) -> SIMD16<Int16>
}

extension Int8: ByteValue {
  @inlinable @inline(__always)
  public static func one(at bytes: Bytes) -> Int16 { Int16(bytes.load(Int8.self)) }

  @inlinable @inline(__always)
  public static func sixteen(at bytes: Bytes) -> SIMD16<Int16> { ferrite_widenSigned(bytes.load(SIMD16<Int8>.self)) }
}

extension UInt8: ByteValue {
  @inlinable @inline(__always)
  public static func one(at bytes: Bytes) -> Int16 { Int16(bytes.load(UInt8.self)) }

  @inlinable @inline(__always)
  public static func sixteen(at bytes: Bytes) -> SIMD16<Int16> {
    ferrite_widenUnsigned(bytes.load(SIMD16<UInt8>.self))
  }
}
