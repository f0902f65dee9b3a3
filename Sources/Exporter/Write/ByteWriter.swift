/// Bytes written little-endian, one field after another.
struct ByteWriter {
  private(set) var bytes: [UInt8] = []

  mutating func put(_ value: some FixedWidthInteger) { bytes += value.littleEndianBytes }
  mutating func put(_ values: [UInt8]) { bytes += values }

  /// A size or index as a u32.
  mutating func size(_ value: Int) { put(UInt32(value)) }

  /// Zeros up to `offset`.
  mutating func pad(to offset: Int) {
    precondition(offset >= bytes.count, "a field was written past its end")
    bytes += Array(repeating: 0, count: offset - bytes.count)
  }
}
