import CVector

/// As many 32-bit values as an instruction set's finishing works on at once: one for each of some output channels.
public protocol Int32Vector: SIMD, BitwiseCopyable where Scalar == Int32 {
  static func lesser(_ a: Self, _ b: Self) -> Self
  static func greater(_ a: Self, _ b: Self) -> Self
  /// One value for each byte.
  static func widened(from bytes: Bytes) -> Self
  /// The low byte of each value.
  func storeBytes(to memory: MutableBytes)
  /// The low two bytes of each value.
  func storeHalves(to memory: MutableBytes)
}

extension SIMD4: Int32Vector where Scalar == Int32 {
  @inlinable @inline(__always)
  public static func lesser(_ a: Self, _ b: Self) -> Self { ferrite_minimum4(a, b) }
  @inlinable @inline(__always)
  public static func greater(_ a: Self, _ b: Self) -> Self { ferrite_maximum4(a, b) }
  @inlinable @inline(__always)
  public static func widened(from bytes: Bytes) -> Self { ferrite_widen4(bytes.load(SIMD4<UInt8>.self)) }
  @inlinable @inline(__always)
  public func storeBytes(to memory: MutableBytes) { memory.store(ferrite_bytes4(self)) }
  @inlinable @inline(__always)
  public func storeHalves(to memory: MutableBytes) { memory.store(ferrite_halves4(self)) }
}

extension SIMD8: Int32Vector where Scalar == Int32 {
  @inlinable @inline(__always)
  public static func lesser(_ a: Self, _ b: Self) -> Self { ferrite_minimum8(a, b) }
  @inlinable @inline(__always)
  public static func greater(_ a: Self, _ b: Self) -> Self { ferrite_maximum8(a, b) }
  @inlinable @inline(__always)
  public static func widened(from bytes: Bytes) -> Self { ferrite_widen8(bytes.load(SIMD8<UInt8>.self)) }
  @inlinable @inline(__always)
  public func storeBytes(to memory: MutableBytes) { memory.store(ferrite_bytes8(self)) }
  @inlinable @inline(__always)
  public func storeHalves(to memory: MutableBytes) { memory.store(ferrite_halves8(self)) }
}

extension SIMD16: Int32Vector where Scalar == Int32 {
  @inlinable @inline(__always)
  public static func lesser(_ a: Self, _ b: Self) -> Self { ferrite_minimum16(a, b) }
  @inlinable @inline(__always)
  public static func greater(_ a: Self, _ b: Self) -> Self { ferrite_maximum16(a, b) }
  @inlinable @inline(__always)
  public static func widened(from bytes: Bytes) -> Self { ferrite_widen16(bytes.load(SIMD16<UInt8>.self)) }
  @inlinable @inline(__always)
  public func storeBytes(to memory: MutableBytes) { memory.store(ferrite_bytes16(self)) }
  @inlinable @inline(__always)
  public func storeHalves(to memory: MutableBytes) { memory.store(ferrite_halves16(self)) }
}
