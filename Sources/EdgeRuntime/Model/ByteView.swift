/// A file's bytes, read little-endian at byte offsets that the caller has checked against `count`.
@safe
struct ByteView {
  let base: UnsafeRawPointer
  let count: Int

  func u8(_ offset: Int) -> UInt8 {
    precondition(offset >= 0 && offset < count, "a read left the file")
    return unsafe base.load(fromByteOffset: offset, as: UInt8.self)
  }

  func i8(_ offset: Int) -> Int8 { Int8(bitPattern: u8(offset)) }

  func u16(_ offset: Int) -> UInt16 {
    precondition(offset >= 0 && offset <= count - 2, "a read left the file")
    return unsafe UInt16(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
  }

  func u32(_ offset: Int) -> UInt32 {
    precondition(offset >= 0 && offset <= count - 4, "a read left the file")
    return unsafe UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  func u64(_ offset: Int) -> UInt64 {
    precondition(offset >= 0 && offset <= count - 8, "a read left the file")
    return unsafe UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  func i32(_ offset: Int) -> Int32 { Int32(bitPattern: u32(offset)) }

  /// A u32 as a size. Where 32 bits are too few for it, it is `Int.max`, which exceeds every limit as well.
  func size(_ offset: Int) -> Int { Int(clamping: u32(offset)) }

  func isZero(_ range: Range<Int>) -> Bool {
    var all: UInt8 = 0
    for offset in range { all |= u8(offset) }
    return all == 0
  }

  /// True if the bytes are well-formed UTF-8 without control characters.
  func isText(_ range: Range<Int>) -> Bool {
    var offset = range.lowerBound
    while offset < range.upperBound {
      let lead = u8(offset)
      let following: Int
      switch lead {
      case 0x20...0x7E: following = 0
      case 0xC2...0xDF: following = 1
      case 0xE0...0xEF: following = 2
      case 0xF0...0xF4: following = 3
      default: return false
      }
      guard offset + following < range.upperBound else { return false }
      for step in 0..<following where u8(offset + 1 + step) & 0xC0 != 0x80 { return false }
      if following >= 2 {
        let second = u8(offset + 1)
        // Overlong forms, surrogates, and values above U+10FFFF.
        if (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90)
          || (lead == 0xF4 && second > 0x8F)
        {
          return false
        }
      }
      offset += 1 + following
    }
    return true
  }
}
