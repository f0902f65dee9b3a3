import CVector

/// Weights of 2...7 bits, unpacked to bytes: docs/file-format.md, "Packed weights". `Object` is a type of the instruction
/// set's own object, as in `Sampling`.
public enum WeightUnpacking<Object> {
  /// Unpacks `groups` groups of 64 weights, `8 * bits` bytes each, to 64 bytes each.
  @inlinable
  static func unpack(_ packed: Bytes, bits: Int, groups: Int, to weights: MutableBytes) {
    switch bits {
    case 2: unpack(Width<2>.self, packed, groups, weights)
    case 3: unpack(Width<3>.self, packed, groups, weights)
    case 4: unpack(Width<4>.self, packed, groups, weights)
    case 5: unpack(Width<5>.self, packed, groups, weights)
    case 6: unpack(Width<6>.self, packed, groups, weights)
    default: unpack(Width<7>.self, packed, groups, weights)
    }
  }

  /// A width as a type.
  @usableFromInline
  enum Width<let bits: Int> {}

  @inlinable @inline(__always)
  static func unpack<let bits: Int>(_: Width<bits>.Type, _ packed: Bytes, _ groups: Int, _ weights: MutableBytes) {
    var packed = packed
    var weights = weights
    var group = 0
    while group < groups {
      for quarter in 0..<4 {
        let fields = fields(Width<bits>.self, packed, quarter)
        (weights + 16 &* quarter).store(fields &- SIMD16(repeating: 1 << UInt8(bits &- 1)))
      }
      packed = packed + 8 &* bits
      weights = weights + 64
      group &+= 1
    }
  }

  /// The fields of weights `16 * quarter` to `16 * quarter + 15` of a group, put together from the planes of `bits`: 4 bits
  /// by 32 bytes, 2 by 16, 1 by 8.
  @inlinable @inline(__always)
  static func fields<let bits: Int>(_: Width<bits>.Type, _ packed: Bytes, _ quarter: Int) -> SIMD16<UInt8> {
    var fields = SIMD16<UInt8>(repeating: 0)
    var packed = packed
    if bits & 4 != 0 {
      let bytes = (packed + 16 &* (quarter & 1)).load(SIMD16<UInt8>.self)
      fields = (bytes &>> SIMD16(repeating: UInt8(quarter & 2) &* 2)) & SIMD16(repeating: 0x0F)
      packed = packed + 32
    }
    if bits & 2 != 0 {
      let bytes = packed.load(SIMD16<UInt8>.self)
      let pair = (bytes &>> SIMD16(repeating: UInt8(quarter) &* 2)) & SIMD16(repeating: 0x03)
      fields |= pair &<< SIMD16(repeating: UInt8(bits & 4))
      packed = packed + 16
    }
    if bits & 1 != 0 {
      let eight = packed.load(SIMD8<UInt8>.self)
      let bit: UInt8 = 1 &<< (UInt8(quarter) &* 2)
      let mask = SIMD16(lowHalf: SIMD8(repeating: bit), highHalf: SIMD8(repeating: bit &<< 1))
      fields |= ferrite_whereShared(SIMD16(lowHalf: eight, highHalf: eight), mask, 1 << UInt8(bits &- 1))
    }
    return fields
  }
}
