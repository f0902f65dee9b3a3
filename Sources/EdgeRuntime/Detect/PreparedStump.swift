import CVector

/// A stump with the places of its blocks' corners in an integral image: one line of a cache.
@safe
struct PreparedStump {
  /// Elements from a window's first to the first corner's row, and from there to the next.
  private var firstRow: Int32
  private var nextRow: Int32
  /// Of the four columns of corners, in a row.
  private var columns: InlineArray<4, Int32>
  private var inside: Int32
  private var outside: Int32
  private var subset: InlineArray<8, UInt32>

  /// - Parameter rowStep: of the integral images that are looked at.
  init(_ stump: CascadeStump, rowStep: Int, step: Int) {
    // Rows of at most 4098 elements, 255 of them: below 2^21.
    firstRow = Int32(stump.y * rowStep)
    nextRow = Int32(stump.height * rowStep)
    columns = InlineArray { Int32(IntegralImage.place(stump.x + $0 * stump.width, rowStep: rowStep, step: step)) }
    inside = stump.inside
    outside = stump.outside
    subset = stump.subset
  }

  /// The value of a window.
  ///
  /// - Parameter window: its first element; whole in the image, as validation has checked features to be whole in it.
  @inline(__always)
  func value(unsafeWindow window: UnsafePointer<UInt16>) -> Int32 {
    let code = unsafe self.code(unsafeWindow: window)
    return subset[Int(code &>> 5)] & (1 &<< (code & 31)) != 0 ? inside : outside
  }

  @inline(__always)
  private func code(unsafeWindow window: UnsafePointer<UInt16>) -> UInt32 {
    let row = unsafe window + Int(firstRow)
    let step = Int(nextRow)
    let top = unsafe between(row, row + step)
    let middle = unsafe between(row + step, row + 2 &* step)
    let bottom = unsafe between(row + 2 &* step, row + 3 &* step)
    let centre = middle.1
    var code: UInt32 = top.0 >= centre ? 128 : 0
    code |= top.1 >= centre ? 64 : 0
    code |= top.2 >= centre ? 32 : 0
    code |= middle.2 >= centre ? 16 : 0
    code |= bottom.2 >= centre ? 8 : 0
    code |= bottom.1 >= centre ? 4 : 0
    code |= bottom.0 >= centre ? 2 : 0
    code |= middle.0 >= centre ? 1 : 0
    return code
  }

  /// The sums of three blocks between two rows of corners.
  @inline(__always)
  private func between(_ upper: UnsafePointer<UInt16>, _ lower: UnsafePointer<UInt16>) -> (UInt16, UInt16, UInt16) {
    let (c0, c1, c2, c3) = (Int(columns[0]), Int(columns[1]), Int(columns[2]), Int(columns[3]))
    let (d0, d1) = unsafe (lower[c0] &- upper[c0], lower[c1] &- upper[c1])
    let (d2, d3) = unsafe (lower[c2] &- upper[c2], lower[c3] &- upper[c3])
    return (d1 &- d0, d2 &- d1, d3 &- d2)
  }
}

extension PreparedStump {
  static let lanes = 8

  /// The values of eight windows beside each other.
  ///
  /// - Parameter window: the first one's first element; `IntegralImage.slack` elements may lie behind the last row.
  @inline(__always)
  static func values(
    unsafe stump: UnsafePointer<PreparedStump>, unsafeWindow window: UnsafePointer<UInt16>
  ) -> SIMD8<Int32> {
    let codes = unsafe stump.pointee.codes(unsafeWindow: window)
    let subset = unsafe UnsafeRawPointer(stump) + subsetOffset
    return unsafe ferrite_subsetValues8(
      codes, subset.assumingMemoryBound(to: UInt32.self), stump.pointee.inside, stump.pointee.outside)
  }

  /// Of the subset in a record: behind eight fields of four bytes.
  private static var subsetOffset: Int { 32 }

  @inline(__always)
  private func codes(unsafeWindow window: UnsafePointer<UInt16>) -> SIMD8<UInt16> {
    let row = unsafe window + Int(firstRow)
    let step = Int(nextRow)
    let top = unsafe eightBetween(row, row + step)
    let middle = unsafe eightBetween(row + step, row + 2 &* step)
    let bottom = unsafe eightBetween(row + 2 &* step, row + 3 &* step)
    let centre = middle.1
    // A bit is the mask of a comparison, all ones where it holds: doubled, and one less than none.
    var code = 0 &- ferrite_notBelow8(top.0, centre)
    code = code &+ code &- ferrite_notBelow8(top.1, centre)
    code = code &+ code &- ferrite_notBelow8(top.2, centre)
    code = code &+ code &- ferrite_notBelow8(middle.2, centre)
    code = code &+ code &- ferrite_notBelow8(bottom.2, centre)
    code = code &+ code &- ferrite_notBelow8(bottom.1, centre)
    code = code &+ code &- ferrite_notBelow8(bottom.0, centre)
    return code &+ code &- ferrite_notBelow8(middle.0, centre)
  }

  @inline(__always)
  private func eightBetween(
    _ upper: UnsafePointer<UInt16>, _ lower: UnsafePointer<UInt16>
  ) -> (SIMD8<UInt16>, SIMD8<UInt16>, SIMD8<UInt16>) {
    let d0 = unsafe difference(upper, lower, columns[0])
    let d1 = unsafe difference(upper, lower, columns[1])
    let d2 = unsafe difference(upper, lower, columns[2])
    let d3 = unsafe difference(upper, lower, columns[3])
    return (d1 &- d0, d2 &- d1, d3 &- d2)
  }

  @inline(__always)
  private func difference(
    _ upper: UnsafePointer<UInt16>, _ lower: UnsafePointer<UInt16>, _ column: Int32
  ) -> SIMD8<UInt16> {
    let (high, low) = unsafe (UnsafeRawPointer(upper + Int(column)), UnsafeRawPointer(lower + Int(column)))
    return unsafe low.loadUnaligned(as: SIMD8<UInt16>.self) &- high.loadUnaligned(as: SIMD8<UInt16>.self)
  }
}
