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
  /// `entries[x]` for every value. What lies in the bits above the input's width doesn't matter.
  public static func run(_ a: TableArguments) {
    switch unsafe (a.inputFormat.elementBytes, a.outputFormat.elementBytes) {
    case (1, 1): unsafe run(a, UInt8.self, UInt8.self)
    case (1, _): unsafe run(a, UInt8.self, UInt16.self)
    case (_, 1): unsafe run(a, UInt16.self, UInt8.self)
    default: unsafe run(a, UInt16.self, UInt16.self)
    }
  }

  @inline(__always)
  private static func run<Raw: FixedWidthInteger & UnsignedInteger, Entry: FixedWidthInteger & UnsignedInteger>(
    _ a: TableArguments, _: Raw.Type, _: Entry.Type
  ) {
    // Both are of the formats' element bytes, and the loader has checked that every place is a multiple of them.
    let input = unsafe a.input.assumingMemoryBound(to: Raw.self)
    let output = unsafe a.output.assumingMemoryBound(to: Entry.self)
    let entries = unsafe a.entries.assumingMemoryBound(to: Entry.self)
    let count = unsafe TableParameters.entries(a.inputFormat)
    let mask = Raw(truncatingIfNeeded: count &- 1)
    let channels = unsafe a.channels
    let (first, last) = unsafe (a.pixels.lowerBound &* channels, a.pixels.upperBound &* channels)
    if unsafe a.tables == 1 {
      func entry(_ index: Int) -> Entry { unsafe entries[Int(input[index] & mask)] }
      var index = first
      while index &+ 3 < last {
        // Four before the first is stored, so that none waits for another: a third of the cycles of a core in order.
        let four = (entry(index), entry(index &+ 1), entry(index &+ 2), entry(index &+ 3))
        unsafe output[index] = four.0
        unsafe output[index &+ 1] = four.1
        unsafe output[index &+ 2] = four.2
        unsafe output[index &+ 3] = four.3
        index &+= 4
      }
      while index < last {
        unsafe output[index] = entry(index)
        index &+= 1
      }
      return
    }
    var pixel = first
    while pixel < last {
      var channel = 0
      while channel < channels {
        unsafe output[pixel &+ channel] = entries[channel &* count &+ Int(input[pixel &+ channel] & mask)]
        channel &+= 1
      }
      pixel &+= channels
    }
  }
}
