import EdgeRuntime
import Glibc

/// Nanoseconds of several things, each measured equally often. Recording takes no memory.
struct Durations {
  private var values: [UInt64]
  private let measurements: Int

  init(things: Int, measurements: Int) {
    self.measurements = measurements
    values = [UInt64](repeating: 0, count: things * measurements)
  }

  mutating func record(_ nanoseconds: UInt64, thing: Int, measurement: Int) {
    values[thing * measurements + measurement] = nanoseconds
  }

  /// A thing's measurements in their order.
  func measurements(of thing: Int) -> [UInt64] {
    Array(values[thing * measurements..<(thing + 1) * measurements])
  }

  /// A thing's measurements, ready for quantiles.
  func sorted(_ thing: Int) -> SortedDurations { SortedDurations(measurements(of: thing)) }

  /// Nanoseconds of a clock that only goes forward.
  static var now: UInt64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}

struct SortedDurations {
  private let values: [UInt64]

  init(_ values: some Sequence<UInt64>) { self.values = values.sorted() }

  /// The least measurement that `permille` of 1000 don't exceed (the nearest rank), in microseconds.
  func microseconds(permille: Int) -> Double {
    let rank = max((permille * values.count + 999) / 1000, 1)
    return Double(values[rank - 1]) / 1000
  }

  /// Counts in `bins` intervals of equal ratio between the least and the greatest measurement, both included; microseconds.
  func histogram(bins: Int) -> [(from: Double, to: Double, count: Int)] {
    guard let least = values.first, let greatest = values.last else { return [] }
    let bounds = HistogramBounds(least: least, greatest: greatest, bins: bins)
    var counts = [Int](repeating: 0, count: bins)
    for value in values { counts[bounds.bin(of: value)] += 1 }
    return counts.enumerated().map { bin, count in
      (bounds.lowerEnd(bin) / 1000, bounds.lowerEnd(bin + 1) / 1000, count)
    }
  }
}
