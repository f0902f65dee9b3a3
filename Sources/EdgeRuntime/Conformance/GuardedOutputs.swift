/// An input of seeded bytes and room for the reference's and a kernel's output, each between margins of guard bytes.
@safe
struct GuardedOutputs {
  let input: UnsafeRawPointer
  let expected: UnsafeMutableRawPointer
  let found: UnsafeMutableRawPointer
  private let start: UnsafeMutableRawPointer
  private let inputBytes: Int
  private let outputBytes: Int

  private static let margin = 64
  private static let guardByte: UInt8 = 0xA5

  static func memoryBytes(input: Int, output: Int) -> Int { input + 2 * output + 4 * margin }

  /// - Parameter memory: `memoryBytes` or more.
  init(_ memory: UnsafeMutableRawBufferPointer, input: Int, output: Int, seed: UInt64) {
    guard let base = memory.baseAddress, memory.count >= Self.memoryBytes(input: input, output: output) else {
      preconditionFailure("too little memory")
    }
    for byte in 0..<Self.memoryBytes(input: input, output: output) {
      unsafe base.storeBytes(of: Self.guardByte, toByteOffset: byte, as: UInt8.self)
    }
    var generator = SeededGenerator(seed: seed)
    for byte in Self.margin..<Self.margin + input {
      unsafe base.storeBytes(of: UInt8(truncatingIfNeeded: generator.next()), toByteOffset: byte, as: UInt8.self)
    }
    unsafe start = base
    inputBytes = input
    outputBytes = output
    unsafe self.input = UnsafeRawPointer(base + Self.margin)
    unsafe expected = base + (2 * Self.margin + input)
    unsafe found = base + (3 * Self.margin + input + output)
  }

  /// Whether both outputs are equal and all margins whole.
  var agree: Bool {
    for byte in 0..<outputBytes {
      let values = unsafe (
        expected.load(fromByteOffset: byte, as: UInt8.self), found.load(fromByteOffset: byte, as: UInt8.self)
      )
      if values.0 != values.1 { return false }
    }
    return isWhole(0) && isWhole(Self.margin + inputBytes) && isWhole(2 * Self.margin + inputBytes + outputBytes)
      && isWhole(3 * Self.margin + inputBytes + 2 * outputBytes)
  }

  private func isWhole(_ margin: Int) -> Bool {
    for byte in margin..<margin + Self.margin {
      if unsafe start.load(fromByteOffset: byte, as: UInt8.self) != Self.guardByte { return false }
    }
    return true
  }
}
