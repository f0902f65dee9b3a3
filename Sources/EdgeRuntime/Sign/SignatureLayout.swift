/// The numbers of a signature behind a file (docs/file-format.md), once for the reader and the writer.
public enum SignatureLayout {
  public static let magic: UInt64 = 0x0A1A_0A0D_4753_4689
  public static let majorVersion: UInt16 = 1
  public static let minorVersion: UInt16 = 0
  public static let bytes = 128
  /// Of these, from the first on, the Ed25519 signature behind them is.
  public static let signedBytes = 64
  public static let sequenceOffset = 16
  public static let keyOffset = 24
  public static let keyBytes = 8
  public static let digestOffset = 32
  /// 2^53 - 1: what every reader of JSON takes exactly.
  public static let maximumSequence: UInt64 = (1 << 53) - 1
}
