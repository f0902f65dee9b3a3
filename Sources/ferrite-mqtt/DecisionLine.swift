/// A line of `ferrite-edge watch --json`: the places of the values in it that are sent on. A value is JSON as it stands in the line.
struct DecisionLine {
  private(set) var decision: Range<Int>?
  private(set) var answer: Range<Int>?
  private(set) var frame: Range<Int>?
  private(set) var probability: Range<Int>?
  private(set) var summary: Range<Int>?
  private var index: Int?
  private var probabilities: Range<Int>?

  /// - Returns: nil for what is neither a JSON object with a decision nor one with a summary.
  init?(_ bytes: Span<UInt8>) {
    var cursor = JSONCursor()
    guard cursor.take(UInt8(ascii: "{"), in: bytes) else { return nil }
    repeat {
      guard let key = cursor.value(in: bytes), cursor.take(UInt8(ascii: ":"), in: bytes),
        let value = cursor.value(in: bytes)
      else { return nil }
      keep(value, of: key, in: bytes)
    } while cursor.take(UInt8(ascii: ","), in: bytes)
    guard cursor.take(UInt8(ascii: "}"), in: bytes), cursor.isAtEnd(of: bytes) else { return nil }
    probability = element(in: bytes)
    guard decision != nil || summary != nil else { return nil }
  }

  private mutating func keep(_ value: Range<Int>, of key: Range<Int>, in bytes: Span<UInt8>) {
    if equals(key, "\"decision\"", in: bytes) {
      decision = value
    } else if equals(key, "\"class\"", in: bytes) {
      answer = value
    } else if equals(key, "\"frame\"", in: bytes) {
      frame = value
    } else if equals(key, "\"summary\"", in: bytes) {
      summary = value
    } else if equals(key, "\"index\"", in: bytes) {
      index = number(value, in: bytes)
    } else if equals(key, "\"probabilities\"", in: bytes) {
      probabilities = value
    }
  }

  private func equals(_ range: Range<Int>, _ text: StaticString, in bytes: Span<UInt8>) -> Bool {
    guard range.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<range.count where unsafe bytes[range.lowerBound + index] != text.utf8Start[index] { return false }
    return true
  }

  private func number(_ range: Range<Int>, in bytes: Span<UInt8>) -> Int? {
    guard 1...6 ~= range.count else { return nil }
    var number = 0
    for index in range {
      guard case UInt8(ascii: "0")...UInt8(ascii: "9") = bytes[index] else { return nil }
      number = 10 * number + Int(bytes[index] - UInt8(ascii: "0"))
    }
    return number
  }

  /// The probability of the frame's class.
  private func element(in bytes: Span<UInt8>) -> Range<Int>? {
    guard let index, let probabilities else { return nil }
    var cursor = JSONCursor(position: probabilities.lowerBound)
    guard cursor.take(UInt8(ascii: "["), in: bytes) else { return nil }
    var element = 0
    repeat {
      guard let value = cursor.value(in: bytes) else { return nil }
      if element == index { return value }
      element += 1
    } while cursor.take(UInt8(ascii: ","), in: bytes)
    return nil
  }
}

/// A place in a line of JSON.
private struct JSONCursor {
  var position = 0

  private mutating func skipBlanks(in bytes: Span<UInt8>) {
    while position < bytes.count, bytes[position] == UInt8(ascii: " ") || bytes[position] == UInt8(ascii: "\t") {
      position += 1
    }
  }

  mutating func take(_ byte: UInt8, in bytes: Span<UInt8>) -> Bool {
    skipBlanks(in: bytes)
    guard position < bytes.count, bytes[position] == byte else { return false }
    position += 1
    return true
  }

  mutating func isAtEnd(of bytes: Span<UInt8>) -> Bool {
    skipBlanks(in: bytes)
    return position == bytes.count
  }

  /// The next value as it stands: a string with its quotes, an array or an object as a whole, or a number or a word.
  mutating func value(in bytes: Span<UInt8>) -> Range<Int>? {
    skipBlanks(in: bytes)
    let start = position
    var depth = 0
    repeat {
      guard position < bytes.count else { return nil }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        guard skipString(in: bytes) else { return nil }
      case UInt8(ascii: "["), UInt8(ascii: "{"):
        depth += 1
        position += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        guard depth > 0 else { return nil }
        depth -= 1
        position += 1
      case UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: " "), UInt8(ascii: "\t"):
        guard depth > 0 else { return nil }
        position += 1
      default: guard skipWord(in: bytes) else { return nil }
      }
    } while depth > 0
    return start..<position
  }

  private mutating func skipString(in bytes: Span<UInt8>) -> Bool {
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += byte == UInt8(ascii: "\\") ? 2 : 1
      if byte == UInt8(ascii: "\"") { return true }
    }
    return false
  }

  /// - Returns: false where no word stands.
  private mutating func skipWord(in bytes: Span<UInt8>) -> Bool {
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."):
        position += 1
      default: return position > start
      }
    }
    return position > start
  }
}
