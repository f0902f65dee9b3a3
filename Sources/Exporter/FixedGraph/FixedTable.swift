import EdgeRuntime
import Quantize

extension FixedTable {
  /// A function's value at each raw input, nearest (RND) and saturated to the bounds.
  ///
  /// - Throws: `ExportError.unsupported` where it has none, as the root of a negative number; for more than `mostEntries`.
  init(
    _ function: PointwiseFunction, from input: FixedFormat, to output: FixedFormat, within bounds: ClosedRange<Int32>,
    channels: Int, layer: String
  ) throws(ExportError) {
    tables = function.differsByChannel ? channels : 1
    entries = []
    let count = TableParameters.entries(input)
    guard tables * count <= Self.mostEntries else {
      throw .unsupported(
        layer: layer,
        reason: "\(tables) tables of \(count) entries, one for each channel, are more than a model may hold "
          + "(\(Self.mostEntries) entries): its input needs fewer bits")
    }
    let arguments = (0..<count).map { input.number(ofBits: $0) }
    // Channels last, as the function takes its arguments.
    let values = function.values(at: arguments.flatMap { repeatElement($0, count: tables) })
    for table in 0..<tables {
      for (index, argument) in arguments.enumerated() {
        let value = values[index * tables + table]
        guard !value.isNaN else {
          throw .unsupported(
            layer: layer,
            reason: "its function has no value at \(argument)" + (tables > 1 ? " in channel \(table)" : ""))
        }
        entries.append(min(max(Int32(output.raw(value)), bounds.lowerBound), bounds.upperBound))
      }
    }
  }

  /// 64 channels of 16 bits, 1024 of 12: 8 MiB.
  static let mostEntries = 1 << 22

  /// As a file holds them: one or two bytes each, little-endian.
  func entries(elementBytes: Int) -> [UInt8] {
    if elementBytes == 1 { return entries.map { UInt8(truncatingIfNeeded: $0) } }
    // Without an array for each of millions.
    var bytes: [UInt8] = []
    bytes.reserveCapacity(2 * entries.count)
    for entry in entries {
      bytes.append(UInt8(truncatingIfNeeded: entry))
      bytes.append(UInt8(truncatingIfNeeded: entry >> 8))
    }
    return bytes
  }
}

extension FixedFormat {
  /// The number whose raw value has these bits, in two's complement where the format is signed.
  fileprivate func number(ofBits bits: Int) -> Double {
    let raw = isSigned && bits > Int(maximumRaw) ? bits - (1 << width) : bits
    return number(Int64(raw))
  }
}
