/// What a thread needs for its bands: a reduction and an integral image of its own, and the windows that it has found.
@safe
struct DetectorWorker {
  private var reduction: PictureReduction
  private let image: IntegralImage
  let found: UnsafeMutablePointer<Detection>
  private let capacity: Int
  private(set) var count = 0
  /// Whether it has found more windows than there is room for. Those that it keeps are its first; as its bands are in the order of all, no
  /// window that is left out would be among the first `capacity` of all.
  private(set) var isOverfull = false

  static func memoryBytes(greatestWidth: Int, greatestHeight: Int, capacity: Int) -> Int {
    PictureReduction.memoryBytes(greatestWidth: greatestWidth)
      + IntegralImage.memoryBytes(greatestWidth: greatestWidth, greatestHeight: greatestHeight)
      + Layout.aligned(capacity * MemoryLayout<Detection>.stride)
  }

  /// - Parameter memory: `memoryBytes` bytes at a multiple of 64 that outlive this value.
  init(
    frameWidth: Int, frameHeight: Int, greatestWidth: Int, greatestHeight: Int, capacity: Int,
    unsafeMemory memory: UnsafeMutableRawPointer
  ) {
    reduction = unsafe PictureReduction(
      sourceWidth: frameWidth, sourceHeight: frameHeight, greatestWidth: greatestWidth, unsafeMemory: memory)
    let behind = unsafe memory + PictureReduction.memoryBytes(greatestWidth: greatestWidth)
    image = unsafe IntegralImage(greatestWidth: greatestWidth, greatestHeight: greatestHeight, unsafeMemory: behind)
    let last =
      unsafe behind + IntegralImage.memoryBytes(greatestWidth: greatestWidth, greatestHeight: greatestHeight)
    unsafe found = last.bindMemory(to: Detection.self, capacity: capacity)
    self.capacity = capacity
  }

  mutating func begin() {
    count = 0
    isOverfull = false
  }

  /// Looks through a band; nothing once it is overfull.
  mutating func run(
    _ band: inout DetectorBand, of level: DetectorLevel, _ search: DetectorSearch, _ frame: DetectorFrame
  ) {
    band.first = count
    band.count = 0
    guard !isOverfull else { return }
    let rows = band.rows(of: level, windowHeight: search.windowHeight)
    reduction.prepare(width: level.width, height: level.height, pixelStep: frame.pixelStep)
    image.fill(&reduction, level, rows: rows, frame)
    // Windows beside each other are elements beside each other, whatever the step.
    let windows = (level.width - search.windowWidth) / level.step + 1
    for windowRow in band.windowRows {
      let y = windowRow * level.step
      let row = unsafe UnsafePointer(image.elements + (y - rows.lowerBound) * image.rowStep)
      var isFirstSkipped = false
      var first = 0
      while first < windows {
        let passing = unsafe search.stages.passing(0, step: level.step, unsafeWindow: row + first)
        var left = search.walk.walk(passing, isFirstSkipped: &isFirstSkipped)
        // Behind the row's end nothing passes.
        if windows &- first < 8 { left &= (1 << UInt8(windows &- first)) &- 1 }
        if left != 0 { unsafe look(level, search.stages, row + first, left, x: first, y: y) }
        first &+= PreparedStump.lanes
      }
    }
    band.count = count - band.first
  }

  /// Passes some of eight windows through the stages behind the first: together, as long as that is less work than one by one.
  @inline(__always)
  private mutating func look(
    _ level: DetectorLevel, _ stages: CascadeStages, _ windows: UnsafePointer<UInt16>, _ some: UInt8, x first: Int,
    y: Int
  ) {
    var left = some
    var stage = 1
    while left & (left &- 1) != 0, stage < stages.count {
      unsafe left &= stages.passing(stage, step: level.step, unsafeWindow: windows)
      stage &+= 1
    }
    while left != 0 {
      let window = left.trailingZeroBitCount
      left &= left &- 1
      if unsafe stages.passes(from: stage, step: level.step, unsafeWindow: windows + window) {
        add(level, x: (first + window) * level.step, y: y)
      }
    }
  }

  private mutating func add(_ level: DetectorLevel, x: Int, y: Int) {
    guard count < capacity else {
      isOverfull = true
      return
    }
    unsafe found[count] = Detection(
      x: Int32(scaled(x, by: level.factor)), y: Int32(scaled(y, by: level.factor)), width: Int32(level.windowWidth),
      height: Int32(level.windowHeight))
    count += 1
  }
}

/// What all threads look for: read by them, written by none.
struct DetectorSearch {
  let windowWidth: Int
  let windowHeight: Int
  let stages: CascadeStages
  let walk: WindowWalk
}

/// The frame at hand.
@safe
struct DetectorFrame {
  /// Its first pixel.
  let source: UnsafeRawPointer
  let pixelStep: Int
  let rowStep: Int
}
