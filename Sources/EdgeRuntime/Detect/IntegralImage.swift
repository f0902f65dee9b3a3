import CVector

/// Sums of all pixels above and to the left, modulo 2^16: the sum of a block of at most 257 pixels, being below 2^16, comes out exact
/// from its four corners however often they wrapped. Half the bytes of 32-bit sums, and twice the lanes.
///
/// Where windows lie two pixels apart, the columns of a row stand in two halves, even ones first, so that neighbouring windows are
/// neighbours in memory as well.
@safe
struct IntegralImage {
  /// Elements that may be read and written behind the last row.
  static let slack = 16
  private static let lanes = 8

  /// Elements from a row to the next.
  let rowStep: Int
  /// Row 0 and column 0 are zeros: row `y` and column `x` hold the sum over pixels above and left of them.
  let elements: UnsafeMutablePointer<UInt16>
  /// A row of a picture, and as much behind it as vectors reach.
  private let pixels: UnsafeMutablePointer<UInt16>

  /// For pictures of so many columns.
  static func rowStep(greatestWidth: Int) -> Int { (greatestWidth + 2) & ~1 }

  static func memoryBytes(greatestWidth: Int, greatestHeight: Int) -> Int {
    elementBytes(greatestWidth, greatestHeight) + Layout.aligned((greatestWidth + lanes) * 2)
  }

  private static func elementBytes(_ greatestWidth: Int, _ greatestHeight: Int) -> Int {
    Layout.aligned(((greatestHeight + 1) * rowStep(greatestWidth: greatestWidth) + slack) * 2)
  }

  /// - Parameter memory: `memoryBytes` bytes at a multiple of 64 that outlive this value.
  init(greatestWidth: Int, greatestHeight: Int, unsafeMemory memory: UnsafeMutableRawPointer) {
    rowStep = Self.rowStep(greatestWidth: greatestWidth)
    let count = (greatestHeight + 1) * rowStep + Self.slack
    unsafe elements = memory.bindMemory(to: UInt16.self, capacity: count)
    unsafe elements.update(repeating: 0, count: count)
    unsafe pixels = (memory + Self.elementBytes(greatestWidth, greatestHeight))
      .bindMemory(to: UInt16.self, capacity: greatestWidth + Self.lanes)
    unsafe pixels.update(repeating: 0, count: greatestWidth + Self.lanes)
  }

  /// Where column `x` stands in a row.
  @inline(__always)
  static func place(_ x: Int, rowStep: Int, step: Int) -> Int { step == 1 ? x : (x & 1) * (rowStep / 2) + x >> 1 }

  /// Makes the sums of some rows of a reduced picture, as if it began with the first of them: blocks within them have the same sums.
  ///
  /// - Parameters:
  ///   - reduction: prepared for the level.
  ///   - rows: at most as many as the greatest height.
  func fill(_ reduction: inout PictureReduction, _ level: DetectorLevel, rows: Range<Int>, _ frame: DetectorFrame) {
    // Another layout's sums may stand in the row of zeros.
    unsafe elements.update(repeating: 0, count: rowStep)
    for row in rows {
      unsafe reduction.makeRow(
        row, unsafeSource: frame.source, pixelStep: frame.pixelStep, rowStep: frame.rowStep, to: pixels)
      let above = unsafe UnsafePointer(elements + (row - rows.lowerBound) * rowStep)
      let below = unsafe elements + (row - rows.lowerBound + 1) * rowStep
      if level.step == 1 {
        unsafe add(to: above, below, level.width)
      } else {
        unsafe addHalves(to: above, below, level.width)
      }
    }
  }

  /// Adds the sums over a row of pixels to the row above. What a vector writes behind the row's end, the next row overwrites.
  private func add(to above: UnsafePointer<UInt16>, _ below: UnsafeMutablePointer<UInt16>, _ width: Int) {
    unsafe below[0] = 0
    var sum: UInt16 = 0
    var column = 0
    while column < width {
      let sums = unsafe Self.load(pixels + column).prefixSums &+ SIMD8(repeating: sum)
      unsafe Self.store(Self.load(above + column + 1) &+ sums, to: below + column + 1)
      sum = sums[7]
      column &+= Self.lanes
    }
  }

  /// The same where even and odd columns stand apart: pixel 0 goes to column 1, the first odd one, pixel 1 to the second even one.
  private func addHalves(to above: UnsafePointer<UInt16>, _ below: UnsafeMutablePointer<UInt16>, _ width: Int) {
    let half = rowStep / 2
    unsafe below[0] = 0
    var sum: UInt16 = 0
    var column = 0
    while column &+ Self.lanes <= width {
      let sums = unsafe Self.load(pixels + column).prefixSums &+ SIMD8(repeating: sum)
      let apart = ferrite_deinterleave8(sums)
      let (odd, even) = (half &+ column / 2, column / 2 &+ 1)
      unsafe Self.store(Self.load4(above + odd) &+ apart.lowHalf, to: below + odd)
      unsafe Self.store(Self.load4(above + even) &+ apart.highHalf, to: below + even)
      sum = sums[7]
      column &+= Self.lanes
    }
    // One by one, for the odd half starts where the even one ends.
    while column < width {
      unsafe sum &+= pixels[column]
      let place = ((column &+ 1) & 1) &* half &+ (column &+ 1) / 2
      unsafe below[place] = above[place] &+ sum
      column &+= 1
    }
  }

  @inline(__always)
  private static func load(_ place: UnsafePointer<UInt16>) -> SIMD8<UInt16> {
    unsafe UnsafeRawPointer(place).loadUnaligned(as: SIMD8<UInt16>.self)
  }

  @inline(__always)
  private static func load4(_ place: UnsafePointer<UInt16>) -> SIMD4<UInt16> {
    unsafe UnsafeRawPointer(place).loadUnaligned(as: SIMD4<UInt16>.self)
  }

  @inline(__always)
  private static func store<Value: BitwiseCopyable>(_ value: Value, to place: UnsafeMutablePointer<UInt16>) {
    unsafe UnsafeMutableRawPointer(place).storeBytes(of: value, as: Value.self)
  }
}

extension SIMD8<UInt16> {
  @inline(__always)
  fileprivate var prefixSums: SIMD8<UInt16> { ferrite_prefixSums8(self) }
}
