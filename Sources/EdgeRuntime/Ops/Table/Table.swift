/// An element-wise function by look-up: exact for every function, as each raw value has an entry of its own.
public enum Table {}

/// One table's memory; the loader has proved that it fits.
@unsafe
public struct TableArguments {
  /// Raw values, pixels x channels.
  public var input: UnsafeRawPointer
  public var inputFormat: FixedFormat
  public var channels: Int
  /// As many raw values; never overlaps the input.
  public var output: UnsafeMutableRawPointer
  public var outputFormat: FixedFormat
  /// Tables x `TableParameters.entries`, each a raw output.
  public var entries: UnsafeRawPointer
  /// 1, or as many as channels.
  public var tables: Int
  /// The pixels to compute.
  public var pixels: Range<Int>

  public init(
    input: UnsafeRawPointer, inputFormat: FixedFormat, channels: Int, output: UnsafeMutableRawPointer,
    outputFormat: FixedFormat, entries: UnsafeRawPointer, tables: Int, pixels: Range<Int>
  ) {
    unsafe self.input = input
    unsafe self.inputFormat = inputFormat
    unsafe self.channels = channels
    unsafe self.output = output
    unsafe self.outputFormat = outputFormat
    unsafe self.entries = entries
    unsafe self.tables = tables
    unsafe self.pixels = pixels
  }
}

extension Table {
  /// `entries[x]` for every value, by plain loops: the specification. What lies in the bits above the input's width doesn't matter.
  public static func reference(_ a: TableArguments) {
    let count = unsafe TableParameters.entries(a.inputFormat)
    let channels = unsafe a.channels
    for pixel in unsafe a.pixels {
      for channel in 0..<channels {
        let index = pixel &* channels &+ channel
        let entry = unsafe Int(a.input.element(index, a.inputFormat)) & (count &- 1)
        let table = unsafe a.tables == 1 ? 0 : channel
        unsafe a.output.setElement(
          index, a.entries.element(table &* count &+ entry, a.outputFormat), a.outputFormat)
      }
    }
  }
}
