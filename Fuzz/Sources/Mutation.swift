import CFuzzer
import EdgeRuntime

/// One input that is being changed, and the random numbers for it.
@safe
struct Mutation {
  let bytes: UnsafeMutablePointer<UInt8>
  private(set) var count: Int
  let capacity: Int
  var random: SeededGenerator

  init(bytes: UnsafeMutablePointer<UInt8>, count: Int, capacity: Int, seed: UInt32) {
    unsafe self.bytes = bytes
    self.count = count
    self.capacity = capacity
    random = SeededGenerator(seed: UInt64(seed))
  }

  /// By libFuzzer's own mutations, which may move and drop bytes.
  mutating func changeBytes() { unsafe count = LLVMFuzzerMutate(bytes, count, capacity) }

  /// The input becomes these bytes, if there is room for them.
  mutating func replace(by other: [UInt8]) {
    guard !other.isEmpty, other.count <= capacity else { return changeBytes() }
    for (index, byte) in other.enumerated() { unsafe bytes[index] = byte }
    count = other.count
  }

  /// Little-endian, of `width` bytes that lie within the input.
  func field(_ offset: Int, width: Int) -> UInt64 {
    precondition(offset >= 0 && offset + width <= count, "a field leaves the input")
    var value: UInt64 = 0
    for byte in (0..<width).reversed() { unsafe value = value << 8 | UInt64(bytes[offset + byte]) }
    return value
  }

  mutating func setField(_ offset: Int, width: Int, _ value: UInt64) {
    precondition(offset >= 0 && offset + width <= count, "a field leaves the input")
    for byte in 0..<width { unsafe bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> UInt64(8 * byte)) }
  }

  /// Gives a field a value that is near its own, near a limit, or another field's.
  mutating func changeField(_ offset: Int, width: Int) {
    let old = field(offset, width: width)
    let limits: [UInt64] = [
      0, 1, 2, 3, 5, 7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 4095, 4096, 32767, 32768, 65535, 65536,
      0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 62, .max,
    ]
    let value: UInt64 =
      switch random.next(in: 0...6) {
      case 0: old &+ 1
      case 1: old &- 1
      case 2: old << 1
      case 3: old >> 1
      case 4: old ^ 1 << UInt64(random.next(in: 0...8 * width - 1))
      case 5: limits[random.next(in: 0...limits.count - 1)]
      default: field(random.next(in: 0...(count - width) / width) * width, width: width)
      }
    setField(offset, width: width, value)
  }

  /// Writes the BLAKE2b-256 of the other bytes, its own place taken as zeros.
  mutating func stampDigest(at offset: Int) {
    for index in 0..<Layout.digestBytes { unsafe bytes[offset + index] = 0 }
    let digest = Digest.of { unsafe $0.update(UnsafeRawBufferPointer(start: bytes, count: count)) }
    for index in 0..<Layout.digestBytes { unsafe bytes[offset + index] = digest[index] }
  }
}
