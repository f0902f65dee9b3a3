import CLinux

/// The start of a small text file of the system (/sys, /proc), up to 255 bytes, without blanks and zeros at its end.
public struct SystemText: Sendable {
  private var bytes = InlineArray<256, UInt8>(repeating: 0)
  public private(set) var count = 0

  /// Reads the file; nil where there is none that can be read, or nothing in it.
  init?(_ path: SystemPath) {
    let file = unsafe path.withCString { unsafe linux_open($0) }
    guard file >= 0 else { return nil }
    defer { linux_close(file) }
    var storage = bytes.mutableSpan
    count = unsafe storage.withUnsafeMutableBytes { max(0, unsafe linux_read(file, $0.baseAddress!, 255)) }
    while count > 0, bytes[count - 1] <= UInt8(ascii: " ") { count -= 1 }
    guard count > 0 else { return nil }
  }

  public subscript(index: Int) -> UInt8 {
    precondition(index >= 0 && index < count, "an index is out of a text's range")
    return bytes[index]
  }

  /// What the line of `key: value` says of a key; nil without such a line.
  func value(of key: StaticString) -> SystemText? {
    var start = 0
    while start < count {
      var end = start
      while end < count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
      if starts(with: key, at: start), start + key.utf8CodeUnitCount < end {
        var from = start + key.utf8CodeUnitCount
        while from < end, bytes[from] <= UInt8(ascii: " ") || bytes[from] == UInt8(ascii: ":") { from += 1 }
        return part(from..<end)
      }
      start = end + 1
    }
    return nil
  }

  private func part(_ range: Range<Int>) -> SystemText {
    var part = self
    for index in range { part.bytes[index - range.lowerBound] = bytes[index] }
    part.count = range.count
    return part
  }

  private func starts(with text: StaticString, at place: Int = 0) -> Bool {
    guard place + text.utf8CodeUnitCount <= count else { return false }
    for index in 0..<text.utf8CodeUnitCount where unsafe bytes[place + index] != text.utf8Start[index] { return false }
    return true
  }

  static func == (left: SystemText, right: StaticString) -> Bool {
    left.count == right.utf8CodeUnitCount && left.starts(with: right)
  }

  /// The text as a decimal number; nil if it is none of at most 15 digits, or too great.
  var decimal: Int? {
    let negative = bytes[0] == UInt8(ascii: "-")
    return number(from: negative ? 1 : 0, radix: 10).map { negative ? -$0 : $0 }
  }

  /// The text as a hexadecimal number, with or without `0x`; nil if it is none of at most 15 digits, or too great.
  var hexadecimal: Int? { number(from: starts(with: "0x") ? 2 : 0, radix: 16) }

  private func number(from first: Int, radix: Int) -> Int? {
    guard count > first, count - first <= 15 else { return nil }
    // Below 16^15.
    var value: Int64 = 0
    for index in first..<count {
      let digit: Int64
      switch bytes[index] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = Int64(bytes[index] - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = Int64(bytes[index] - UInt8(ascii: "a")) + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = Int64(bytes[index] - UInt8(ascii: "A")) + 10
      default: return nil
      }
      guard digit < Int64(radix) else { return nil }
      value = value * Int64(radix) + digit
    }
    return Int(exactly: value)
  }
}

#if !hasFeature(Embedded)
  extension String {
    public init(_ text: SystemText) { self = String(decoding: (0..<text.count).map { text[$0] }, as: UTF8.self) }
  }
#endif

/// A path below a folder that stands for the root: none for the system's own files.
struct SystemPath {
  private var bytes = InlineArray<256, CChar>(repeating: 0)
  private var count = 0

  init(unsafeRoot root: UnsafePointer<CChar>?, _ path: StaticString) {
    if let root = unsafe root {
      var index = 0
      while unsafe root[index] != 0 {
        unsafe append(root[index])
        index += 1
      }
    }
    append(path)
  }

  /// A path of the system's own.
  init(_ path: StaticString) { append(path) }

  func appending(_ more: StaticString) -> SystemPath {
    var path = self
    path.append(more)
    return path
  }

  /// The path with a part of a board file's text behind it, of at most 63 bytes.
  func appending(_ range: BoardFile.TextRange, of board: borrowing BoardFile) -> SystemPath {
    var path = self
    for index in 0..<range.count { path.append(CChar(bitPattern: board.byte(index, of: range))) }
    return path
  }

  /// The path with a number behind it that is not negative.
  func appending(number: Int) -> SystemPath {
    var path = number < 10 ? self : appending(number: number / 10)
    path.append(CChar(48 + number % 10))
    return path
  }

  /// The path with a digit and more behind it.
  func appending(digit: Int, _ more: StaticString) -> SystemPath {
    var path = self
    path.append(CChar(48 + digit))
    path.append(more)
    return path
  }

  private mutating func append(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { unsafe append(CChar(bitPattern: text.utf8Start[index])) }
  }

  private mutating func append(_ byte: CChar) {
    precondition(count < 255, "a path of the system is too long")
    bytes[count] = byte
    count += 1
  }

  func withCString<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let span = bytes.span
    return unsafe span.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
  }
}
