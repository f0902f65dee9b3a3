/// A grey picture at a smaller size, row after row, by bilinear interpolation between pixel centres, with 8 fraction bits in each
/// direction: OpenCV's `resize` with `INTER_LINEAR_EXACT` (resize.cpp), bit for bit.
///
/// Along an axis of `source` pixels reduced to `target`, pixel `i` of the result lies at `(2 i + 1) source / (2 target) - 1/2`; where that is
/// outside the centres of the first and the last pixel, it is one of them.
@safe
struct PictureReduction {
  static let weightOne: UInt32 = 256

  private let sourceWidth: Int
  private let sourceHeight: Int
  private var width = 0
  private var height = 0
  /// For each column of the result the byte of the left one of its two source pixels, and the weight of the right one.
  private let taps: UnsafeMutablePointer<Tap>
  /// Two source rows at the result's width, 8 fraction bits, and which rows they are.
  private var upper: UnsafeMutablePointer<UInt16>
  private var lower: UnsafeMutablePointer<UInt16>
  private var upperRow = -1
  private var lowerRow = -1

  private struct Tap {
    var offset: UInt16
    var weight: UInt16
  }

  static func memoryBytes(greatestWidth: Int) -> Int {
    Layout.aligned(greatestWidth * MemoryLayout<Tap>.stride) + 2 * Layout.aligned(greatestWidth * 2)
  }

  /// - Parameters:
  ///   - sourceWidth, sourceHeight: 2...4096.
  ///   - greatestWidth: of a result.
  ///   - memory: `memoryBytes(greatestWidth:)` bytes at a multiple of 64 that outlive this value.
  init(sourceWidth: Int, sourceHeight: Int, greatestWidth: Int, unsafeMemory memory: UnsafeMutableRawPointer) {
    self.sourceWidth = sourceWidth
    self.sourceHeight = sourceHeight
    unsafe taps = memory.bindMemory(to: Tap.self, capacity: greatestWidth)
    let lines = unsafe memory + Layout.aligned(greatestWidth * MemoryLayout<Tap>.stride)
    unsafe upper = lines.bindMemory(to: UInt16.self, capacity: greatestWidth)
    unsafe lower = (lines + Layout.aligned(greatestWidth * 2)).bindMemory(to: UInt16.self, capacity: greatestWidth)
  }

  /// Turns to another result.
  ///
  /// - Parameters:
  ///   - width: 1...the greatest width; `height` likewise within the source.
  ///   - pixelStep: bytes from a source pixel to the next, 1 or 2.
  mutating func prepare(width: Int, height: Int, pixelStep: Int) {
    self.width = width
    self.height = height
    (upperRow, lowerRow) = (-1, -1)
    for column in 0..<width {
      let (first, weight) = Self.place(column, of: width, in: sourceWidth)
      // Below 4096 pixels of 2 bytes.
      unsafe taps[column] = Tap(offset: UInt16(first * pixelStep), weight: UInt16(weight))
    }
  }

  /// The first of the two source pixels that pixel `index` of the result lies between, and the second one's weight, 0...256.
  private static func place(_ index: Int, of target: Int, in source: Int) -> (first: Int, weight: UInt32) {
    let position = (2 * index + 1) * source - target
    guard position >= 0 else { return (0, 0) }
    let first = position / (2 * target)
    guard first < source - 1 else { return (source - 2, weightOne) }
    let weight = roundedHalfToEven(UInt64(position - first * 2 * target) * 256, over: UInt64(2 * target))
    return (first, UInt32(weight))
  }

  /// Makes a row of the result.
  ///
  /// - Parameters:
  ///   - row: 0..<height; rows asked for in their order cost least.
  ///   - source: the picture's first pixel.
  ///   - output: a value below 256 for each pixel.
  mutating func makeRow(
    _ row: Int, unsafeSource source: UnsafeRawPointer, pixelStep: Int, rowStep: Int,
    to output: UnsafeMutablePointer<UInt16>
  ) {
    let (first, weight) = Self.place(row, of: height, in: sourceHeight)
    unsafe fill(first, source, pixelStep, rowStep)
    let (low, high) = (Self.weightOne - weight, weight)
    for column in 0..<width {
      // 255 * 256 * 256 and a half: 32 bits hold it.
      let sum = unsafe UInt32(upper[column]) &* low &+ UInt32(lower[column]) &* high
      unsafe output[column] = UInt16(truncatingIfNeeded: (sum &+ 0x8000) &>> 16)
    }
  }

  /// Brings source rows `first` and the one below it into the two lines, unless they are there.
  private mutating func fill(_ first: Int, _ source: UnsafeRawPointer, _ pixelStep: Int, _ rowStep: Int) {
    if lowerRow == first {
      unsafe swap(&upper, &lower)
      swap(&upperRow, &lowerRow)
    }
    if upperRow != first {
      unsafe fillLine(upper, source + first * rowStep, pixelStep)
      upperRow = first
    }
    if lowerRow != first + 1 {
      unsafe fillLine(lower, source + (first + 1) * rowStep, pixelStep)
      lowerRow = first + 1
    }
  }

  private func fillLine(_ line: UnsafeMutablePointer<UInt16>, _ row: UnsafeRawPointer, _ pixelStep: Int) {
    var column = 0
    while column &+ 3 < width {
      // Four before the first is stored, so that none waits for another.
      let four = unsafe (
        value(column, row, pixelStep), value(column &+ 1, row, pixelStep), value(column &+ 2, row, pixelStep),
        value(column &+ 3, row, pixelStep)
      )
      unsafe line[column] = four.0
      unsafe line[column &+ 1] = four.1
      unsafe line[column &+ 2] = four.2
      unsafe line[column &+ 3] = four.3
      column &+= 4
    }
    while column < width {
      unsafe line[column] = value(column, row, pixelStep)
      column &+= 1
    }
  }

  @inline(__always)
  private func value(_ column: Int, _ row: UnsafeRawPointer, _ pixelStep: Int) -> UInt16 {
    let tap = unsafe taps[column]
    let pixel = unsafe row + Int(tap.offset)
    let left = unsafe UInt32(pixel.load(as: UInt8.self))
    let right = unsafe UInt32(pixel.load(fromByteOffset: pixelStep, as: UInt8.self))
    // 255 * 256 at most.
    return UInt16(truncatingIfNeeded: left &* (Self.weightOne &- UInt32(tap.weight)) &+ right &* UInt32(tap.weight))
  }
}
