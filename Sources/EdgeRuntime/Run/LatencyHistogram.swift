/// How often a time was met, in bins of a sixteenth of an octave: percentiles that are at most a sixteenth too great, in memory of
/// fixed size, over any number of frames.
public struct LatencyHistogram {
  public static let bins = 1024
  private static let binsPerOctave = 16
  private var counts = InlineArray<1024, UInt64>(repeating: 0)
  public private(set) var total: UInt64 = 0
  public private(set) var greatest: UInt64 = 0

  public init() {}

  /// A histogram that was kept elsewhere.
  ///
  /// - Parameter count: of a bin.
  public init(greatest: UInt64, count: (Int) -> UInt64) {
    self.greatest = greatest
    for bin in 0..<Self.bins {
      counts[bin] = count(bin)
      total += counts[bin]
    }
  }

  public mutating func add(nanoseconds: UInt64) {
    counts[Self.bin(nanoseconds)] += 1
    total += 1
    greatest = max(greatest, nanoseconds)
  }

  /// A time that `permille` of 1000 don't exceed; 0 where there is none.
  public func percentile(permille: UInt64) -> UInt64 {
    let rank = max((permille * total + 999) / 1000, 1)
    var seen: UInt64 = 0
    for bin in 0..<counts.count {
      seen += counts[bin]
      if seen >= rank { return min(Self.upperEnd(bin), greatest) }
    }
    return greatest
  }

  /// Values below 16 have bins of their own; above, an octave has 16.
  public static func bin(_ value: UInt64) -> Int {
    guard value >= 16 else { return Int(value) }
    let octave = 63 - value.leadingZeroBitCount
    return (octave - 3) * binsPerOctave + Int(value >> UInt64(octave - 4)) - 16
  }

  /// The greatest value of a bin.
  private static func upperEnd(_ bin: Int) -> UInt64 {
    guard bin >= 16 else { return UInt64(bin) }
    let octave = bin / binsPerOctave + 3
    let step = UInt64(1) << UInt64(octave - 4)
    return (UInt64(bin % binsPerOctave) + 16) * step + (step - 1)
  }
}
