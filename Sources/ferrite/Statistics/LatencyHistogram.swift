import Glibc

/// Durations counted in bins of an eighth of an octave (9% wide), which add up over threads and machines.
struct LatencyHistogram: Equatable, Codable, Sendable {
  private static let binsPerOctave = 8
  private static let binCount = 40 * binsPerOctave

  /// Bin `i` holds durations from `2^(i / 8)` nanoseconds up to that of the next; the last, 18 minutes and more.
  private(set) var counts = [Int](repeating: 0, count: binCount)

  mutating func record(nanoseconds: UInt64) {
    let place = log2(Double(max(nanoseconds, 1))) * Double(Self.binsPerOctave)
    counts[min(Int(place), Self.binCount - 1)] += 1
  }

  mutating func merge(_ other: LatencyHistogram) {
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  struct Bin: Equatable, Sendable {
    /// Bounds, microseconds.
    var from: Double
    var to: Double
    var count: Int
  }

  /// From the first bin that holds anything to the last one.
  var bins: [Bin] {
    guard let first = counts.firstIndex(where: { $0 > 0 }), let last = counts.lastIndex(where: { $0 > 0 }) else {
      return []
    }
    return (first...last).map { Bin(from: Self.bound($0), to: Self.bound($0 + 1), count: counts[$0]) }
  }

  /// The upper bound of the bin that holds the least duration which `permille` of 1000 don't exceed, microseconds; at most 9%
  /// too much. 0 without durations.
  func microseconds(permille: Int) -> Double {
    let rank = max((permille * total + 999) / 1000, 1)
    var seen = 0
    for (index, count) in counts.enumerated() {
      seen += count
      if seen >= rank { return Self.bound(index + 1) }
    }
    return 0
  }

  private static func bound(_ index: Int) -> Double { exp2(Double(index) / Double(binsPerOctave)) / 1000 }

  var total: Int { counts.reduce(0, +) }

  var isSound: Bool {
    counts.count == Self.binCount && counts.allSatisfy { 0...ConfusionMatrix.greatestCount ~= $0 }
  }
}
