import CLinux

/// Finds what a cascade was trained on, at all sizes, in memory that the caller supplies: allocates nothing, uses integers alone, and
/// gives the same rectangles on every machine.
///
/// The algorithm is that of OpenCV's `detectMultiScale` for LBP cascades (cascadedetect.cpp): the frame is reduced by each factor, every
/// window of a level (every second one where factors are below 2) passes through the stages until one rejects it, a window that the
/// first stage rejects takes the next one in its row with it, and the windows that remain are grouped. Threads of a pool may share the
/// levels (`DetectorBands`): the rectangles are the same at any number.
@safe
public struct CascadeDetector: ~Copyable {
  public let frameWidth: Int
  public let frameHeight: Int
  public let settings: DetectorSettings
  public let threads: Int
  private let levels: UnsafeMutablePointer<DetectorLevel>
  private let bands: UnsafeMutablePointer<DetectorBand>
  private let bandCount: Int
  private let firstWorker: UnsafeMutableRawPointer
  /// From a worker to the next.
  private let workerBytes: Int
  private let search: DetectorSearch
  private let grouping: RectangleGrouping
  private let found: UnsafeMutablePointer<Detection>
  /// Nil for one thread.
  private let pool: OpaquePointer?
  /// Nil between frames.
  private var frame: DetectorFrame?
  /// Faces in the last frame, those on which most windows agree first.
  public private(set) var count = 0
  /// Whether the last frame had more windows to group than there was room for; the smallest are left out.
  public private(set) var isOverfull = false

  /// Pixels of a frame's width and height.
  public static let frameExtents = 16...4096

  /// Bytes of memory for a detector.
  ///
  /// - Parameters:
  ///   - width: of a frame, `frameExtents`.
  ///   - height: of a frame, `frameExtents`.
  ///   - settings: its factor and capacity in their ranges.
  ///   - threads: of the pool that shares the work; 1 without.
  @export(interface)
  public static func memoryBytes(
    _ cascade: borrowing CascadeFile, width: Int, height: Int, _ settings: DetectorSettings, threads: Int = 1
  ) -> Int {
    DetectorMemory(cascade, width, height, settings, threads: threads).bytes
  }

  /// - Parameters:
  ///   - width: of a frame, `frameExtents`.
  ///   - height: of a frame, `frameExtents`.
  ///   - settings: its factor and capacity in their ranges.
  ///   - memory: `memoryBytes` bytes or more at a multiple of 64 that outlive the detector. The cascade need not.
  @export(interface)
  public init(
    _ cascade: borrowing CascadeFile, width: Int, height: Int, _ settings: DetectorSettings,
    unsafeMemory memory: UnsafeMutableRawBufferPointer
  ) {
    unsafe self.init(cascade, width, height, settings, memory, threads: 1, nil)
  }

  /// A detector whose work the threads of a pool share.
  ///
  /// - Parameters:
  ///   - memory: `memoryBytes` bytes for the pool's threads, or more, as above.
  ///   - pool: outlives the detector, and serves nobody else while `run` does.
  @export(interface)
  public init(
    _ cascade: borrowing CascadeFile, width: Int, height: Int, _ settings: DetectorSettings,
    unsafeMemory memory: UnsafeMutableRawBufferPointer, unsafePool pool: borrowing ThreadPool
  ) {
    unsafe self.init(
      cascade, width, height, settings, memory, threads: pool.threads, pool.threads > 1 ? pool.handle : nil)
  }

  private init(
    _ cascade: borrowing CascadeFile, _ width: Int, _ height: Int, _ settings: DetectorSettings,
    _ memory: UnsafeMutableRawBufferPointer, threads: Int, _ pool: OpaquePointer?
  ) {
    precondition(Self.frameExtents ~= width && Self.frameExtents ~= height, "a frame's extent is out of range")
    precondition(DetectorSettings.scaleFactors ~= settings.scaleFactor, "a scale factor is out of range")
    precondition(1...65535 ~= settings.capacity && settings.neighbours >= 0, "a detector's setting is out of range")
    let places = DetectorMemory(cascade, width, height, settings, threads: threads)
    guard let base = memory.baseAddress, memory.count >= places.bytes else {
      preconditionFailure("the detector's memory is too small")
    }
    precondition(Int(bitPattern: base) % Layout.alignment == 0, "the detector's memory is misaligned")
    frameWidth = width
    frameHeight = height
    self.settings = settings
    self.threads = threads
    unsafe self.pool = pool
    unsafe levels = base.bindMemory(to: DetectorLevel.self, capacity: places.levelCount)
    var all = DetectorLevels(
      windowWidth: cascade.windowWidth, windowHeight: cascade.windowHeight, frameWidth: width, frameHeight: height,
      settings)
    var index = 0
    while let level = all.next() {
      unsafe (levels + index).initialize(to: level)
      index += 1
    }
    unsafe bands = (base + places.bands).bindMemory(
      to: DetectorBand.self, capacity: DetectorBands.greatest(levels: places.levelCount, threads: threads))
    bandCount = unsafe DetectorBands(
      windowWidth: cascade.windowWidth, windowHeight: cascade.windowHeight, threads: threads
    ).make(unsafe: levels, count: places.levelCount, to: bands)
    unsafe firstWorker = base + places.worker
    workerBytes = places.workerBytes
    for thread in 0..<threads {
      let place = unsafe firstWorker + thread * workerBytes
      unsafe place.bindMemory(to: DetectorWorker.self, capacity: 1).initialize(
        to: DetectorWorker(
          frameWidth: width, frameHeight: height, greatestWidth: places.greatestWidth,
          greatestHeight: places.greatestHeight, capacity: settings.capacity,
          unsafeMemory: place + DetectorMemory.workerOwnBytes))
    }
    search = unsafe DetectorSearch(
      windowWidth: cascade.windowWidth, windowHeight: cascade.windowHeight,
      stages: CascadeStages(
        cascade, rowStep: IntegralImage.rowStep(greatestWidth: places.greatestWidth),
        unsafeMemory: base + places.stages),
      walk: WindowWalk(unsafeMemory: base + places.walk))
    grouping = unsafe RectangleGrouping(capacity: settings.capacity, unsafeMemory: base + places.grouping)
    unsafe found = (base + places.found).bindMemory(to: Detection.self, capacity: settings.capacity)
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
    frame = unsafe DetectorFrame(source: source, pixelStep: pixelStep, rowStep: rowStep)
    if let pool = unsafe pool {
      unsafe withUnsafePointer(to: self) { detector in
        unsafe linux_on_all_threads(
          pool,
          { context, _, thread in
            unsafe context.assumingMemoryBound(to: CascadeDetector.self).pointee.run(thread: Int(thread))
          }, detector, 0)
      }
    } else {
      run(thread: 0)
    }
    frame = nil
    join()
    let groups = unsafe grouping.group(unsafe: found, count: count, neighbours: settings.neighbours)
    order(groups)
  }

  /// Looks through a thread's bands. No other thread touches them or its worker.
  private func run(thread: Int) {
    guard let frame else { return }
    let worker = unsafe worker(thread)
    unsafe worker.pointee.begin()
    for index in 0..<bandCount where unsafe bands[index].thread == thread {
      unsafe worker.pointee.run(&bands[index], of: levels[bands[index].level], search, frame)
    }
  }

  private func worker(_ thread: Int) -> UnsafeMutablePointer<DetectorWorker> {
    unsafe (firstWorker + thread * workerBytes).assumingMemoryBound(to: DetectorWorker.self)
  }

  /// Puts what the threads have found together, in the order of bands.
  private mutating func join() {
    count = 0
    isOverfull = false
    for thread in 0..<threads where unsafe worker(thread).pointee.isOverfull { isOverfull = true }
    for index in 0..<bandCount {
      let band = unsafe bands[index]
      let kept = min(band.count, settings.capacity - count)
      let source = unsafe worker(band.thread).pointee.found + band.first
      unsafe (found + count).update(from: source, count: kept)
      count += kept
      if kept < band.count { isOverfull = true }
    }
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
