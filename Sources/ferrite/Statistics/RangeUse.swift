import EdgeRuntime
import Glibc

/// How a tensor's values lie in the range that its format can hold: counts, which add up in any order.
struct RangeUse: Equatable, Codable, Sendable {
  private static let greatestCount = 1 << 48

  private(set) var values = 0
  private(set) var zeros = 0
  /// Values at the bounds where the format saturates: the least of a signed format, the greatest. 0 is not one of an
  /// unsigned format.
  private(set) var low = 0
  private(set) var high = 0
  /// Values other than zero by magnitude: the upper half of the format's range first, then the half below, and so on down to one
  /// step.
  private(set) var octaves: [Int]

  init(octaves count: Int = 0) { octaves = Array(repeating: 0, count: count) }

  /// Octaves between the step and the top of a format: bits of a magnitude.
  static func octaves(of format: FixedFormat) -> Int { max(format.isSigned ? format.width - 1 : format.width, 1) }

  /// - Parameter value: one that the format holds.
  mutating func record(_ value: Double, _ format: FixedFormat) {
    values += 1
    guard value != 0 else {
      zeros += 1
      return
    }
    let raw = Int64(value * Double(sign: .plus, exponent: format.fraction, significand: 1))
    if raw == format.maximumRaw { high += 1 }
    if format.isSigned, raw == format.minimumRaw { low += 1 }
    // The magnitude of the least value of a signed format is one bit longer: it counts as the top.
    let bits = Int64.bitWidth - Int64(raw.magnitude).leadingZeroBitCount
    octaves[max(octaves.count - bits, 0)] += 1
  }

  mutating func merge(_ other: RangeUse) {
    values += other.values
    zeros += other.zeros
    low += other.low
    high += other.high
    for index in octaves.indices { octaves[index] += other.octaves[index] }
  }

  func isSound(octaves count: Int) -> Bool {
    let counts = octaves + [zeros, low, high]
    return octaves.count == count && 0...Self.greatestCount ~= values
      && counts.allSatisfy { 0...values ~= $0 } && low + high <= values
      && octaves.reduce(zeros) { $0.addingReportingOverflow($1).partialValue } == values
  }

  /// A count as a share of all values.
  func share(_ count: Int) -> Double { values == 0 ? 0 : Double(count) / Double(values) }

  var saturation: Double { share(low + high) }

  /// Bits at the top that no value has used; nil where all are zero.
  var unusedBits: Int? { octaves.firstIndex { $0 > 0 } }
}
