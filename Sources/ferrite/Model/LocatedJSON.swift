/// A JSON value (RFC 8259) with its line, read from a file that people write: an object has each key once.
struct LocatedJSON {
  struct Member {
    var key: String
    /// The key's.
    var line: Int
    var value: LocatedJSON
  }

  enum Content {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([LocatedJSON])
    case object([Member])

    /// What it is, for messages.
    var kind: String {
      switch self {
      case .null: "null"
      case .bool: "a truth value"
      case .number: "a number"
      case .string: "a string"
      case .array: "an array"
      case .object: "an object"
      }
    }
  }

  /// The first is 1.
  var line: Int
  var content: Content
}

/// What is wrong with such a file, and where.
struct LocatedError: Error {
  var line: Int
  /// The keys that lead there.
  var path: [String] = []
  var reason: String
}

extension LocatedJSON {
  /// - Throws: `LocatedError` at the first byte that RFC 8259 doesn't allow, or at a key that its object has already.
  init(_ bytes: some Sequence<UInt8>) throws(LocatedError) {
    var reader = JSONReader(bytes: Array(bytes))
    self = try reader.document()
  }
}

/// Reads a document from its start to its end.
private struct JSONReader {
  /// Deeper than any file that is meant.
  private static let mostNested = 32

  let bytes: [UInt8]
  private var position = 0
  private var line = 1

  init(bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(LocatedError) -> LocatedJSON {
    let value = try value([])
    skipBlanks()
    guard position == bytes.count else { throw expected("the end of the file") }
    return value
  }

  /// - Parameter path: the keys that lead to the value.
  private mutating func value(_ path: [String]) throws(LocatedError) -> LocatedJSON {
    skipBlanks()
    let line = line
    guard path.count < Self.mostNested else { throw LocatedError(line: line, reason: "is nested too deep") }
    let content: LocatedJSON.Content
    switch position < bytes.count ? bytes[position] : 0 {
    case UInt8(ascii: "{"): content = .object(try members(path))
    case UInt8(ascii: "["): content = .array(try elements(path))
    case UInt8(ascii: "\""): content = .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): content = .number(try number())
    default:
      if accept("true") {
        content = .bool(true)
      } else if accept("false") {
        content = .bool(false)
      } else if accept("null") {
        content = .null
      } else {
        throw expected("a value")
      }
    }
    return LocatedJSON(line: line, content: content)
  }

  private mutating func members(_ path: [String]) throws(LocatedError) -> [LocatedJSON.Member] {
    var members: [LocatedJSON.Member] = []
    var lines: [String: Int] = [:]
    _ = accept("{")
    skipBlanks()
    if accept("}") { return [] }
    repeat {
      skipBlanks()
      let line = line
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw expected("a key in quotes") }
      let key = try string()
      if let first = lines.updateValue(line, forKey: key) {
        throw LocatedError(line: line, path: path + [key], reason: "is given twice, first on line \(first)")
      }
      skipBlanks()
      guard accept(":") else { throw expected("':' after a key") }
      members.append(.init(key: key, line: line, value: try value(path + [key])))
      skipBlanks()
    } while accept(",")
    guard accept("}") else { throw expected("',' or '}'") }
    return members
  }

  private mutating func elements(_ path: [String]) throws(LocatedError) -> [LocatedJSON] {
    var elements: [LocatedJSON] = []
    _ = accept("[")
    skipBlanks()
    if accept("]") { return [] }
    repeat {
      elements.append(try value(path + ["\(elements.count)"]))
      skipBlanks()
    } while accept(",")
    guard accept("]") else { throw expected("',' or ']'") }
    return elements
  }

  /// `-`, digits without a leading zero, a fraction, an exponent.
  private mutating func number() throws(LocatedError) -> Double {
    let start = position
    _ = accept("-")
    if !accept("0") { try digits() }
    if accept(".") { try digits() }
    if accept("e") || accept("E") {
      if !accept("+") { _ = accept("-") }
      try digits()
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    guard let number = Double(text), number.isFinite else {
      throw LocatedError(line: line, reason: "\(text) is too large")
    }
    return number
  }

  private mutating func digits() throws(LocatedError) {
    let start = position
    while position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] { position += 1 }
    guard position > start else { throw expected("a digit") }
  }

  private mutating func string() throws(LocatedError) -> String {
    var text: [UInt8] = []
    _ = accept("\"")
    while !accept("\"") {
      guard position < bytes.count, bytes[position] >= 0x20 else { throw expected("'\"' at a string's end") }
      if accept("\\") {
        text += Array(String(try escaped()).utf8)
      } else {
        text.append(bytes[position])
        position += 1
      }
    }
    guard let string = String(validating: text, as: UTF8.self) else { throw expected("UTF-8 in a string") }
    return string
  }

  /// What stands behind a backslash.
  private mutating func escaped() throws(LocatedError) -> Unicode.Scalar {
    for (letter, scalar) in [
      ("\"", "\""), ("\\", "\\"), ("/", "/"), ("b", "\u{8}"), ("f", "\u{C}"), ("n", "\n"), ("r", "\r"), ("t", "\t"),
    ] as [(String, Unicode.Scalar)] where accept(letter) { return scalar }
    guard accept("u") else { throw expected("an escape of JSON after '\\'") }
    var value = try hexadecimal()
    // A character beyond 16 bits comes as two surrogates.
    if 0xD800...0xDBFF ~= value, accept("\\u") {
      let low = try hexadecimal()
      guard 0xDC00...0xDFFF ~= low else { throw expected("the second half of a surrogate pair") }
      value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(value) else { throw expected("a surrogate pair") }
    return scalar
  }

  private mutating func hexadecimal() throws(LocatedError) -> UInt32 {
    let digits = bytes[position..<min(position + 4, bytes.count)]
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw expected("four hexadecimal digits") }
    position += 4
    return value
  }

  /// Steps over `text`, or says that it is not there.
  private mutating func accept(_ text: String) -> Bool {
    guard bytes[position...].starts(with: text.utf8) else { return false }
    position += text.utf8.count
    return true
  }

  private mutating func skipBlanks() {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\n"): line += 1
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
      default: return
      }
      position += 1
    }
  }

  private func expected(_ what: String) -> LocatedError { LocatedError(line: line, reason: "expected \(what)") }
}
