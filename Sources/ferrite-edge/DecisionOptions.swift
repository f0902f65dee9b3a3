import EdgeProgram
import EdgeRuntime

/// How frames become decisions: `--smooth K` or `--majority N`, `--enter P`, `--leave P`, `--hold MS`.
struct DecisionOptions {
  private(set) var settings = DecisionFilter.Settings()
  private var leave: UInt32?

  mutating func setSmoothing(_ value: Word) throws(EdgeError) {
    guard let shift = value.number, 1...6 ~= shift else { throw .usage("--smooth takes 1 to 6, not", value) }
    try set(.exponential(shift: shift))
  }

  mutating func setMajority(_ value: Word) throws(EdgeError) {
    guard let frames = value.number, 2...DecisionFilter.greatestFrames ~= frames else {
      throw .usage("--majority takes 2 to 63 frames, not", value)
    }
    try set(.majority(frames: frames))
  }

  private mutating func set(_ smoothing: DecisionFilter.Smoothing) throws(EdgeError) {
    guard settings.smoothing == .none else { throw .usage("--smooth or --majority, one of the two", nil) }
    settings.smoothing = smoothing
  }

  mutating func setEnter(_ value: Word) throws(EdgeError) {
    guard let score = Self.score(value) else { throw .usage("--enter takes 0 to 1, not", value) }
    settings.enter = score
  }

  mutating func setLeave(_ value: Word) throws(EdgeError) {
    guard let score = Self.score(value) else { throw .usage("--leave takes 0 to 1, not", value) }
    leave = score
  }

  mutating func setHold(_ value: Word) throws(EdgeError) {
    guard let number = value.number, number <= 3_600_000 else {
      throw .usage("--hold takes milliseconds, at most 3600000, not", value)
    }
    settings.holdNanoseconds = UInt64(number) * 1_000_000
  }

  /// Checks what several options say together. Without `--leave`, a class is left where it would not be entered.
  mutating func check() throws(EdgeError) {
    settings.leave = leave ?? settings.enter
    guard settings.leave <= settings.enter else { throw .usage("--leave must not be above --enter", nil) }
  }

  /// A decimal fraction from 0 to 1 with at most six digits behind the point, in 65536ths, rounded to the nearest.
  private static func score(_ word: Word) -> UInt32? {
    var (value, scale, digits, seenPoint) = (UInt64(0), UInt64(1), 0, false)
    for index in 0..<word.count {
      if word[index] == UInt8(ascii: "."), !seenPoint {
        seenPoint = true
        continue
      }
      guard case UInt8(ascii: "0")...UInt8(ascii: "9") = word[index], digits < 7 else { return nil }
      value = 10 * value + UInt64(word[index] - UInt8(ascii: "0"))
      digits += 1
      if seenPoint { scale *= 10 }
    }
    guard digits > 0, value <= scale else { return nil }
    return UInt32((value * 65536 + scale / 2) / scale)
  }
}
