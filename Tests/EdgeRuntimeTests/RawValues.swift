import EdgeRuntime

/// Raw values in memory, as the runtime lays them out.
extension UnsafeMutableRawPointer {
  func put(_ raw: Int64, at index: Int, _ format: FixedFormat) {
    // The tests make room for every index.
    if format.elementBytes == 1 {
      unsafe storeBytes(of: UInt8(truncatingIfNeeded: raw), toByteOffset: index, as: UInt8.self)
    } else {
      unsafe storeBytes(of: UInt16(truncatingIfNeeded: raw), toByteOffset: 2 * index, as: UInt16.self)
    }
  }

  func raw(at index: Int, _ format: FixedFormat) -> Int64 {
    let isSigned = format.isSigned
    if format.elementBytes == 1 {
      let byte = unsafe load(fromByteOffset: index, as: UInt8.self)
      return isSigned ? Int64(Int8(bitPattern: byte)) : Int64(byte)
    }
    let word = unsafe load(fromByteOffset: 2 * index, as: UInt16.self)
    return isSigned ? Int64(Int16(bitPattern: word)) : Int64(word)
  }
}
