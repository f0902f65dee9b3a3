import EdgeRuntime
import Testing

/// Element-wise functions by table, against the plain meaning: entry `x`, whatever the widths are.
@Suite struct TableTests {
  @Test(
    arguments: [(2, false), (5, true), (7, false), (8, true), (8, false), (9, true), (12, false), (16, true)],
    [FixedFormat(width: 8, fraction: 3, isSigned: true), FixedFormat(width: 16, fraction: 9, isSigned: false)])
  func everyValueHasItsEntry(input: (width: Int, isSigned: Bool), output: FixedFormat) {
    let format = FixedFormat(width: input.width, fraction: 0, isSigned: input.isSigned)
    var random = SeededGenerator(seed: UInt64(input.width))
    let (channels, pixels) = (3, 17)
    for tables in [1, channels] {
      let count = TableParameters.entries(format)
      let entries = (0..<tables * count).map { _ in
        Int32.random(in: Int32(output.minimumRaw)...Int32(output.maximumRaw), using: &random)
      }
      var raws = (0..<pixels * channels).map { _ in
        Int64.random(in: format.minimumRaw...format.maximumRaw, using: &random)
      }
      (raws[0], raws[1]) = (format.minimumRaw, format.maximumRaw)
      let expected = raws.enumerated().map { index, raw -> Int32 in
        let entry = Int(raw < 0 ? raw + Int64(count) : raw)
        return entries[index % channels % tables * count + entry]
      }
      for parts in [1, 2, 5] {
        for set in InstructionSet.allCases where set.isAvailable {
          let found = lookUp(
            raws, format, entries, output, channels: channels, tables: tables, parts: parts, instructionSet: set)
          #expect(found == expected, "\(set.name), \(parts) parts")
        }
      }
    }
  }

  private func lookUp(
    _ raws: [Int64], _ format: FixedFormat, _ entries: [Int32], _ output: FixedFormat, channels: Int, tables: Int,
    parts: Int, instructionSet: InstructionSet
  ) -> [Int32] {
    let input = Memory([UInt16](repeating: 0, count: raws.count))
    let table = Memory([UInt16](repeating: 0, count: entries.count))
    let found = Memory([UInt16](repeating: 0x5A5A, count: raws.count))
    let (from, to) = unsafe (input.bytes.baseAddress!, found.bytes.baseAddress!)
    for (index, raw) in raws.enumerated() { unsafe from.put(raw, at: index, format) }
    for (index, entry) in entries.enumerated() {
      unsafe table.bytes.baseAddress!.put(Int64(entry), at: index, output)
    }
    for part in (0..<parts).reversed() {
      unsafe Table.run(
        TableArguments(
          input: from, inputFormat: format, channels: channels, output: to, outputFormat: output,
          entries: table.bytes.baseAddress!, tables: tables,
          pixels: WorkShare(index: part, count: parts).range(of: raws.count / channels)),
        instructionSet: instructionSet)
    }
    return raws.indices.map { unsafe Int32(to.raw(at: $0, output)) }
  }
}
