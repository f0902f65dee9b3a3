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

    public var message: StaticString {
      switch self {
      case .tooLong: "the file is longer than 4096 bytes"
      case .notText: "a byte is not printable ASCII"
      case .noEqualsSign: "neither empty, nor a # comment, nor key = value"
      case .emptyValue: "the key has no value"
      case .unknownKey:
        "unknown key: known are name, chip-label, consumer, line.CLASS, bit.N, heartbeat, active-low, drive, bias and safe"
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
      case .noClassLine: "no key line.CLASS or bit.N"
      }
    }
  }
}
