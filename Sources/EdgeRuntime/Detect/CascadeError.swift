/// Why a byte string is no cascade that this runtime runs, and where.
public struct CascadeError: Error, Equatable, Sendable {
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
    case unreadable, tooShort, magic, version, headerSize, fileSize, unknownFeature, reservedNotZero, window, count
    case fractionBits, digest, stage, feature, sums, provenance
    case signature, signatureOfAnotherFile, notSigned, signedByAnotherKey, forged

    public var message: StaticString {
      switch self {
      case .unreadable: "the file cannot be read"
      case .tooShort: "the file ends before its header does"
      case .magic: "this is no .fxc file (or its line ends were changed)"
      case .version: "the format version is not one that this program reads"
      case .headerSize: "the header size is not 128"
      case .fileSize: "the file's length is not the one in its header: truncated or extended"
      case .unknownFeature: "the cascade needs a feature that this program lacks"
      case .reservedNotZero: "reserved bytes are not zero"
      case .window: "the window's width or height is not 3 to 255"
      case .count: "a count is zero or above its limit"
      case .fractionBits: "the fraction bits are above 30"
      case .digest: "the digest does not match: the file is damaged"
      case .stage: "a stage is empty, or its stumps are not those behind the stage before"
      case .feature: "a feature's nine blocks leave the window, or a block is too large"
      case .sums: "a stage's sums do not fit 32 bits"
      case .provenance: "the provenance is not UTF-8 text"
      case .signature: SignatureError.Fault.malformed.message
      case .signatureOfAnotherFile: SignatureError.Fault.ofAnotherFile.message
      case .notSigned: SignatureError.Fault.absent.message
      case .signedByAnotherKey: SignatureError.Fault.byAnotherKey.message
      case .forged: SignatureError.Fault.forged.message
      }
    }
  }
}

#if !hasFeature(Embedded)
  // `allCases` is an array, which Embedded Swift without allocations lacks.
  extension CascadeError.Fault: CaseIterable {}
#endif
