import CLinux

/// Text to a file descriptor through a buffer of fixed size. Embedded Swift without allocations has no strings to build.
///
/// What doesn't fit the buffer is written on the way; the rest waits for `flush()`. The first failure is kept and ends
/// all writing.
public struct TextWriter: ~Copyable {
  @safe private enum Destination {
    /// Writing waits for whoever reads.
    case descriptor(Int32)
    /// Writing never waits; what can't be taken at once is lost.
    case impatient(Int32)
    /// `endLine()` ends a line; whether writing waits, whoever made the lines has said.
    case lines(OpaquePointer)
    /// The text, of at most 4096 bytes, is the last line, for which a signal handler waits so many nanoseconds.
    case lastLine(OpaquePointer, patience: UInt64)
  }

  private let destination: Destination
  /// The system's error number of the first write that failed, else 0.
  public private(set) var systemError: Int32 = 0
  private var buffer = InlineArray<4096, UInt8>(repeating: 0)
  private var count = 0

  @export(interface)
  public init(descriptor: Int32) { destination = .descriptor(descriptor) }

  /// For signal handlers.
  @export(interface)
  public init(impatientDescriptor descriptor: Int32) { destination = .impatient(descriptor) }

  @export(interface)
  public init(unsafeLines lines: OpaquePointer) { destination = unsafe .lines(lines) }

  /// For signal handlers.
  @export(interface)
  public init(unsafeLastOf lines: OpaquePointer, patience: UInt64) {
    destination = unsafe .lastLine(lines, patience: patience)
  }

  // In the caller: an accessor that others could borrow from would need a heap in Embedded Swift.
  @export(implementation)
  public static var standardOutput: TextWriter { TextWriter(descriptor: 1) }
  @export(implementation)
  public static var standardError: TextWriter { TextWriter(descriptor: 2) }

  @export(interface)
  public mutating func byte(_ value: UInt8) {
    if count == buffer.count { flush() }
    buffer[count] = value
    count += 1
  }

  @export(interface)
  public mutating func text(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount { unsafe byte(text.utf8Start[index]) }
  }

  @export(interface)
  public mutating func text(_ bytes: UnsafeRawBufferPointer) {
    for index in bytes.indices { unsafe byte(bytes[index]) }
  }

  @export(interface)
  public mutating func text(_ word: Word) {
    for index in 0..<word.count { byte(word[index]) }
  }

  /// A number that is not negative, rounded to `fractionDigits` digits, and blanks before it up to `width` bytes.
  @export(interface)
  public mutating func value(_ value: Double, fractionDigits: Int, width: Int = 0) {
    var scaled = value
    for _ in 0..<fractionDigits { scaled *= 10 }
    decimal(Int64(min(scaled + 0.5, 9e18)), fractionDigits: fractionDigits, width: width)
  }

  /// `WIDTHxHEIGHT`.
  @export(interface)
  public mutating func extents(_ width: Int, _ height: Int) {
    integer(width)
    text("x")
    integer(height)
  }

  public mutating func integer(_ value: some BinaryInteger) { decimal(Int64(value), fractionDigits: 0) }

  /// `scaled / 10^fractionDigits`, with that many digits after the point, and blanks before it up to `width` bytes.
  @export(interface)
  public mutating func decimal(_ scaled: Int64, fractionDigits: Int, width: Int) {
    var length = fractionDigits + 1
    var rest = scaled.magnitude
    for _ in 0...fractionDigits { rest /= 10 }
    while rest > 0 {
      length += 1
      rest /= 10
    }
    blanks(width - length - (fractionDigits > 0 ? 1 : 0) - (scaled < 0 ? 1 : 0))
    decimal(scaled, fractionDigits: fractionDigits)
  }

  @export(interface)
  public mutating func blanks(_ count: Int) {
    for _ in 0..<max(0, count) { byte(UInt8(ascii: " ")) }
  }

  /// `scaled / 10^fractionDigits`, with that many digits after the point.
  @export(interface)
  public mutating func decimal(_ scaled: Int64, fractionDigits: Int) {
    if scaled < 0 { byte(UInt8(ascii: "-")) }
    var digits = InlineArray<20, UInt8>(repeating: UInt8(ascii: "0"))
    var rest = scaled.magnitude
    var length = 0
    while rest > 0 || length <= fractionDigits {
      digits[length] = UInt8(ascii: "0") + UInt8(rest % 10)
      rest /= 10
      length += 1
    }
    for index in (0..<length).reversed() {
      byte(digits[index])
      if index == fractionDigits && index > 0 { byte(UInt8(ascii: ".")) }
    }
  }

  @export(interface)
  public mutating func hexadecimal(_ value: UInt8) {
    unsafe byte(("0123456789abcdef" as StaticString).utf8Start[Int(value >> 4)])
    unsafe byte(("0123456789abcdef" as StaticString).utf8Start[Int(value & 15)])
  }

  /// Writes what waits in the buffer.
  @export(interface)
  public mutating func flush() {
    switch destination {
    case .descriptor(let descriptor):
      var start = 0
      while start < count && systemError == 0 {
        start += unsafe write(from: start) { unsafe linux_write(descriptor, $0, $1) }
      }
    case .impatient(let descriptor):
      _ = unsafe write(from: 0) { unsafe linux_write_now(descriptor, $0, $1) }
    case .lines(let lines):
      _ = unsafe write(from: 0) {
        unsafe linux_add_to_line(lines, $0, $1)
        return 0
      }
    case .lastLine(let lines, let patience):
      _ = unsafe write(from: 0) {
        unsafe linux_put_last_line(lines, $0, $1, patience)
        return 0
      }
    }
    count = 0
  }

  /// Writes what waits, whose last byte is a newline.
  @export(interface)
  public mutating func endLine() {
    flush()
    guard case .lines(let lines) = destination else { return }
    unsafe linux_end_line(lines)
    systemError = unsafe linux_lines_error(lines)
  }

  /// - Returns: bytes that were written; 0 with `systemError` set where that failed.
  private mutating func write(from start: Int, by call: (UnsafeRawPointer, Int) -> Int) -> Int {
    let written = unsafe buffer.span.withUnsafeBytes { unsafe call($0.baseAddress! + start, count - start) }
    if written < 0 { systemError = Int32(-written) }
    return max(written, 0)
  }
}
