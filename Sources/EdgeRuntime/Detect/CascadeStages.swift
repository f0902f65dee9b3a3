import CVector

/// A cascade's stages over an integral image, for windows by themselves and for eight beside each other.
@safe
struct CascadeStages {
  let count: Int
  private let stages: UnsafeMutablePointer<CascadeStage>
  /// For windows one element apart, then for those two apart.
  private let stumps: UnsafeMutablePointer<PreparedStump>
  private let stumpCount: Int

  static func memoryBytes(_ cascade: borrowing CascadeFile) -> Int {
    Layout.aligned(cascade.stageCount * MemoryLayout<CascadeStage>.stride)
      + Layout.aligned(2 * cascade.stumpCount * MemoryLayout<PreparedStump>.stride)
  }

  /// - Parameters:
  ///   - rowStep: of the integral images that are looked at.
  ///   - memory: `memoryBytes` bytes at a multiple of 64 that outlive this value.
  init(_ cascade: borrowing CascadeFile, rowStep: Int, unsafeMemory memory: UnsafeMutableRawPointer) {
    count = cascade.stageCount
    stumpCount = cascade.stumpCount
    unsafe stages = memory.bindMemory(to: CascadeStage.self, capacity: cascade.stageCount)
    unsafe stumps = (memory + Layout.aligned(cascade.stageCount * MemoryLayout<CascadeStage>.stride))
      .bindMemory(to: PreparedStump.self, capacity: 2 * cascade.stumpCount)
    for index in 0..<count { unsafe (stages + index).initialize(to: cascade.stage(index)) }
    for index in 0..<stumpCount {
      let stump = cascade.stump(index)
      unsafe (stumps + index).initialize(to: PreparedStump(stump, rowStep: rowStep, step: 1))
      unsafe (stumps + stumpCount + index).initialize(to: PreparedStump(stump, rowStep: rowStep, step: 2))
    }
  }

  /// Bit i is set where window i of eight beside each other passes a stage.
  ///
  /// - Parameters:
  ///   - step: from a window to the next, pixels, 1 or 2.
  ///   - window: the first one's first element.
  @inline(__always)
  func passing(_ index: Int, step: Int, unsafeWindow window: UnsafePointer<UInt16>) -> UInt8 {
    let stage = unsafe stages[index]
    var stump = unsafe stumps + (stage.firstStump &+ (step &- 1) &* stumpCount)
    var sums = SIMD8<Int32>()
    // Validation has found the greatest sum to fit 32 bits.
    for _ in 0..<stage.stumpCount {
      unsafe sums &+= PreparedStump.values(unsafe: stump, unsafeWindow: window)
      unsafe stump += 1
    }
    return ferrite_lanesNotBelow8(sums, stage.threshold)
  }

  /// Whether a window passes the stages from `first` on.
  func passes(from first: Int, step: Int, unsafeWindow window: UnsafePointer<UInt16>) -> Bool {
    for index in first..<count {
      let stage = unsafe stages[index]
      var stump = unsafe stumps + (stage.firstStump &+ (step &- 1) &* stumpCount)
      var sum: Int32 = 0
      for _ in 0..<stage.stumpCount {
        unsafe sum &+= stump.pointee.value(unsafeWindow: window)
        unsafe stump += 1
      }
      if sum < stage.threshold { return false }
    }
    return true
  }
}
