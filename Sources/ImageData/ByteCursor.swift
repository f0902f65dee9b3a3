import FoundationEssentials

/// A place in a file's bytes, for the small text headers of PGM and NPY.
struct ByteCursor {
  let data: Data
  let file: String
  /// Bytes from the start of the file.
  private(set) var position: Int

  init(_ data: Data, file: String, at position: Int) {
    self.data = data
    self.file = file
    self.position = position
  }

  var next: UInt8? { position < data.count ? data[data.startIndex + position] : nil }
  var rest: Data { data[(data.startIndex + position)...] }

  func malformed(expected: String) -> DataError { DataError(file, at: .byte(position), .malformed(expected: expected)) }

  mutating func skip(while isSkipped: (UInt8) -> Bool) {
    while let byte = next, isSkipped(byte) { position += 1 }
  }

  /// Steps over `text`, or says that it is not there.
  mutating func accept(_ text: String) -> Bool {
    guard rest.starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  mutating func expect(_ text: String) throws(DataError) {
    guard accept(text) else { throw malformed(expected: "'\(text)'") }
  }

  /// Decimal digits, at most `limit`.
  mutating func number(_ what: String, limit: Int) throws(DataError) -> Int {
    let start = position
    var value = 0
    while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
      value = 10 * value + Int(byte - UInt8(ascii: "0"))
      guard value <= limit else {
        throw DataError(file, at: .byte(start), .malformed(expected: "\(what) of at most \(limit)"))
      }
      position += 1
    }
    guard position > start else { throw malformed(expected: what) }
    return value
  }
}
