/// What a board file says: which lines of which GPIO chip show which class. docs/boards.md describes the text.
///
/// It owns a copy of the text, of fixed capacity; every text in it is a range of that copy.
public struct BoardFile: ~Copyable {
  public static let maximumBytes = 4096
  /// Classes and heartbeat together: what one request of the kernel's first GPIO interface can hold.
  public static let maximumLines = 64
  /// Bytes of a consumer, a chip label or a line name: the kernel's 32, its closing zero included.
  public static let maximumNameBytes = 31
  public static let maximumLights = 16
  /// Bytes of a LED's name, or of a PWM chip's device: the kernel's 64, their closing zero included.
  public static let maximumLightNameBytes = 63
  public static let greatestPatternMilliseconds = 60_000

  /// What a line shows.
  public enum Role: Equatable, Sendable {
    /// Active while the class of this label is the decision.
    case `class`(TextRange)
    /// This bit of the decision's number: its class's index plus 1, or 0 while there is none.
    case bit(Int)
    /// Toggles with every decision.
    case heartbeat
  }

  /// How a line is driven.
  public enum Drive: Equatable, Sendable {
    case pushPull
    /// Low is driven, high is left to a pull-up.
    case openDrain
    /// High is driven, low is left to a pull-down.
    case openSource
  }

  /// What the pin itself pulls by.
  public enum Bias: Equatable, Sendable {
    case asIs, none, pullUp, pullDown
  }

  /// How a line is found on its chip.
  public enum Place: Equatable, Sendable {
    case offset(Int)
    case name(TextRange)
  }

  public struct Line: Equatable, Sendable {
    public var role: Role
    public var place: Place
    /// Of the file, from 1, for messages.
    public var lineNumber: Int
    /// What a class's line does while the class is the decision.
    public var pattern = Pattern.steady
  }

  /// What the kernel drives by a driver of its own while the class of this label is the decision.
  public struct Light: Equatable, Sendable {
    public var label: TextRange
    public var driver: Driver
    public var lineNumber: Int
    public var pattern = Pattern.steady
  }

  public enum Driver: Equatable, Sendable {
    /// A LED by its name in /sys/class/leds.
    case led(name: TextRange)
    case pwm(Channel)

    public var isLED: Bool { if case .led = self { true } else { false } }
  }

  /// A channel of a chip in /sys/class/pwm.
  public struct Channel: Equatable, Sendable {
    /// Digits are the chip's number, anything else is the name of its device.
    public var chip: TextRange
    public var number: Int
    public var periodNanoseconds: Int
    /// How long of each period the pin is high while the light is inactive, and while it is fully active.
    public var offNanoseconds: Int
    public var onNanoseconds: Int
  }

  struct LabelledPattern {
    var label: TextRange
    var pattern: Pattern
    var lineNumber: Int
  }

  /// A range of the file's bytes.
  public struct TextRange: Equatable, Sendable {
    public var start: Int
    public var count: Int
  }

  var text = InlineArray<4096, UInt8>(repeating: 0)
  var entries = InlineArray<64, Line>(repeating: Line(role: .heartbeat, place: .offset(0), lineNumber: 0))
  public internal(set) var lineCount = 0
  var lights = InlineArray<16, Light>(
    repeating: Light(label: noText, driver: .led(name: noText), lineNumber: 0))
  public internal(set) var lightCount = 0
  var patterns = InlineArray<64, LabelledPattern>(
    repeating: LabelledPattern(label: noText, pattern: .steady, lineNumber: 0))
  var patternCount = 0
  /// True if active lights are as strong as the decision is sure.
  public internal(set) var followsProbability = false
  private static var noText: TextRange { TextRange(start: 0, count: 0) }
  public internal(set) var name = TextRange(start: 0, count: 0)
  public internal(set) var chipLabel = TextRange(start: 0, count: 0)
  public internal(set) var consumer = TextRange(start: 0, count: 0)
  /// True if an active line is at its low level.
  public internal(set) var isActiveLow = false
  public internal(set) var drive = Drive.pushPull
  public internal(set) var bias = Bias.asIs
  /// Lines that show a bit of the decision's number: bits 0 to one less.
  public internal(set) var bitCount = 0
  /// The level, high or low, of every line while no program decides.
  public internal(set) var safeIsHigh = false

  public subscript(index: Int) -> Line {
    precondition(index >= 0 && index < lineCount, "a line's index is out of range")
    return entries[index]
  }

  public func light(_ index: Int) -> Light {
    precondition(index >= 0 && index < lightCount, "a light's index is out of range")
    return lights[index]
  }

  /// The kernel's logical value of the safe level.
  public var safeValue: Bool { safeIsHigh != isActiveLow }

  public func byte(_ index: Int, of range: TextRange) -> UInt8 {
    precondition(index >= 0 && index < range.count, "an index is out of a text's range")
    return text[range.start + index]
  }

  /// The index of the line that shows a class of this label, or nil if the board has none for it.
  public func entry(showing label: UnsafeRawBufferPointer) -> Int? {
    for index in 0..<lineCount {
      guard case .class(let shown) = entries[index].role else { continue }
      if unsafe equals(shown, label) { return index }
    }
    return nil
  }

  /// Whether a line or a light shows the class of this label.
  public func shows(_ label: UnsafeRawBufferPointer) -> Bool {
    if unsafe entry(showing: label) != nil { return true }
    for index in 0..<lightCount where unsafe equals(lights[index].label, label) { return true }
    return false
  }

  func equals(_ range: TextRange, _ other: TextRange) -> Bool {
    guard range.count == other.count else { return false }
    for index in 0..<range.count where text[range.start + index] != text[other.start + index] { return false }
    return true
  }

  func equals(_ range: TextRange, _ other: StaticString) -> Bool {
    guard range.count == other.utf8CodeUnitCount else { return false }
    for index in 0..<range.count where unsafe text[range.start + index] != other.utf8Start[index] { return false }
    return true
  }

  /// True if the text is these bytes, such as a class label of a model or a name that the kernel gave.
  public func equals(_ range: TextRange, _ bytes: UnsafeRawBufferPointer) -> Bool {
    guard range.count == bytes.count else { return false }
    for index in 0..<range.count where unsafe text[range.start + index] != bytes[index] { return false }
    return true
  }
}
