import CLinux
import EdgeProgram
import EdgeRuntime

/// The greatest sequence number that was accepted at a place, kept beside it in a file of one line, `KEY SEQUENCE`: `model.fxm.accepted`.
///
/// It belongs to a key; another key starts from 0.
struct AcceptedSequence {
  private static let keyDigits = 2 * SignatureLayout.keyBytes

  let number: UInt64

  /// What stands beside `place`; 0 where nothing does.
  ///
  /// - Throws: `.notAnAcceptance` where the file is damaged, for that must not pass for 0.
  @inline(never)
  init(of place: Word, _ key: KeyIdentifier) throws(EdgeError) {
    let path = try Self.path(beside: place)
    var text = InlineArray<64, UInt8>(repeating: 0)
    let count: Int
    do throws(EdgeError) {
      var storage = text.mutableSpan
      count = try path.read(into: &storage)
    } catch {
      guard case .unreadable(_, ENOENT) = error else { throw error }
      number = 0
      return
    }
    guard let (isOfKey, found) = Self.parsed(text.span.extracting(0..<count), key) else { throw .notAnAcceptance(path) }
    number = isOfKey ? found : 0
  }

  /// Keeps `number` beside `place`, on the disk.
  static func keep(_ number: UInt64, _ key: KeyIdentifier, of place: Word) throws(EdgeError) {
    let path = try Self.path(beside: place)
    var text = InlineArray<64, UInt8>(repeating: 0)
    for index in 0..<keyDigits {
      text[index] = digit(key.bytes[index / 2] >> (index % 2 == 0 ? 4 : 0) & 15)
    }
    text[keyDigits] = UInt8(ascii: " ")
    var divisor: UInt64 = 1
    while number / divisor >= 10 { divisor *= 10 }
    var count = keyDigits + 1
    while divisor > 0 {
      text[count] = digit(UInt8(number / divisor % 10))
      divisor /= 10
      count += 1
    }
    text[count] = UInt8(ascii: "\n")
    // At most 16 digits of the key, a blank, 16 of a number below 2^53, and the line's end.
    let error = unsafe text.span.withUnsafeBytes {
      unsafe linux_replace_file($0.baseAddress!, count + 1, path.start)
    }
    guard error == 0 else { throw .notInstalled(path, systemError: error) }
  }

  private static func path(beside place: Word) throws(EdgeError) -> Word {
    guard let path = unsafe linux_accepted_path(place.start) else {
      throw .unreadable(place, systemError: ENAMETOOLONG)
    }
    return unsafe Word(path)
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  /// Whether a line is of this key, and its number; nil where it isn't what `keep` writes.
  private static func parsed(_ text: Span<UInt8>, _ key: KeyIdentifier) -> (isOfKey: Bool, number: UInt64)? {
    let (first, last) = (keyDigits + 1, text.count - 1)
    guard last > first, last - first <= 16, text[keyDigits] == UInt8(ascii: " "), text[last] == UInt8(ascii: "\n")
    else { return nil }
    var isOfKey = true
    for index in 0..<keyDigits {
      guard isDigit(text[index]) || UInt8(ascii: "a")...UInt8(ascii: "f") ~= text[index] else { return nil }
      if text[index] != digit(key.bytes[index / 2] >> (index % 2 == 0 ? 4 : 0) & 15) { isOfKey = false }
    }
    var number: UInt64 = 0
    for index in first..<last {
      guard isDigit(text[index]) else { return nil }
      number = 10 * number + UInt64(text[index] - UInt8(ascii: "0"))
    }
    return number <= SignatureLayout.maximumSequence ? (isOfKey, number) : nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte }
}
