import EdgeProgram

/// A topic or a message of at most 2047 bytes; what doesn't fit is left out, and `isWhole` says so.
struct Text {
  private var bytes = InlineArray<2048, UInt8>(repeating: 0)
  private(set) var count = 0
  private(set) var isWhole = true

  mutating func add(_ byte: UInt8) {
    // One byte stays zero, so that the text is a C string.
    guard count < bytes.count - 1 else {
      isWhole = false
      return
    }
    bytes[count] = byte
    count += 1
  }

  mutating func add(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { unsafe add(text.utf8Start[index]) }
  }

  mutating func add(_ word: Word) {
    for index in 0..<word.count { add(word[index]) }
  }

  mutating func add(_ bytes: Span<UInt8>) {
    for index in bytes.indices { add(bytes[index]) }
  }

  /// A JSON string, quotes included.
  mutating func addJSON(_ word: Word) {
    add(UInt8(ascii: "\""))
    for index in 0..<word.count {
      let byte = word[index]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { add(UInt8(ascii: "\\")) }
      // Settings refuse control characters.
      add(byte)
    }
    add(UInt8(ascii: "\""))
  }

  func withCString<Result>(_ body: (UnsafePointer<CChar>, Int) -> Result) -> Result {
    unsafe bytes.span.withUnsafeBytes { buffer in
      unsafe body(buffer.baseAddress!.assumingMemoryBound(to: CChar.self), count)
    }
  }
}
