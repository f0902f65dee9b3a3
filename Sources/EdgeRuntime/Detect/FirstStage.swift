import CVector

/// A cascade's first stage on the windows of a row, eight at a time. Every window passes through it and few go on: it is most of a
/// detector's work, so here a stump's value is looked up by its code.
@safe
struct FirstStage {
  private let stage: CascadeStage
  /// For each stump its value by code.
  private let values: UnsafeMutablePointer<Int32>
  /// For each window of a row whether it passes.
  let passes: UnsafeMutablePointer<UInt8>

  private static func tableBytes(_ stage: CascadeStage) -> Int { stage.stumpCount * 256 * 4 }

  static func memoryBytes(_ cascade: borrowing CascadeFile, greatestWidth: Int) -> Int {
    Layout.aligned(tableBytes(cascade.stage(0))) + Layout.aligned(greatestWidth + PreparedStump.lanes)
  }

  /// - Parameter memory: `memoryBytes` bytes at a multiple of 64 that outlive this value.
  init(_ cascade: borrowing CascadeFile, greatestWidth: Int, unsafeMemory memory: UnsafeMutableRawPointer) {
    stage = cascade.stage(0)
    unsafe values = memory.bindMemory(to: Int32.self, capacity: stage.stumpCount * 256)
    unsafe passes = (memory + Layout.aligned(Self.tableBytes(stage)))
      .bindMemory(to: UInt8.self, capacity: greatestWidth + PreparedStump.lanes)
    for index in 0..<stage.stumpCount {
      let stump = cascade.stump(index)
      for code in 0..<256 { unsafe values[index * 256 + code] = stump.value(UInt8(code)) }
    }
  }

  /// Marks which windows of a row pass.
  ///
  /// - Parameters:
  ///   - stumps: the stage's.
  ///   - row: the first window's first element.
  func run(unsafeStumps stumps: UnsafePointer<PreparedStump>, unsafeRow row: UnsafePointer<UInt16>, windows: Int) {
    var first = 0
    while first < windows {
      var sums = SIMD8<Int32>()
      for index in 0..<stage.stumpCount {
        let codes = unsafe stumps[index].codes(unsafeWindow: row + first)
        let table = unsafe values + index &* 256
        // A code is a byte.
        for lane in 0..<PreparedStump.lanes { unsafe sums[lane] &+= table[Int(codes[lane])] }
      }
      for lane in 0..<PreparedStump.lanes {
        unsafe passes[first &+ lane] = sums[lane] >= stage.threshold ? 1 : 0
      }
      first &+= PreparedStump.lanes
    }
  }
}
