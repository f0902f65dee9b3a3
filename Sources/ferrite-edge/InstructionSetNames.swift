import EdgeProgram
import EdgeRuntime

extension InstructionSet {
  /// Every raw value.
  static var numbers: Range<UInt8> { 0..<5 }

  /// The family of this name, or nil.
  init?(named word: Word) {
    for number in Self.numbers {
      if let candidate = InstructionSet(rawValue: number), word == candidate.name {
        self = candidate
        return
      }
    }
    return nil
  }
}
