/// The numbers of a cascade file (docs/file-format.md, `.fxc`), once for the reader and the writer.
public enum CascadeLayout {
  public static let magic: UInt64 = 0x0A1A_0A0D_4358_4689
  public static let majorVersion: UInt16 = 1
  public static let minorVersion: UInt16 = 0
  public static let headerBytes = 128
  public static let stageBytes = 8
  public static let stumpBytes = 48
  /// Where a stump's subset starts in its record.
  public static let subsetOffset = 12

  public static let maximumFileBytes = 1 << 22
  public static let maximumStages = 64
  public static let maximumStumps = 4096
  public static let maximumWindow = 255
  public static let maximumFractionBits = 30
  /// Of a block's area: the sum of so many pixels is below 2^16, so that it is exact in 16 bits whatever wraps on the way.
  public static let maximumBlockPixels = 257

  public static func stumpsOffset(stages: Int) -> Int { Layout.aligned(headerBytes + stages * stageBytes) }

  public static func provenanceOffset(stages: Int, stumps: Int) -> Int {
    Layout.aligned(stumpsOffset(stages: stages) + stumps * stumpBytes)
  }
}
