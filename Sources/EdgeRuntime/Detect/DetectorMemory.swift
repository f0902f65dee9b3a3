/// Where the parts of a detector lie in its memory, each at a multiple of 64.
struct DetectorMemory {
  private(set) var levelCount = 0
  /// Of the least factor's level, which has the greatest extents; 0 where no window fits the frame.
  private(set) var greatestWidth = 0
  private(set) var greatestHeight = 0
  let stages: Int
  let walk: Int
  let reduction: Int
  let image: Int
  let grouping: Int
  let found: Int
  let bytes: Int

  init(_ cascade: borrowing CascadeFile, _ frameWidth: Int, _ frameHeight: Int, _ settings: DetectorSettings) {
    var levels = DetectorLevels(
      windowWidth: cascade.windowWidth, windowHeight: cascade.windowHeight, frameWidth: frameWidth,
      frameHeight: frameHeight, settings)
    while let level = levels.next() {
      greatestWidth = max(greatestWidth, level.width)
      greatestHeight = max(greatestHeight, level.height)
      levelCount += 1
    }
    stages = Layout.aligned(levelCount * MemoryLayout<DetectorLevel>.stride)
    walk = stages + CascadeStages.memoryBytes(cascade)
    reduction = walk + WindowWalk.memoryBytes
    image = reduction + PictureReduction.memoryBytes(greatestWidth: greatestWidth)
    grouping = image + IntegralImage.memoryBytes(greatestWidth: greatestWidth, greatestHeight: greatestHeight)
    found = grouping + RectangleGrouping.memoryBytes(capacity: settings.capacity)
    bytes = found + Layout.aligned(settings.capacity * MemoryLayout<Detection>.stride)
  }
}
