/// Reads a board file's text: `key = value` lines, `#` comments, nothing else. Anything doubtful is an error with its line.
extension BoardFile {
  /// - Parameter bytes: the whole file, at most `maximumBytes`.
  /// - Throws: `BoardError` with the number of the line at fault.
  public init(parsing bytes: Span<UInt8>) throws(BoardError) {
    guard bytes.count <= Self.maximumBytes else { throw BoardError(.tooLong, line: 0) }
    for index in bytes.indices { text[index] = bytes[index] }
    var seen = SettingsSeen()
    var number = 0
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count && text[end] != UInt8(ascii: "\n") { end += 1 }
      number += 1
      try parseLine(TextRange(start: start, count: end - start), number, &seen)
      start = end + 1
    }
    guard chipLabel.count > 0 || (lineCount == 0 && lightCount > 0) else { throw BoardError(.noChipLabel, line: 0) }
    guard hasClassLine || lightCount > 0 else { throw BoardError(.noClassLine, line: 0) }
    for bit in 0..<bitCount {
      var found = false
      for index in 0..<lineCount where entries[index].role == .bit(bit) { found = true }
      guard found else { throw BoardError(.missingBit, line: 0) }
    }
    try placePatterns()
    // Without a safe level in the file, an inactive line is safe.
    if !seen.safe { safeIsHigh = isActiveLow }
  }

  private var hasClassLine: Bool {
    for index in 0..<lineCount where entries[index].role != .heartbeat { return true }
    return false
  }

  /// The settings whose value alone doesn't show that they were given.
  private struct SettingsSeen {
    var activeLow = false
    var safe = false
    var drive = false
    var bias = false
    var strength = false
  }

  private mutating func parseLine(_ line: TextRange, _ number: Int, _ seen: inout SettingsSeen) throws(BoardError) {
    for index in 0..<line.count {
      let byte = text[line.start + index]
      let isText = (0x20...0x7E).contains(byte) || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
      guard isText else { throw BoardError(.notText, line: number) }
    }
    let content = trimmed(line)
    guard content.count > 0, text[content.start] != UInt8(ascii: "#") else { return }
    var equals = 0
    while equals < content.count && text[content.start + equals] != UInt8(ascii: "=") { equals += 1 }
    guard equals < content.count else { throw BoardError(.noEqualsSign, line: number) }
    let key = trimmed(TextRange(start: content.start, count: equals))
    let value = trimmed(TextRange(start: content.start + equals + 1, count: content.count - equals - 1))
    guard value.count > 0 else { throw BoardError(.emptyValue, line: number) }
    if self.equals(key, "name") {
      try Self.setOnce(&name, value, limit: Self.maximumBytes, number)
    } else if self.equals(key, "chip-label") {
      try Self.setOnce(&chipLabel, value, limit: Self.maximumNameBytes, number)
    } else if self.equals(key, "consumer") {
      try Self.setOnce(&consumer, value, limit: Self.maximumNameBytes, number)
    } else if self.equals(key, "active-low") {
      try Self.mark(&seen.activeLow, number)
      isActiveLow = try choice(value, yes: "yes", no: "no", otherwise: .badBoolean, number)
    } else if self.equals(key, "safe") {
      try Self.mark(&seen.safe, number)
      safeIsHigh = try choice(value, yes: "high", no: "low", otherwise: .badLevel, number)
    } else if self.equals(key, "drive") {
      try Self.mark(&seen.drive, number)
      drive = try driven(value, number)
    } else if self.equals(key, "bias") {
      try Self.mark(&seen.bias, number)
      bias = try biased(value, number)
    } else if self.equals(key, "heartbeat") {
      try addLine(.heartbeat, value, number)
    } else if let bit = try bit(key, number) {
      try addLine(.bit(bit), value, number)
      bitCount = max(bitCount, bit + 1)
    } else if let label = classLabel(key, behind: "line.") {
      try addLine(.class(label), value, number)
    } else if try !parseLight(key, value, number, &seen) {
      throw BoardError(.unknownKey, line: number)
    }
  }

  /// - Returns: false for a key that has nothing to do with lights and patterns.
  private mutating func parseLight(
    _ key: TextRange, _ value: TextRange, _ number: Int, _ seen: inout SettingsSeen
  ) throws(BoardError) -> Bool {
    if equals(key, "strength") {
      try Self.mark(&seen.strength, number)
      followsProbability = try choice(value, yes: "probability", no: "full", otherwise: .badStrength, number)
    } else if let label = classLabel(key, behind: "led.") {
      try addLED(label, value, number)
    } else if let label = classLabel(key, behind: "pwm.") {
      try addPWM(label, value, number)
    } else if let label = classLabel(key, behind: "pulse.") {
      try addPattern(label, blinks: false, value, number)
    } else if let label = classLabel(key, behind: "blink.") {
      try addPattern(label, blinks: true, value, number)
    } else {
      return false
    }
    return true
  }

  func trimmed(_ range: TextRange) -> TextRange {
    func isBlank(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }
    var start = range.start
    var end = range.start + range.count
    while start < end && isBlank(text[start]) { start += 1 }
    while end > start && isBlank(text[end - 1]) { end -= 1 }
    return TextRange(start: start, count: end - start)
  }

  private static func mark(_ isSeen: inout Bool, _ number: Int) throws(BoardError) {
    guard !isSeen else { throw BoardError(.duplicateKey, line: number) }
    isSeen = true
  }

  private static func setOnce(
    _ setting: inout TextRange, _ value: TextRange, limit: Int, _ number: Int
  ) throws(BoardError) {
    guard setting.count == 0 else { throw BoardError(.duplicateKey, line: number) }
    guard value.count <= limit else { throw BoardError(.valueTooLong, line: number) }
    setting = value
  }

  private func choice(
    _ value: TextRange, yes: StaticString, no: StaticString, otherwise fault: BoardError.Fault, _ number: Int
  ) throws(BoardError) -> Bool {
    if equals(value, yes) { return true }
    guard equals(value, no) else { throw BoardError(fault, line: number) }
    return false
  }

  private func driven(_ value: TextRange, _ number: Int) throws(BoardError) -> Drive {
    if equals(value, "push-pull") { return .pushPull }
    if equals(value, "open-drain") { return .openDrain }
    guard equals(value, "open-source") else { throw BoardError(.badDrive, line: number) }
    return .openSource
  }

  private func biased(_ value: TextRange, _ number: Int) throws(BoardError) -> Bias {
    if equals(value, "as-is") { return .asIs }
    if equals(value, "none") { return .none }
    if equals(value, "pull-up") { return .pullUp }
    guard equals(value, "pull-down") else { throw BoardError(.badBias, line: number) }
    return .pullDown
  }

  /// The N of `bit.N`, or nil for another key.
  private func bit(_ key: TextRange, _ number: Int) throws(BoardError) -> Int? {
    guard let digit = suffix(of: key, behind: "bit.") else { return nil }
    guard digit.count == 1, case UInt8(ascii: "0")...UInt8(ascii: "5") = text[digit.start] else {
      throw BoardError(.badBit, line: number)
    }
    return Int(text[digit.start] - UInt8(ascii: "0"))
  }

  /// The CLASS of a key such as `line.CLASS`, or nil.
  private func classLabel(_ key: TextRange, behind prefix: StaticString) -> TextRange? {
    guard let label = suffix(of: key, behind: prefix), label.count > 0 else { return nil }
    return label
  }

  /// What stands behind a prefix; nil for a key that has another start.
  private func suffix(of key: TextRange, behind prefix: StaticString) -> TextRange? {
    let count = prefix.utf8CodeUnitCount
    guard key.count >= count, equals(TextRange(start: key.start, count: count), prefix) else { return nil }
    return TextRange(start: key.start + count, count: key.count - count)
  }

  private mutating func addLine(_ role: Role, _ value: TextRange, _ number: Int) throws(BoardError) {
    guard lineCount < Self.maximumLines else { throw BoardError(.tooManyLines, line: number) }
    let place = try place(value, number)
    for index in 0..<lineCount {
      guard !isSame(entries[index].role, role) else { throw BoardError(.duplicateKey, line: number) }
      guard !isSame(entries[index].place, place) else { throw BoardError(.pinTwice, line: number) }
    }
    entries[lineCount] = Line(role: role, place: place, lineNumber: number)
    lineCount += 1
  }

  /// Digits alone are an offset, anything else a line's name.
  private func place(_ value: TextRange, _ number: Int) throws(BoardError) -> Place {
    var offset = 0
    for index in 0..<value.count {
      let byte = text[value.start + index]
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
        guard value.count <= Self.maximumNameBytes else { throw BoardError(.valueTooLong, line: number) }
        return .name(value)
      }
      offset = 10 * offset + Int(byte - UInt8(ascii: "0"))
      guard offset <= 65535 else { throw BoardError(.offsetTooLarge, line: number) }
    }
    return .offset(offset)
  }

  private func isSame(_ role: Role, _ other: Role) -> Bool {
    switch (role, other) {
    case (.heartbeat, .heartbeat): true
    case (.bit(let bit), .bit(let otherBit)): bit == otherBit
    case (.class(let label), .class(let otherLabel)): equals(label, otherLabel)
    default: false
    }
  }

  private func isSame(_ place: Place, _ other: Place) -> Bool {
    switch (place, other) {
    case (.offset(let offset), .offset(let otherOffset)): offset == otherOffset
    case (.name(let name), .name(let otherName)): equals(name, otherName)
    default: false
    }
  }
}
