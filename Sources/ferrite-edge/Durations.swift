import EdgeRuntime

/// Nanoseconds of several things, each measured equally often, in memory of fixed size.
@safe
struct Durations: ~Copyable {
  private let values: UnsafeMutableBufferPointer<UInt64>
  private let measurements: Int

  init(things: Int, measurements: Int) throws(EdgeError) {
    self.measurements = measurements
    unsafe values = try pages(things * measurements * MemoryLayout<UInt64>.stride).bindMemory(to: UInt64.self)
    // Touched now, so that no frame pays for a page.
    unsafe values.update(repeating: 0)
  }

  mutating func set(_ thing: Int, _ measurement: Int, nanoseconds: UInt64) {
    unsafe values[thing * measurements + measurement] = nanoseconds
  }

  /// Orders a thing's measurements for `percentile`: heap sort, in place.
  mutating func sort(_ thing: Int) {
    for root in (0..<measurements / 2).reversed() { sift(thing, root, end: measurements) }
    for end in (1..<measurements).reversed() {
      unsafe values.swapAt(thing * measurements, thing * measurements + end)
      sift(thing, 0, end: end)
    }
  }

  /// How many of a thing's measurements fall into a bin.
  func count(_ thing: Int, bin: Int, of bounds: HistogramBounds) -> Int {
    var count = 0
    for index in 0..<measurements {
      if unsafe bounds.bin(of: values[thing * measurements + index]) == bin { count += 1 }
    }
    return count
  }

  /// The least of a thing's sorted measurements that `permille` of 1000 don't exceed.
  func percentile(_ thing: Int, permille: Int) -> UInt64 {
    let rank = max((permille * measurements + 999) / 1000, 1)
    return unsafe values[thing * measurements + rank - 1]
  }

  /// Moves a value down the heap until no child is greater.
  private mutating func sift(_ thing: Int, _ root: Int, end: Int) {
    let base = thing * measurements
    var parent = root
    while 2 * parent + 1 < end {
      var child = 2 * parent + 1
      if unsafe child + 1 < end && values[base + child + 1] > values[base + child] { child += 1 }
      guard unsafe values[base + child] > values[base + parent] else { return }
      unsafe values.swapAt(base + parent, base + child)
      parent = child
    }
  }
}
