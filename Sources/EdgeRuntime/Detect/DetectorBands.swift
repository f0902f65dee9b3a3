/// Rows of windows of one level: what a thread looks through at a time, and what it found there in the last frame.
struct DetectorBand {
  var level: Int
  /// Rows of windows, counted from the level's first.
  var windowRows: Range<Int>
  var thread = 0
  /// Windows of the last frame, and where they stand among the thread's.
  var first = 0
  var count = 0

  /// Rows of the level's picture that the windows lie in.
  func rows(of level: DetectorLevel, windowHeight: Int) -> Range<Int> {
    let first = windowRows.lowerBound * level.step
    return first..<(windowRows.upperBound - 1) * level.step + windowHeight
  }
}

/// How the levels of a frame are divided among threads: the same way in every frame, by what they cost on average. A level that is more
/// than a thread's share is cut into bands; then the dearest band that is left goes to the thread that has least to do, over and over.
///
/// Bands keep the order of windows: the largest first, in a level from top to bottom. So results can be put together as one thread finds
/// them, in whatever order threads are done.
struct DetectorBands {
  let windowWidth: Int
  let windowHeight: Int
  let threads: Int

  /// The most bands: the cuts of all levels together are fewer than threads, for each has at least a thread's share before it.
  static func greatest(levels: Int, threads: Int) -> Int { levels + threads }

  /// Work per pixel of a level's picture, and per window, in units of a tenth of a window: 34 and 111 cycles on a Cortex-A53, by the two
  /// least sizes of the table in docs/detecting.md.
  private static let pixelCost = 3
  private static let windowCost = 10

  private func cost(_ level: DetectorLevel, windowRows: Int) -> Int {
    guard windowRows > 0 else { return 0 }
    let rows = (windowRows - 1) * level.step + windowHeight
    let windows = windowRows * ((level.width - windowWidth) / level.step + 1)
    return rows * level.width * Self.pixelCost + windows * Self.windowCost
  }

  private func windowRows(_ level: DetectorLevel) -> Int { (level.height - windowHeight) / level.step + 1 }

  /// Writes the bands of `count` levels, which stand with the smallest windows first.
  ///
  /// - Returns: how many there are, at most `greatest(levels:threads:)`.
  func make(
    unsafe levels: UnsafePointer<DetectorLevel>, count: Int, to bands: UnsafeMutablePointer<DetectorBand>
  ) -> Int {
    // At most 4096 x 4096 x 13 a level, and levels shrink: far below 2^63.
    var total = 0
    for index in 0..<count { unsafe total += cost(levels[index], windowRows: windowRows(levels[index])) }
    var made = 0
    for index in (0..<count).reversed() {
      let rows = unsafe windowRows(levels[index])
      let cost = unsafe cost(levels[index], windowRows: rows)
      let cuts = min(rows, max(1, (cost * threads + total - 1) / total))
      for cut in 0..<cuts {
        unsafe (bands + made).initialize(
          to: DetectorBand(level: index, windowRows: WorkShare(index: cut, count: cuts).range(of: rows)))
        made += 1
      }
    }
    unsafe share(levels, bands, made)
    return made
  }

  private func share(
    _ levels: UnsafePointer<DetectorLevel>, _ bands: UnsafeMutablePointer<DetectorBand>, _ count: Int
  ) {
    guard threads > 1 else { return }
    var load = InlineArray<64, Int>(repeating: 0)
    for index in 0..<count { unsafe bands[index].thread = -1 }
    for _ in 0..<count {
      var (dearest, greatest) = (0, -1)
      for index in 0..<count where unsafe bands[index].thread < 0 {
        let cost = unsafe cost(levels[bands[index].level], windowRows: bands[index].windowRows.count)
        if cost > greatest { (dearest, greatest) = (index, cost) }
      }
      var thread = 0
      for other in 1..<threads where load[other] < load[thread] { thread = other }
      unsafe bands[dearest].thread = thread
      load[thread] += greatest
    }
  }
}
