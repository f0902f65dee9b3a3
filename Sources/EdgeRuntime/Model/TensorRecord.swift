/// A tensor of a model: its format, its extents (NHWC with N = 1) and its place in the arena.
public struct TensorRecord: Equatable, Sendable {
  public var name: NameReference
  public var format: FixedFormat
  public var height: Int
  public var width: Int
  public var channels: Int
  /// Bytes from the start of the arena.
  public var arenaOffset: Int
  /// The operations between which its bytes are needed, both included.
  public var firstOperation: Int
  public var lastOperation: Int

  public init(
    name: NameReference, format: FixedFormat, height: Int, width: Int, channels: Int, arenaOffset: Int,
    firstOperation: Int, lastOperation: Int
  ) {
    self.name = name
    self.format = format
    self.height = height
    self.width = width
    self.channels = channels
    self.arenaOffset = arenaOffset
    self.firstOperation = firstOperation
    self.lastOperation = lastOperation
  }

  /// Values: of a model that was checked at most an arena's bytes.
  public var count: Int { height * width * channels }
  public var bytes: Int { count * format.elementBytes }
}

/// A piece of a model's names section.
public struct NameReference: Equatable, Sendable {
  public var offset: Int
  public var bytes: Int

  public init(offset: Int, bytes: Int) {
    self.offset = offset
    self.bytes = bytes
  }
}
