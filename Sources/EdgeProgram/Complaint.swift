import CLinux

/// What programs say on standard error before they end early.
extension TextWriter {
  /// A wrong call: what is wrong, the word that is, and how calls go.
  @export(interface)
  public mutating func wrongCall(_ message: StaticString, _ word: Word?, usage: StaticString) {
    text(message)
    if let word {
      text(" ")
      text(word)
    }
    text("\n")
    text(usage)
  }

  /// A file or device, and what the system says of it.
  @export(interface)
  public mutating func file(_ path: Word, systemError number: Int32) {
    text(path)
    text(": ")
    systemError(number)
  }

  /// What a system's error number means.
  @export(interface)
  public mutating func systemError(_ number: Int32) {
    guard let text = unsafe linux_error_text(number) else { return }
    unsafe self.text(Word(text))
  }

  /// A camera's format as its four characters.
  @export(interface)
  public mutating func cameraFormat(_ code: UInt32) {
    for index in 0..<UInt32(4) {
      let character = UInt8(truncatingIfNeeded: code >> (8 * index))
      byte((0x21...0x7E).contains(character) ? character : UInt8(ascii: "?"))
    }
  }

  /// A camera that can't be had.
  ///
  /// - Parameters:
  ///   - offers: the formats of one that has none of those that are needed; zeros stand for none.
  ///   - needs: what is needed instead.
  @export(interface)
  public mutating func camera(
    _ path: Word, systemError number: Int32, offers: InlineArray<16, UInt32>, needs: StaticString
  ) {
    text(path)
    text(": ")
    switch number {
    case ENOTTY: text("is no camera that streams")
    case EOPNOTSUPP: text("streams by the interface of several planes alone; let another program read it, and --stdin")
    case EPROTONOSUPPORT:
      text("offers ")
      for index in 0..<16 where offers[index] != 0 {
        if index > 0 { text(", ") }
        cameraFormat(offers[index])
      }
      text("; ")
      text(needs)
    default: systemError(number)
    }
  }
}
