import CLinux

/// A C string that lives as long as the program.
@safe
struct CString: @unchecked Sendable {
  let start: UnsafePointer<CChar>
  /// Bytes, without the zero at the end.
  let count: Int

  init(_ start: UnsafePointer<CChar>) {
    var count = 0
    while unsafe start[count] != 0 { count += 1 }
    unsafe self.start = start
    self.count = count
  }

  subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count, "an index is out of a string's range")
    return unsafe UInt8(bitPattern: start[index])
  }

  static func == (string: CString, text: StaticString) -> Bool {
    guard string.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<string.count where unsafe string[index] != text.utf8Start[index] { return false }
    return true
  }

  /// The number, if the string is one to nine decimal digits.
  var number: Int? {
    guard 1...9 ~= count else { return nil }
    var value = 0
    for index in 0..<count {
      guard case UInt8(ascii: "0")...UInt8(ascii: "9") = self[index] else { return nil }
      value = 10 * value + Int(self[index] - UInt8(ascii: "0"))
    }
    return value
  }
}

/// A text of at most 2047 bytes; what doesn't fit is left out, and `isWhole` says so.
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

  mutating func add(_ string: CString) {
    for index in 0..<string.count { add(string[index]) }
  }

  /// A number that is not negative.
  mutating func add(_ number: Int) {
    if number >= 10 { add(number / 10) }
    add(UInt8(ascii: "0") + UInt8(number % 10))
  }

  mutating func add(_ bytes: Span<UInt8>) {
    for index in bytes.indices { add(bytes[index]) }
  }

  /// A JSON string, quotes included.
  mutating func addJSON(_ string: CString) {
    add(UInt8(ascii: "\""))
    for index in 0..<string.count {
      let byte = string[index]
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { add(UInt8(ascii: "\\")) }
      // Settings refuse control characters.
      add(byte)
    }
    add(UInt8(ascii: "\""))
  }

  mutating func add(systemError number: Int32) {
    guard let text = unsafe linux_error_text(number) else { return }
    unsafe add(CString(text))
  }

  func write(to file: Int32) {
    var start = 0
    while start < count {
      let put = unsafe bytes.span.withUnsafeBytes { unsafe linux_write(file, $0.baseAddress! + start, count - start) }
      guard put > 0 else { return }
      start += put
    }
  }

  func withCString<Result>(_ body: (UnsafePointer<CChar>, Int) -> Result) -> Result {
    unsafe bytes.span.withUnsafeBytes { buffer in
      unsafe body(buffer.baseAddress!.assumingMemoryBound(to: CChar.self), count)
    }
  }
}
