/// The keys of a board file that name lights of the kernel's drivers, and patterns.
extension BoardFile {
  /// `led.CLASS = NAME`
  mutating func addLED(_ label: TextRange, _ value: TextRange, _ number: Int) throws(BoardError) {
    guard value.count <= Self.maximumLightNameBytes else { throw BoardError(.lightNameTooLong, line: number) }
    guard isFileName(value) else { throw BoardError(.badLightName, line: number) }
    try addLight(Light(label: label, driver: .led(name: value), lineNumber: number))
  }

  /// `pwm.CLASS = CHIP CHANNEL PERIOD OFF ON`
  mutating func addPWM(_ label: TextRange, _ value: TextRange, _ number: Int) throws(BoardError) {
    var rest = value
    guard let chip = word(&rest), chip.count <= Self.maximumLightNameBytes, isFileName(chip),
      let channel = self.number(&rest, upTo: 255),
      let period = self.number(&rest, upTo: 1_000_000), let off = self.number(&rest, upTo: 1_000_000),
      let on = self.number(&rest, upTo: 1_000_000),
      rest.count == 0, period > 0, off <= period, on <= period
    else { throw BoardError(.badPWM, line: number) }
    let channelOfChip = Channel(
      chip: chip, number: channel, periodNanoseconds: period * 1000, offNanoseconds: off * 1000,
      onNanoseconds: on * 1000)
    try addLight(Light(label: label, driver: .pwm(channelOfChip), lineNumber: number))
  }

  private mutating func addLight(_ light: Light) throws(BoardError) {
    guard lightCount < Self.maximumLights else { throw BoardError(.tooManyLights, line: light.lineNumber) }
    for index in 0..<lightCount {
      guard !isSame(lights[index].driver, light.driver) else { throw BoardError(.lightTwice, line: light.lineNumber) }
      let isSameKind = lights[index].driver.isLED == light.driver.isLED
      guard !isSameKind || !equals(lights[index].label, light.label) else {
        throw BoardError(.duplicateKey, line: light.lineNumber)
      }
    }
    lights[lightCount] = light
    lightCount += 1
  }

  private func isSame(_ driver: Driver, _ other: Driver) -> Bool {
    switch (driver, other) {
    case (.led(let name), .led(let otherName)): equals(name, otherName)
    case (.pwm(let channel), .pwm(let otherChannel)):
      channel.number == otherChannel.number && equals(channel.chip, otherChannel.chip)
    default: false
    }
  }

  /// `pulse.CLASS = MILLISECONDS`, or `blink.CLASS = ON OFF`.
  mutating func addPattern(
    _ label: TextRange, blinks: Bool, _ value: TextRange, _ number: Int
  ) throws(BoardError) {
    var rest = value
    let on = self.number(&rest, upTo: Self.greatestPatternMilliseconds) ?? 0
    let off = blinks ? self.number(&rest, upTo: Self.greatestPatternMilliseconds) ?? 0 : 1
    guard on > 0, off > 0, rest.count == 0 else { throw BoardError(.badPattern, line: number) }
    for index in 0..<patternCount where equals(patterns[index].label, label) {
      throw BoardError(.patternTwice, line: number)
    }
    guard patternCount < Self.maximumLines else { throw BoardError(.patternWithoutLine, line: number) }
    let (onNanoseconds, offNanoseconds) = (UInt64(on) * 1_000_000, UInt64(off) * 1_000_000)
    patterns[patternCount] = LabelledPattern(
      label: label,
      pattern: blinks
        ? .blink(onNanoseconds: onNanoseconds, offNanoseconds: offNanoseconds) : .pulse(nanoseconds: onNanoseconds),
      lineNumber: number)
    patternCount += 1
  }

  /// Gives each line and light of a class its pattern, wherever that stands in the file.
  mutating func placePatterns() throws(BoardError) {
    for index in 0..<patternCount {
      let (label, pattern) = (patterns[index].label, patterns[index].pattern)
      var found = false
      for entry in 0..<lineCount {
        guard case .class(let shown) = entries[entry].role, equals(shown, label) else { continue }
        entries[entry].pattern = pattern
        found = true
      }
      for light in 0..<lightCount where equals(lights[light].label, label) {
        lights[light].pattern = pattern
        found = true
      }
      guard found else { throw BoardError(.patternWithoutLine, line: patterns[index].lineNumber) }
    }
  }

  /// The next word of a value, taken off it; nil at the end.
  private func word(_ rest: inout TextRange) -> TextRange? {
    var end = rest.start
    while end < rest.start + rest.count, text[end] != UInt8(ascii: " "), text[end] != UInt8(ascii: "\t") { end += 1 }
    let word = TextRange(start: rest.start, count: end - rest.start)
    rest = trimmed(TextRange(start: end, count: rest.start + rest.count - end))
    return word.count > 0 ? word : nil
  }

  /// The next word as a decimal number.
  private func number(_ rest: inout TextRange, upTo greatest: Int) -> Int? {
    guard let digits = word(&rest), digits.count <= 9, let number = decimal(digits), number <= greatest else {
      return nil
    }
    return number
  }

  /// A text of at most nine digits as a number; nil for another one.
  func decimal(_ digits: TextRange) -> Int? {
    guard 1...9 ~= digits.count else { return nil }
    var number = 0
    for index in 0..<digits.count {
      guard case UInt8(ascii: "0")...UInt8(ascii: "9") = text[digits.start + index] else { return nil }
      number = 10 * number + Int(text[digits.start + index] - UInt8(ascii: "0"))
    }
    return number
  }

  /// A name that stays in the folder where it is looked for.
  private func isFileName(_ name: TextRange) -> Bool {
    for index in 0..<name.count where text[name.start + index] == UInt8(ascii: "/") { return false }
    return text[name.start] != UInt8(ascii: ".")
  }
}
