/// What a kernel did wrong in a problem.
public enum KernelMismatch: Equatable, Sendable {
  /// The first output byte that differs from the reference.
  case output(byte: Int)
  /// A byte was written that is none of the output's or, for convolutions, the workspace's.
  case strayWrite
}

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

  /// - Parameters:
  ///   - memory: `memoryBytes` or more.
  ///   - isExtreme: only bytes that, alone or in pairs, make the ends of a range.
  init(
    _ memory: UnsafeMutableRawBufferPointer, input: Int, output: Int, seed: UInt64, isExtreme: Bool = false
  ) {
    guard let base = memory.baseAddress, memory.count >= Self.memoryBytes(input: input, output: output) else {
      preconditionFailure("too little memory")
    }
    for byte in 0..<Self.memoryBytes(input: input, output: output) {
      unsafe base.storeBytes(of: Self.guardByte, toByteOffset: byte, as: UInt8.self)
    }
    var generator = SeededGenerator(seed: seed)
    for byte in Self.margin..<Self.margin + input {
      let value = isExtreme ? generator.pick([0x00, 0x7F, 0x80, 0xFF]) : Int(generator.next() & 0xFF)
      unsafe base.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: byte, as: UInt8.self)
    }
    unsafe start = base
    inputBytes = input
    outputBytes = output
    unsafe self.input = UnsafeRawPointer(base + Self.margin)
    unsafe expected = base + Self.expectedOffset(input: input)
    unsafe found = base + (3 * Self.margin + input + output)
  }

  private static func expectedOffset(input: Int) -> Int { 2 * margin + input }

  /// Adds the reference's output, as a check left it in `memory`, to a digest.
  static func addExpected(
    in memory: UnsafeMutableRawBufferPointer, input: Int, output: Int, to digest: UInt64
  ) -> UInt64 {
    guard let base = memory.baseAddress else { preconditionFailure("too little memory") }
    return unsafe Checksum.add(base + expectedOffset(input: input), count: output, to: digest)
  }

  /// Nil where both outputs are equal and all margins whole.
  var mismatch: KernelMismatch? {
    for byte in 0..<outputBytes {
      let values = unsafe (
        expected.load(fromByteOffset: byte, as: UInt8.self), found.load(fromByteOffset: byte, as: UInt8.self)
      )
      if values.0 != values.1 { return .output(byte: byte) }
    }
    let isWhole =
      isWhole(0) && isWhole(Self.margin + inputBytes) && isWhole(2 * Self.margin + inputBytes + outputBytes)
      && isWhole(3 * Self.margin + inputBytes + 2 * outputBytes)
    return isWhole ? nil : .strayWrite
  }

  private func isWhole(_ margin: Int) -> Bool {
    for byte in margin..<margin + Self.margin {
      if unsafe start.load(fromByteOffset: byte, as: UInt8.self) != Self.guardByte { return false }
    }
    return true
  }
}
