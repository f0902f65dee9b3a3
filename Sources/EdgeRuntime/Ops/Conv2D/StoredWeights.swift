/// A layer's weights as a model file stores them. This file is the specification of docs/file-format.md, "Packed weights";
/// the kernels unpack by SIMD and give the same weights.
@safe
struct StoredWeights {
  let base: UnsafeRawPointer
  /// 8: a byte each, two's complement. 2...7: planes of unsigned fields that together hold `weight + 2^(bits-1)`.
  let bits: Int

  /// - Parameter base: `WeightStorage.bytes` bytes.
  init(_ base: UnsafeRawPointer, bits: Int) {
    unsafe self.base = base
    self.bits = bits
  }

  /// The weight of a `ConvolutionParameters.packedIndex`.
  @inline(__always)
  func weight(_ index: Int) -> Int32 {
    let place = index % WeightStorage.weightsPerGroup
    return Int32(
      Int8(truncatingIfNeeded: eight(group: index / WeightStorage.weightsPerGroup, place / 8) >> (8 * (place % 8))))
  }

  /// Weights `8 * word` to `8 * word + 7` of a group, the first in the lowest byte, each in two's complement.
  ///
  /// A plane of 4, 2 or 1 bits is as many 64-bit words. In their order, each word's lowest fields are the first weights', so
  /// that weight i has field `i / (8 * b)` of byte `i % (8 * b)` of a plane of b bits.
  @inline(__always)
  func eight(group: Int, _ word: Int) -> UInt64 {
    let start = unsafe base + group * WeightStorage.groupBytes(bits: bits)
    func load(_ word: Int) -> UInt64 {
      unsafe UInt64(littleEndian: start.loadUnaligned(fromByteOffset: 8 * word, as: UInt64.self))
    }
    if bits == 8 { return load(word) }
    var fields: UInt64 = 0
    var below = 0
    var plane = 4
    while plane > 0 {
      if bits & plane != 0 {
        let mask = (1 << UInt64(plane) - 1) &* Self.everyByte
        // `below` bits of each weight, and as many words, lie in the planes before.
        fields |= (load(below + word % plane) >> UInt64(plane * (word / plane)) & mask) << UInt64(below)
        below += plane
      }
      plane /= 2
    }
    // Each byte is below 128: with 128 added the subtraction borrows from no other, and its top bit is the sign reversed.
    return ((fields | 0x80 &* Self.everyByte) - (Self.everyByte << UInt64(bits - 1))) ^ 0x80 &* Self.everyByte
  }

  /// A group's weights: a lane for each output, whose lowest byte is the first tap's.
  func group(_ index: Int) -> SIMD16<Int32> {
    var lanes = SIMD16<Int32>(repeating: 0)
    for word in 0..<8 {
      let pair = eight(group: index, word)
      lanes[2 * word] = Int32(truncatingIfNeeded: pair)
      lanes[2 * word + 1] = Int32(truncatingIfNeeded: pair >> 32)
    }
    return lanes
  }

  private static let everyByte: UInt64 = 0x0101_0101_0101_0101
}

extension StoredWeights {
  /// Writes a weight of the symmetric range into `memory`, which is laid out as `base` is.
  static func store(_ weight: Int, at index: Int, bits: Int, in memory: UnsafeMutableRawPointer) {
    let place = index % WeightStorage.weightsPerGroup
    var start = unsafe memory + index / WeightStorage.weightsPerGroup * WeightStorage.groupBytes(bits: bits)
    if bits == 8 {
      unsafe start.storeBytes(of: Int8(weight), toByteOffset: place, as: Int8.self)
      return
    }
    var fields = weight + 1 << (bits - 1)
    var plane = 4
    while plane > 0 {
      if bits & plane != 0 {
        let byte = place % (8 * plane)
        let shift = plane * (place / (8 * plane))
        let mask = (1 << plane - 1) << shift
        let others = unsafe Int(start.load(fromByteOffset: byte, as: UInt8.self)) & ~mask
        unsafe start.storeBytes(of: UInt8(others | (fields << shift & mask)), toByteOffset: byte, as: UInt8.self)
        unsafe start += 8 * plane
        fields >>= plane
      }
      plane /= 2
    }
  }
}
