/// Reads and writes of raw values by format. Offsets count elements.
extension UnsafeRawPointer {
  @inlinable @inline(__always)
  func element(_ index: Int, _ format: FixedFormat) -> Int32 {
    switch (format.elementBytes, format.isSigned) {
    case (1, true): unsafe Int32(load(fromByteOffset: index, as: Int8.self))
    case (1, false): unsafe Int32(load(fromByteOffset: index, as: UInt8.self))
    case (2, true): unsafe Int32(load(fromByteOffset: index &* 2, as: Int16.self))
    case (2, false): unsafe Int32(load(fromByteOffset: index &* 2, as: UInt16.self))
    default: unsafe load(fromByteOffset: index &* 4, as: Int32.self)
    }
  }
}

extension UnsafeMutableRawPointer {
  /// Stores the low bytes of `value`, which its format has room for.
  @inlinable @inline(__always)
  func setElement(_ index: Int, _ value: Int32, _ format: FixedFormat) {
    switch format.elementBytes {
    case 1: unsafe storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: index, as: UInt8.self)
    case 2: unsafe storeBytes(of: UInt16(truncatingIfNeeded: value), toByteOffset: index &* 2, as: UInt16.self)
    default: unsafe storeBytes(of: value, toByteOffset: index &* 4, as: Int32.self)
    }
  }
}
