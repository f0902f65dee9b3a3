/// Why a byte string is no model that this runtime runs, and where.
public struct ModelError: Error, Equatable, Sendable {
  public var fault: Fault
  /// Bytes from the start of the file to the field at fault.
  public var byteOffset: Int
  /// The system's error number when the file could not be mapped, else 0.
  public var systemError: Int32

  public init(_ fault: Fault, at byteOffset: Int, systemError: Int32 = 0) {
    self.fault = fault
    self.byteOffset = byteOffset
    self.systemError = systemError
  }

  init(_ error: SignatureError) {
    let fault: Fault =
      switch error.fault {
      case .malformed: .signature
      case .ofAnotherFile: .signatureOfAnotherFile
      case .absent: .notSigned
      case .byAnotherKey: .signedByAnotherKey
      case .forged: .forged
      }
    self.init(fault, at: error.byteOffset)
  }

  public enum Fault: UInt8, Sendable {
    case unreadable, tooShort, magic, version, headerSize, fileSize, unknownFeature, reservedNotZero, count, arena
    case tensorIndex, digest, sectionOrder, sectionPlace, sectionLength, name, format, extent, tensorPlace, liveRange
    case operationKind, inputCount, undefinedInput, overlap, outputRange, parameter, shape, weightPlace, weightValue
    case shift, accumulatorBound, workspace, label, vector, multiplyAccumulates, tableValue
    case signature, signatureOfAnotherFile, notSigned, signedByAnotherKey, forged
    case output, input

    public var message: StaticString {
      switch self {
      case .unreadable: "the file cannot be read"
      case .tooShort: "the file ends before its header and section table do"
      case .magic: "this is no .fxm file (or its line ends were changed)"
      case .version: "the format version is not one that this program reads"
      case .headerSize: "the header size is not 128"
      case .fileSize: "the file's length is not the one in its header: truncated or extended"
      case .unknownFeature: "the model needs a feature that this program lacks"
      case .reservedNotZero: "reserved bytes are not zero"
      case .count: "a count is zero or above its limit"
      case .arena: "the arena is too large, misaligned, or has no room for the workspace"
      case .tensorIndex: "a tensor index is out of range"
      case .digest: "the digest does not match: the file is damaged"
      case .sectionOrder: "the sections are not in their order"
      case .sectionPlace: "a section is misaligned, overlaps another or leaves the file"
      case .sectionLength: "a section's length does not fit its content"
      case .name: "a name leaves the names section or is not UTF-8 text"
      case .format: "a fixed-point format is out of range"
      case .extent: "an extent is zero or too large, or the bytes disagree with the shape"
      case .tensorPlace: "a tensor is misaligned or leaves the arena"
      case .liveRange: "a tensor's live range leaves the program"
      case .operationKind: "the operation is unknown"
      case .inputCount: "the operation has the wrong number of inputs"
      case .undefinedInput: "the operation reads a tensor that nothing has written"
      case .overlap: "the operation's output overlaps its input"
      case .outputRange: "the least and greatest outputs do not fit the output's format"
      case .parameter: "an operation parameter is out of range"
      case .shape: "the output's shape is not the one that the operation makes"
      case .weightPlace: "weights, biases or shifts are misaligned or leave their section"
      case .weightValue: "a weight is outside its symmetric range"
      case .shift: "a shift is out of range"
      case .accumulatorBound: "the accumulator bound reaches 2^31"
      case .workspace: "the workspace is not the one that the operation needs, or leaves the arena"
      case .label: "the labels are not one text line for each class"
      case .vector: "the test vectors do not fit the model"
      case .multiplyAccumulates: "the multiply-accumulates are not those of the operation's shapes, or above 2^48"
      case .tableValue: "a table's entry is outside the range of the operation's outputs"
      case .signature: SignatureError.Fault.malformed.message
      case .signatureOfAnotherFile: SignatureError.Fault.ofAnotherFile.message
      case .notSigned: SignatureError.Fault.absent.message
      case .signedByAnotherKey: SignatureError.Fault.byAnotherKey.message
      case .forged: SignatureError.Fault.forged.message
      case .output: "the outputs are not numbered from 1 on, or a role is unknown"
      case .input: "the inputs are not numbered from 1 on, or two of them overlap"
      }
    }
  }
}

#if !hasFeature(Embedded)
  // `allCases` is an array, which Embedded Swift without allocations lacks.
  extension ModelError.Fault: CaseIterable {}
#endif
