/// Where an element-wise function's table lies: for each raw value of the input the output's raw value.
public struct TableParameters: Equatable, Sendable {
  /// Bytes from the start of the weights section, a multiple of 64.
  public var offset: Int
  /// Of all tables.
  public var bytes: Int
  /// One for all channels, or one for each.
  public var tables: Int

  public init(offset: Int = 0, bytes: Int = 0, tables: Int) {
    self.offset = offset
    self.bytes = bytes
    self.tables = tables
  }

  /// Entries of one table: a raw value of `width` bits, 2...16, leads to the entry that its bits, taken as unsigned, number.
  public static func entries(_ input: FixedFormat) -> Int { 1 << input.width }
}
