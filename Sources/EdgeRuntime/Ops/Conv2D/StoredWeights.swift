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

  /// The four weights from a `ConvolutionParameters.packedIndex` on that is a multiple of 4, those of one output and four taps:
  /// a byte each in two's complement, the first tap's the lowest.
  ///
  /// A group of 64 weights has a plane of 4, of 2 and of 1 bit, as far as `bits` is their sum, in this order, the lowest bits
  /// of each weight in the first. Weight i has field `i / (8 * b)`, from the lowest bits up, of byte `i % (8 * b)` of the
  /// plane of b bits: four neighbours have the same field of four neighbouring bytes.
  @inline(__always)
  func fourTaps(_ index: Int) -> UInt32 {
    if bits == 8 { return unsafe load(base + index) }
    let group = unsafe base + index / WeightStorage.weightsPerGroup * WeightStorage.groupBytes(bits: bits)
    let i = index % WeightStorage.weightsPerGroup
    var fields: UInt32 = 0
    var below = 0
    func addPlane(_ b: Int) {
      let bytes = unsafe load(group + (8 * below + i % (8 * b)))
      let mask = (1 << UInt32(b) - 1) &* Self.everyByte
      fields |= (bytes >> UInt32(b * (i / (8 * b))) & mask) << UInt32(below)
      below += b
    }
    if bits & 4 != 0 { addPlane(4) }
    if bits & 2 != 0 { addPlane(2) }
    if bits & 1 != 0 { addPlane(1) }
    // Each byte is below 128: with 128 added the subtraction borrows from no other, and its top bit is the sign reversed.
    let top = 0x80 &* Self.everyByte
    return ((fields | top) - Self.everyByte << UInt32(bits - 1)) ^ top
  }

  /// The weight of a `ConvolutionParameters.packedIndex`.
  func weight(_ index: Int) -> Int8 {
    let place = index % Layout.tapsPerGroup
    return Int8(truncatingIfNeeded: fourTaps(index - place) >> UInt32(8 * place))
  }

  private func load(_ place: UnsafeRawPointer) -> UInt32 {
    unsafe UInt32(littleEndian: place.loadUnaligned(as: UInt32.self))
  }

  private static let everyByte: UInt32 = 0x0101_0101
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

extension StoredWeights {
  /// A group's weights: a lane for each output, whose lowest byte is the first tap's.
  func taps(ofGroup group: Int) -> SIMD16<Int32> {
    #if _endian(little)
      // Bytes lie as the lanes want them: most of a large model's time to load would go into gathering them.
      if bits == 8 { return unsafe base.loadUnaligned(fromByteOffset: 64 * group, as: SIMD16<Int32>.self) }
    #endif
    var lanes = SIMD16<Int32>(repeating: 0)
    for output in 0..<Layout.outputsPerBlock {
      let index = (group * Layout.outputsPerBlock + output) * Layout.tapsPerGroup
      lanes[output] = Int32(bitPattern: fourTaps(index))
    }
    return lanes
  }
}
