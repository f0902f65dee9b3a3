/// The numbers of docs/file-format.md, once for the reader and the writer.
public enum Layout {
  public static let magic: UInt64 = 0x0A1A_0A0D_4D58_4689
  public static let majorVersion: UInt16 = 1
  public static let minorVersion: UInt16 = 0
  /// Required-feature bit 0: layers whose weights have fewer than 8 bits store them so.
  public static let packedWeights: UInt64 = 1
  /// Required-feature bit 1: the records of the tensors say which are outputs, and of what role.
  public static let listedOutputs: UInt64 = 2
  /// Required-feature bit 2: the records of the tensors say which are inputs, of which there are several.
  public static let listedInputs: UInt64 = 4
  /// Required-feature bit 3: pools say their dilation and what their averages are divided by, and their windows are larger.
  public static let widePools: UInt64 = 8
  public static let headerBytes = 128
  public static let digestOffset = 64
  public static let digestBytes = 32
  /// Where bit 1 is set, the number of outputs.
  public static let outputCountOffset = 96
  /// Where bit 2 is set, the number of inputs.
  public static let inputCountOffset = 100
  public static let sectionTableOffset = 128
  public static let sectionEntryBytes = 24
  public static let sectionCount = 8
  public static let alignment = 64
  public static let tensorRecordBytes = 48
  /// In a tensor's record, where bit 1 is set: which output it is, from 1 on, or 0; then its role.
  public static let outputNumberOffset = 40
  /// In a tensor's record, where bit 2 is set: which input it is, from 1 on, or 0.
  public static let inputNumberOffset = 44
  public static let operationRecordBytes = 160
  public static let parameterOffset = 56
  public static let parameterCount = 26
  public static let noTensor: UInt32 = 0xFFFF_FFFF
  public static let outputsPerBlock = 16
  public static let tapsPerGroup = 4

  /// 1 GiB, and 256 MiB where addresses have 32 bits: there every count of weights fits an `Int`.
  public static let maximumFileBytes = Int.bitWidth < 64 ? 1 << 28 : 1 << 30
  public static let maximumArenaBytes = 256 << 20
  public static let maximumExtent = 65535
  /// Kernel, stride and padding of a pool where bit 3 is not set.
  public static let maximumPlainWindow = 255
  public static let maximumPoolTaps: Int64 = 1 << 28
  public static let maximumTensors = 4096
  public static let maximumOperations = 4096
  public static let maximumTestVectors = 1024
  public static let maximumOutputs = 16
  public static let maximumInputs = 16

  /// Blocks that hold so many outputs.
  public static func blocks(_ outputs: Int) -> Int { (outputs + (outputsPerBlock - 1)) / outputsPerBlock }

  /// `bytes` rounded up to the next multiple of 64.
  @inlinable
  public static func aligned<Count: FixedWidthInteger>(_ bytes: Count) -> Count {
    (bytes + (Count(alignment) - 1)) & ~(Count(alignment) - 1)
  }
}

/// The sections of a file, in their order.
public enum SectionKind: UInt32, Sendable {
  case tensors = 1
  case operations, weights, input, names, labels, vectors, provenance
}

/// The operations a runtime knows.
public enum OperationKind: UInt16, Sendable {
  case conv2D = 1
  case fullyConnected, maxPool2D, averagePool2D, affineGridSample, concatenate, requantize, add, table
  case rearrange, multiply
}

#if !hasFeature(Embedded)
  // `allCases` is an array, which Embedded Swift without allocations lacks.
  extension SectionKind: CaseIterable {}
  extension OperationKind: CaseIterable {}
#endif
