/// Tensors by the numbers, from 1 on, that their records give them.
struct NumberedTensors {
  private(set) var tensors = InlineArray<16, UInt16>(repeating: 0)
  private var found: UInt32 = 0

  /// Gives a tensor a number of 1...16. False if another has it.
  mutating func add(_ tensor: Int, number: Int) -> Bool {
    let bit = UInt32(1) << UInt32(number - 1)
    guard found & bit == 0 else { return false }
    found |= bit
    tensors[number - 1] = UInt16(tensor)
    return true
  }

  /// Whether the numbers given are 1...count.
  func areAll(_ count: Int) -> Bool { found == 1 << UInt32(count) - 1 }
}
