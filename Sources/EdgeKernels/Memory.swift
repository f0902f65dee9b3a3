/// Bytes that a kernel reads. The model loader has proved the extents of every tensor, weight blob and workspace, so
/// that a kernel, whose addresses are affine in loop counters below those extents, checks nothing.
@safe
public struct Bytes {
  @usableFromInline let base: UnsafeRawPointer

  @inlinable @inline(__always)
  public init(_ base: UnsafeRawPointer) { unsafe self.base = base }

  @inlinable @inline(__always)
  public static func + (bytes: Bytes, offset: Int) -> Bytes { unsafe Bytes(bytes.base + offset) }

  /// The value at the start, at any alignment.
  @inlinable @inline(__always)
  public func load<Value: BitwiseCopyable>(_ type: Value.Type) -> Value { unsafe base.loadUnaligned(as: type) }
}

/// Bytes that a kernel writes; see `Bytes`.
@safe
public struct MutableBytes {
  @usableFromInline let base: UnsafeMutableRawPointer

  @inlinable @inline(__always)
  public init(_ base: UnsafeMutableRawPointer) { unsafe self.base = base }

  @inlinable @inline(__always)
  public var readOnly: Bytes { unsafe Bytes(base) }

  @inlinable @inline(__always)
  public static func + (bytes: MutableBytes, offset: Int) -> MutableBytes { unsafe MutableBytes(bytes.base + offset) }

  /// Stores at the start, at any alignment.
  @inlinable @inline(__always)
  public func store<Value: BitwiseCopyable>(_ value: Value) { unsafe base.storeBytes(of: value, as: Value.self) }
}
