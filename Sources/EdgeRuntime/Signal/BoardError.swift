/// Why a board file is refused, and where.
public struct BoardError: Error, Equatable, Sendable {
  public var fault: Fault
  /// From 1; 0 for the file as a whole.
  public var lineNumber: Int

  public init(_ fault: Fault, line: Int) {
    self.fault = fault
    lineNumber = line
  }

  public enum Fault: Equatable, Sendable {
    case tooLong, notText, noEqualsSign, emptyValue, unknownKey, duplicateKey, valueTooLong, offsetTooLarge, badBoolean
    case badLevel, badDrive, badBias, badBit, missingBit, pinTwice, tooManyLines, noChipLabel, noClassLine
    case badLightName, lightNameTooLong, badPWM, lightTwice, tooManyLights, badPattern, patternTwice, patternWithoutLine
    case badStrength

    public var message: StaticString {
      switch self {
      case .tooLong: "the file is longer than 4096 bytes"
      case .notText: "a byte is not printable ASCII"
      case .noEqualsSign: "neither empty, nor a # comment, nor key = value"
      case .emptyValue: "the key has no value"
      case .unknownKey:
        "unknown key: known are name, chip-label, consumer, line.CLASS, bit.N, heartbeat, active-low, drive, bias, safe, led.CLASS, pwm.CLASS, pulse.CLASS, blink.CLASS and strength"
      case .duplicateKey: "the key stands above already"
      case .valueTooLong: "the value is longer than 31 bytes, the kernel's limit for names"
      case .offsetTooLarge: "the line's offset is above 65535"
      case .badBoolean: "the value is neither yes nor no"
      case .badLevel: "the value is neither low nor high"
      case .badDrive: "the value is neither push-pull nor open-drain nor open-source"
      case .badBias: "the value is neither as-is nor none nor pull-up nor pull-down"
      case .badBit: "a bit is bit.0 to bit.5"
      case .missingBit: "bit.N without all bits below it"
      case .pinTwice: "the pin stands above already"
      case .tooManyLines: "more than 64 lines"
      case .noChipLabel: "the key chip-label is missing"
      case .noClassLine: "no key line.CLASS, bit.N, led.CLASS or pwm.CLASS"
      case .badLightName: "a LED's name has no slash and doesn't start with a dot"
      case .lightNameTooLong: "the name is longer than 63 bytes, the kernel's limit for LEDs"
      case .badPWM:
        "pwm is CHIP CHANNEL PERIOD OFF ON: the chip's number or its device's name, and microseconds up to 1000000, OFF and ON at most PERIOD"
      case .lightTwice: "the LED or the channel stands above already"
      case .tooManyLights: "more than 16 LEDs and PWM channels"
      case .badPattern: "milliseconds from 1 to 60000: pulse takes one number, blink two, on and off"
      case .patternTwice: "the class has a pulse or blink above already"
      case .patternWithoutLine: "pulse or blink for a class without line, led or pwm"
      case .badStrength: "the value is neither full nor probability"
      }
    }
  }
}
