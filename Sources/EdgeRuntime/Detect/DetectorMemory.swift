/// Where the parts of a detector lie in its memory, each at a multiple of 64.
struct DetectorMemory {
  private(set) var levelCount = 0
  /// Of the least factor's level, which has the greatest extents; 0 where no window fits the frame.
  private(set) var greatestWidth = 0
  private(set) var greatestHeight = 0
  let bands: Int
  let stages: Int
  let walk: Int
  let grouping: Int
  let found: Int
  /// Of thread 0, its own memory behind it; then `workerBytes` to the next one's, on other cache lines.
  let worker: Int
  let workerBytes: Int
  let bytes: Int

  init(
    _ cascade: borrowing CascadeFile, _ frameWidth: Int, _ frameHeight: Int, _ settings: DetectorSettings, threads: Int
  ) {
    var levels = DetectorLevels(
      windowWidth: cascade.windowWidth, windowHeight: cascade.windowHeight, frameWidth: frameWidth,
      frameHeight: frameHeight, settings)
    while let level = levels.next() {
      greatestWidth = max(greatestWidth, level.width)
      greatestHeight = max(greatestHeight, level.height)
      levelCount += 1
    }
    let greatestBands = DetectorBands.greatest(levels: levelCount, threads: threads)
    bands = Layout.aligned(levelCount * MemoryLayout<DetectorLevel>.stride)
    stages = bands + Layout.aligned(greatestBands * MemoryLayout<DetectorBand>.stride)
    walk = stages + CascadeStages.memoryBytes(cascade)
    grouping = walk + WindowWalk.memoryBytes
    found = grouping + RectangleGrouping.memoryBytes(capacity: settings.capacity)
    worker = found + Layout.aligned(settings.capacity * MemoryLayout<Detection>.stride)
    workerBytes =
      Self.workerOwnBytes
      + DetectorWorker.memoryBytes(
        greatestWidth: greatestWidth, greatestHeight: greatestHeight, capacity: settings.capacity)
    bytes = worker + threads * workerBytes
  }

  static var workerOwnBytes: Int { Layout.aligned(MemoryLayout<DetectorWorker>.stride) }
}
