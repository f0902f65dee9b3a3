import CVector

/// An 8-bit activation, signed or not. Both fit 16 bits with room for seven more bits of weight.
public protocol ByteValue: FixedWidthInteger, BitwiseCopyable {
  /// Sixteen neighbouring values.
  static func widened(from bytes: Bytes) -> SIMD16<Int16>
}

extension Int8: ByteValue {
  @inlinable @inline(__always)
  public static func widened(from bytes: Bytes) -> SIMD16<Int16> { ferrite_widenSigned(bytes.load(SIMD16<Int8>.self)) }
}

extension UInt8: ByteValue {
  @inlinable @inline(__always)
  public static func widened(from bytes: Bytes) -> SIMD16<Int16> {
    ferrite_widenUnsigned(bytes.load(SIMD16<UInt8>.self))
  }
}
