import CVector

/// Pools of any window, sixteen channels at a time. `Object` as in `Sampling`.
@safe
public struct WindowPooling<Object> {
  @usableFromInline let task: FerriteWindowPooling

  @inlinable
  public init(_ task: FerriteWindowPooling) { unsafe self.task = task }

  @inlinable @inline(__always)
  public func run() {
    switch unsafe (task.isAverage, task.isSigned) {
    case (true, true): average(Int8.self)
    case (true, false): average(UInt8.self)
    case (false, true): maximum(Int8.self)
    case (false, false): maximum(UInt8.self)
    }
  }

  @inlinable @inline(__always)
  func maximum<Value: ByteValue>(_: Value.Type) {
    let (least, greatest) = unsafe (task.minimum, task.maximum)
    overWindows { window, output, lanes in
      if lanes == .one {
        var most = Value.one(at: window)
        overTaps(window) { most = max(most, Value.one(at: $0)) }
        output.store(UInt8(truncatingIfNeeded: min(max(most, least), greatest)))
      } else {
        var most = Value.values(lanes, at: window)
        overTaps(window) { most = Value.greater(most, Value.values(lanes, at: $0)) }
        output.store(lanes, of: ferrite_lowBytes(ferrite_clampHalves(Value.widened(most), least, greatest)))
      }
    }
  }

  @inlinable @inline(__always)
  func average<Value: ByteValue>(_: Value.Type) {
    overWindows { window, output, lanes in
      if lanes == .one {
        var sum: Int32 = 0
        overTaps(window) { sum &+= Int32(Value.one(at: $0)) }
        output.store(mean(sum))
      } else {
        var (sum, halves) = (SIMD16<Int32>(), SIMD16<Int16>())
        overTaps(window, inBlocksOf: Self.tapsInHalves) { tap in
          halves = halves &+ Value.widened(Value.values(lanes, at: tap))
        } afterEach: {
          sum = sum &+ ferrite_widenHalves(halves)
          halves = SIMD16<Int16>()
        }
        store(lanes, of: sum &+ ferrite_widenHalves(halves), to: output)
      }
    }
  }

  /// The means of channels by their sums.
  @inlinable @inline(__always)
  func store(_ lanes: Lanes, of sums: SIMD16<Int32>, to output: MutableBytes) {
    if unsafe task.isShort {
      let shift = unsafe Int32(truncatingIfNeeded: task.shift)
      let half = (Int32(1) &<< shift) &>> 1
      let products = unsafe sums &* SIMD16(repeating: Int32(truncatingIfNeeded: task.multiplier))
      let means = (products &+ SIMD16(repeating: half)) &>> SIMD16(repeating: shift)
      let clamped = unsafe ferrite_clampWords(means, Int32(task.minimum), Int32(task.maximum))
      output.store(lanes, of: ferrite_lowBytes(ferrite_narrow(clamped)))
    } else {
      for lane in 0..<(lanes == .eight ? 8 : 16) { (output + lane).store(mean(sums[lane])) }
    }
  }

  @inlinable @inline(__always)
  func mean(_ sum: Int32) -> UInt8 {
    let half = unsafe (Int64(1) &<< task.shift) &>> 1
    let mean = unsafe (Int64(sum) &* task.multiplier &+ half) &>> task.shift
    return unsafe UInt8(truncatingIfNeeded: min(max(mean, Int64(task.minimum)), Int64(task.maximum)))
  }

  /// Taps whose sum of 8-bit values 16 bits hold.
  @inlinable @inline(__always)
  static var tapsInHalves: Int { 128 }

  /// Calls `body` with the same channels of every tap, and `afterEach` after each whole block of taps.
  @inlinable @inline(__always)
  func overTaps(
    _ window: Bytes, inBlocksOf block: Int = .max, _ body: (Bytes) -> Void, afterEach: () -> Void = {}
  ) {
    let (rows, columns) = unsafe (Int(task.rows), Int(task.columns))
    let (rowStep, columnStep) = unsafe (Int(task.rowStep), Int(task.columnStep))
    var (row, room) = (0, block)
    var line = window
    while row < rows {
      var left = columns
      var tap = line
      while left > 0 {
        let count = block == .max ? left : min(left, room)
        // Without a branch inside, this loop is a load and what `body` does.
        for _ in 0..<count {
          body(tap)
          tap = tap + columnStep
        }
        left &-= count
        if block == .max { continue }
        room &-= count
        if room == 0 {
          afterEach()
          room = block
        }
      }
      line = line + rowStep
      row &+= 1
    }
  }

  /// Calls `body` with the places of every window's channels.
  @inlinable @inline(__always)
  func overWindows(_ body: (Bytes, MutableBytes, Lanes) -> Void) {
    let channels = unsafe Int(task.channels)
    var window = unsafe Bytes(task.input)
    var output = unsafe MutableBytes(task.output)
    var index = 0
    while unsafe index < Int(task.windows) {
      Lanes.cover(channels) { channel, lanes in body(window + channel, output + channel, lanes) }
      window = unsafe window + Int(task.windowStep)
      output = output + channels
      index &+= 1
    }
  }
}
