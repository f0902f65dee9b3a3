/// Finds what a cascade was trained on, at all sizes, in memory that the caller supplies: allocates nothing, uses integers alone, and
/// gives the same rectangles on every machine.
///
/// The algorithm is that of OpenCV's `detectMultiScale` for LBP cascades (cascadedetect.cpp): the frame is reduced by each factor, every
/// window of a level (every second one where factors are below 2) passes through the stages until one rejects it, a window that the
/// first stage rejects takes the next one in its row with it, and the windows that remain are grouped.
@safe
public struct CascadeDetector: ~Copyable {
  public let frameWidth: Int
  public let frameHeight: Int
  public let settings: DetectorSettings
  private let windowWidth: Int
  private let windowHeight: Int
  private let levelCount: Int
  private let levels: UnsafeMutablePointer<DetectorLevel>
  private let stages: CascadeStages
  private let walk: WindowWalk
  private let image: IntegralImage
  private var reduction: PictureReduction
  private let grouping: RectangleGrouping
  private let found: UnsafeMutablePointer<Detection>
  /// Faces in the last frame, those on which most windows agree first.
  public private(set) var count = 0
  /// Whether the last frame had more windows to group than there was room for; the smallest are left out.
  public private(set) var isOverfull = false

  /// Pixels of a frame's width and height.
  public static let frameExtents = 16...4096

  /// Bytes of memory for a detector.
  ///
  /// - Parameters:
  ///   - width, height: of a frame, `frameExtents`.
  ///   - settings: its factor and capacity in their ranges.
  @export(interface)
  public static func memoryBytes(
    _ cascade: borrowing CascadeFile, width: Int, height: Int, _ settings: DetectorSettings
  ) -> Int {
    DetectorMemory(cascade, width, height, settings).bytes
  }

  /// - Parameters:
  ///   - width, height: of a frame, `frameExtents`.
  ///   - settings: its factor and capacity in their ranges.
  ///   - memory: `memoryBytes` bytes or more at a multiple of 64 that outlive the detector. The cascade need not.
  @export(interface)
  public init(
    _ cascade: borrowing CascadeFile, width: Int, height: Int, _ settings: DetectorSettings,
    unsafeMemory memory: UnsafeMutableRawBufferPointer
  ) {
    precondition(Self.frameExtents ~= width && Self.frameExtents ~= height, "a frame's extent is out of range")
    precondition(DetectorSettings.scaleFactors ~= settings.scaleFactor, "a scale factor is out of range")
    precondition(1...65535 ~= settings.capacity && settings.neighbours >= 0, "a detector's setting is out of range")
    let places = DetectorMemory(cascade, width, height, settings)
    guard let base = memory.baseAddress, memory.count >= places.bytes else {
      preconditionFailure("the detector's memory is too small")
    }
    precondition(Int(bitPattern: base) % Layout.alignment == 0, "the detector's memory is misaligned")
    frameWidth = width
    frameHeight = height
    self.settings = settings
    windowWidth = cascade.windowWidth
    windowHeight = cascade.windowHeight
    levelCount = places.levelCount
    unsafe levels = base.bindMemory(to: DetectorLevel.self, capacity: places.levelCount)
    reduction = unsafe PictureReduction(
      sourceWidth: width, sourceHeight: height, greatestWidth: places.greatestWidth,
      unsafeMemory: base + places.reduction)
    image = unsafe IntegralImage(
      greatestWidth: places.greatestWidth, greatestHeight: places.greatestHeight, unsafeMemory: base + places.image)
    stages = unsafe CascadeStages(cascade, in: image, unsafeMemory: base + places.stages)
    walk = unsafe WindowWalk(unsafeMemory: base + places.walk)
    grouping = unsafe RectangleGrouping(capacity: settings.capacity, unsafeMemory: base + places.grouping)
    unsafe found = (base + places.found).bindMemory(to: Detection.self, capacity: settings.capacity)
    var all = DetectorLevels(
      windowWidth: windowWidth, windowHeight: windowHeight, frameWidth: frameWidth, frameHeight: frameHeight, settings)
    var index = 0
    while let level = all.next() {
      unsafe (levels + index).initialize(to: level)
      index += 1
    }
  }

  /// A face of the last frame, 0..<count.
  public subscript(index: Int) -> Detection {
    precondition(index >= 0 && index < count, "a face is out of range")
    return unsafe found[index]
  }

  /// Looks for faces in a frame.
  ///
  /// - Parameters:
  ///   - source: the frame's first pixel, 8 bits of brightness.
  ///   - pixelStep: bytes from a pixel to the next, 1 or 2.
  ///   - rowStep: bytes from a row to the next.
  @export(interface)
  public mutating func run(unsafeSource source: UnsafeRawPointer, pixelStep: Int, rowStep: Int) {
    precondition(1...2 ~= pixelStep && rowStep >= frameWidth * pixelStep, "pixels overlap or are too far apart")
    count = 0
    isOverfull = false
    // The largest windows first: they are fewest.
    var index = levelCount
    while index > 0, !isOverfull {
      index -= 1
      let level = unsafe levels[index]
      reduction.prepare(width: level.width, height: level.height, pixelStep: pixelStep)
      unsafe image.fill(
        &reduction, level, unsafeSource: source, pixelStep: pixelStep, rowStep: rowStep)
      search(level)
    }
    let groups = unsafe grouping.group(unsafe: found, count: count, neighbours: settings.neighbours)
    order(groups)
  }

  /// Passes the windows of a level through the cascade.
  private mutating func search(_ level: DetectorLevel) {
    // Windows beside each other are elements beside each other, whatever the step.
    let windows = (level.width - windowWidth) / level.step + 1
    var y = 0
    while y <= level.height - windowHeight {
      let row = unsafe UnsafePointer(image.elements + y * image.rowStep)
      var isFirstSkipped = false
      var first = 0
      while first < windows {
        let passing = unsafe stages.passing(0, step: level.step, unsafeWindow: row + first)
        var left = walk.walk(passing, isFirstSkipped: &isFirstSkipped)
        // Behind the row's end nothing passes.
        if windows &- first < 8 { left &= (1 << UInt8(windows &- first)) &- 1 }
        if left != 0 { unsafe search(level, row + first, left, x: first, y: y) }
        first &+= PreparedStump.lanes
      }
      y += level.step
    }
  }

  /// Passes some of eight windows through the stages behind the first: together, as long as that is less work than one by one.
  @inline(__always)
  private mutating func search(
    _ level: DetectorLevel, _ windows: UnsafePointer<UInt16>, _ some: UInt8, x first: Int, y: Int
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
    guard count < settings.capacity else {
      isOverfull = true
      return
    }
    unsafe found[count] = Detection(
      x: Int32(scaled(x, by: level.factor)), y: Int32(scaled(y, by: level.factor)), width: Int32(level.windowWidth),
      height: Int32(level.windowHeight))
    count += 1
  }

  /// Cuts the faces to the frame, out of which rounding may have moved them, and puts them in their order.
  private mutating func order(_ groups: Int) {
    count = 0
    for index in 0..<groups {
      guard let face = unsafe found[index].clipped(width: frameWidth, height: frameHeight) else { continue }
      var place = count
      while place > 0, unsafe face.precedes(found[place - 1]) {
        unsafe found[place] = found[place - 1]
        place -= 1
      }
      unsafe found[place] = face
      count += 1
    }
  }
}
