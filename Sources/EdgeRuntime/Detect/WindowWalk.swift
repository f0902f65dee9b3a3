/// Which windows of a row are looked at: one that the first stage rejects takes the next one with it. Eight at a time, by a table.
@safe
struct WindowWalk {
  static let memoryBytes = 1024

  /// For each set of eight windows that pass the first stage, the first one of a row being looked at or not: those that pass and are
  /// looked at, and above them 256 where the first one behind them is not looked at.
  private let table: UnsafeMutablePointer<UInt16>

  /// - Parameter memory: `memoryBytes` bytes at a multiple of 64 that outlive this value.
  init(unsafeMemory memory: UnsafeMutableRawPointer) {
    unsafe table = memory.bindMemory(to: UInt16.self, capacity: 512)
    for entry in 0..<512 { unsafe (table + entry).initialize(to: Self.walk(entry & 255, isFirstSkipped: entry >= 256)) }
  }

  private static func walk(_ passing: Int, isFirstSkipped: Bool) -> UInt16 {
    var result = 0
    var window = isFirstSkipped ? 1 : 0
    while window < 8 {
      let isPassing = passing >> window & 1 == 1
      if isPassing { result |= 1 << window }
      window += isPassing ? 1 : 2
    }
    return UInt16(window > 8 ? result | 256 : result)
  }

  /// - Parameters:
  ///   - passing: bit i is set where window i passes the first stage.
  ///   - isFirstSkipped: whether the windows before have taken the first one with them; then, whether these take the one behind.
  /// - Returns: those that pass and are looked at.
  @inline(__always)
  func walk(_ passing: UInt8, isFirstSkipped: inout Bool) -> UInt8 {
    let entry = unsafe table[Int(passing) &+ (isFirstSkipped ? 256 : 0)]
    isFirstSkipped = entry >= 256
    return UInt8(truncatingIfNeeded: entry)
  }
}
