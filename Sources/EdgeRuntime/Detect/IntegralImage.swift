/// Sums of all pixels above and to the left, modulo 2^16: the sum of a block of at most 257 pixels, being below 2^16, comes out exact
/// from its four corners however often they wrapped. Half the bytes of 32-bit sums, and twice the lanes.
///
/// Where windows lie two pixels apart, the columns of a row stand in two halves, even ones first, so that neighbouring windows are
/// neighbours in memory as well.
@safe
struct IntegralImage {
  /// Of elements that may be read behind the last row.
  static let slack = 16

  /// Elements from a row to the next.
  let rowStep: Int
  /// Row 0 and column 0 are zeros: row `y` and column `x` hold the sum over pixels above and left of them.
  let elements: UnsafeMutablePointer<UInt16>

  /// For pictures of so many columns.
  static func rowStep(greatestWidth: Int) -> Int { (greatestWidth + 2) & ~1 }

  static func memoryBytes(greatestWidth: Int, greatestHeight: Int) -> Int {
    Layout.aligned(((greatestHeight + 1) * rowStep(greatestWidth: greatestWidth) + slack) * 2)
  }

  /// - Parameter memory: `memoryBytes` bytes at a multiple of 64 that outlive this value.
  init(greatestWidth: Int, greatestHeight: Int, unsafeMemory memory: UnsafeMutableRawPointer) {
    rowStep = Self.rowStep(greatestWidth: greatestWidth)
    let count = (greatestHeight + 1) * rowStep + Self.slack
    unsafe elements = memory.bindMemory(to: UInt16.self, capacity: count)
    unsafe elements.update(repeating: 0, count: count)
  }

  /// Where column `x` stands in a row.
  @inline(__always)
  func place(_ x: Int, step: Int) -> Int { step == 1 ? x : (x & 1) * (rowStep / 2) + x >> 1 }

  /// Makes the sums of a reduced picture.
  ///
  /// - Parameter source: the whole picture's first pixel.
  func fill(
    _ reduction: inout PictureReduction, height: Int, step: Int, unsafeSource source: UnsafeRawPointer,
    pixelStep: Int, rowStep sourceStep: Int
  ) {
    // Another layout's sums may stand in the row of zeros.
    unsafe elements.update(repeating: 0, count: rowStep)
    for row in 0..<height {
      let above = unsafe elements + row * rowStep
      let below = unsafe above + rowStep
      var sum: UInt16 = 0
      unsafe below[0] = 0
      if step == 1 {
        unsafe reduction.forEachPixel(
          ofRow: row, unsafeSource: source, pixelStep: pixelStep, rowStep: sourceStep
        ) { column, pixel in
          sum &+= pixel
          unsafe below[column &+ 1] = above[column &+ 1] &+ sum
        }
      } else {
        let half = rowStep / 2
        unsafe reduction.forEachPixel(
          ofRow: row, unsafeSource: source, pixelStep: pixelStep, rowStep: sourceStep
        ) { column, pixel in
          sum &+= pixel
          let place = ((column &+ 1) & 1) &* half &+ (column &+ 1) &>> 1
          unsafe below[place] = above[place] &+ sum
        }
      }
    }
  }
}
