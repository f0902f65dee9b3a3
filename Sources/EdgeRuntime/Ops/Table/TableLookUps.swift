extension Table {
  /// The reference's bits, four look-ups at a time, or by the reference itself where `instructionSet` is the scalar one.
  public static func run(_ a: TableArguments, instructionSet: InstructionSet) {
    guard instructionSet != .scalar else { return unsafe reference(a) }
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
    let channels = unsafe a.channels
    let (first, last) = unsafe (a.pixels.lowerBound &* channels, a.pixels.upperBound &* channels)
    if unsafe a.tables == 1 {
      unsafe lookUp(input, entries, output, first..<last, tableStep: 0, mask: Raw(truncatingIfNeeded: count &- 1))
      return
    }
    var pixel = first
    while pixel < last {
      unsafe lookUp(
        input, entries, output, pixel..<pixel &+ channels, tableStep: count, mask: Raw(truncatingIfNeeded: count &- 1))
      pixel &+= channels
    }
  }

  /// Values `range`, each by a table `tableStep` entries behind the one before it.
  @inline(__always)
  private static func lookUp<Raw: FixedWidthInteger & UnsignedInteger, Entry: FixedWidthInteger & UnsignedInteger>(
    _ input: UnsafePointer<Raw>, _ entries: UnsafePointer<Entry>, _ output: UnsafeMutablePointer<Entry>,
    _ range: Range<Int>, tableStep: Int, mask: Raw
  ) {
    var table = unsafe entries
    func entry(_ index: Int, _ tables: Int) -> Entry {
      unsafe table[tables &* tableStep &+ Int(input[index] & mask)]
    }
    var index = range.lowerBound
    while index &+ 3 < range.upperBound {
      // Four before the first is stored, so that none waits for another: a third of the cycles of a core in order.
      let four = (entry(index, 0), entry(index &+ 1, 1), entry(index &+ 2, 2), entry(index &+ 3, 3))
      unsafe output[index] = four.0
      unsafe output[index &+ 1] = four.1
      unsafe output[index &+ 2] = four.2
      unsafe output[index &+ 3] = four.3
      index &+= 4
      unsafe table += 4 &* tableStep
    }
    while index < range.upperBound {
      unsafe output[index] = entry(index, 0)
      index &+= 1
      unsafe table += tableStep
    }
  }
}
