/// Why a file is not what the owner of a key signed, and where.
public struct SignatureError: Error, Equatable, Sendable {
  public var fault: Fault
  /// Bytes from the start of the file to the field at fault.
  public var byteOffset: Int

  init(_ fault: Fault, at byteOffset: Int) {
    self.fault = fault
    self.byteOffset = byteOffset
  }

  public enum Fault: UInt8, Sendable {
    case malformed, ofAnotherFile, absent, byAnotherKey, forged

    public var message: StaticString {
      switch self {
      case .malformed: "what stands behind the file is no signature that this program reads"
      case .ofAnotherFile: "the signature is another file's"
      case .absent: "the file is not signed, and a public key is configured"
      case .byAnotherKey: "the file is signed by another key than the one configured"
      case .forged: "the signature is not the key's: the file or its signature was altered"
      }
    }
  }
}

#if !hasFeature(Embedded)
  // `allCases` is an array, which Embedded Swift without allocations lacks.
  extension SignatureError.Fault: CaseIterable {}
#endif
