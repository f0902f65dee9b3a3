/// What fuzzing has to find, or it finds nothing: a read of one byte too many, for inputs that start with these four bytes.
func readTooFar(_ bytes: UnsafeRawBufferPointer) -> Bool {
  let memory = unsafe ExactMemory(copying: bytes)
  guard bytes.count >= 4, unsafe bytes[0] == 0x89, unsafe bytes[1] == 0x46, unsafe bytes[2] == 0x58,
    unsafe bytes[3] == 0x4D, let start = unsafe memory.bytes.baseAddress
  else { return true }
  unsafe blackHole = UInt64(unsafe start.load(fromByteOffset: bytes.count, as: UInt8.self))
  return true
}
