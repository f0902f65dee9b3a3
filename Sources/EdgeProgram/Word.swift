/// An argument of the command line: a C string that lives as long as the program.
@safe
public struct Word: @unchecked Sendable {
  /// For C functions.
  public let start: UnsafePointer<CChar>
  /// Bytes, without the zero at the end.
  public let count: Int

  @export(interface)
  public init(_ start: UnsafePointer<CChar>) {
    var count = 0
    while unsafe start[count] != 0 { count += 1 }
    unsafe self.start = start
    self.count = count
  }

  /// Of ASCII.
  @export(interface)
  public init(_ text: StaticString) {
    // Literals end with a zero.
    self = unsafe UnsafeRawPointer(text.utf8Start).withMemoryRebound(
      to: CChar.self, capacity: text.utf8CodeUnitCount + 1
    ) {
      unsafe Word($0)
    }
  }

  public subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count, "an index is out of a word's range")
    return unsafe UInt8(bitPattern: start[index])
  }

  @export(interface)
  public static func == (word: Word, text: StaticString) -> Bool {
    guard word.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<word.count where unsafe word[index] != text.utf8Start[index] { return false }
    return true
  }

  /// The number, if the word is one to nine decimal digits.
  public var number: Int? {
    guard count >= 1, count <= 9 else { return nil }
    var value = 0
    for index in 0..<count {
      guard case UInt8(ascii: "0")...UInt8(ascii: "9") = self[index] else { return nil }
      value = 10 * value + Int(self[index] - UInt8(ascii: "0"))
    }
    return value
  }
}
