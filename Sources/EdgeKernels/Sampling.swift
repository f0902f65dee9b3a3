import CVector

/// An affine grid and bilinear sampler, sixteen channels at a time.
///
/// Source places are stepped by exact 64-bit additions, from pixel to pixel and from row to row. A tap outside the image
/// gets weight zero and reads the nearest pixel instead, so that the loop over channels has no branch.
///
/// `Object` is any type of the object that is compiled for one instruction set: part of each symbol's name, it keeps the
/// linker from merging that object's code with another's.
@safe
public struct Sampling<Object> {
  @usableFromInline let task: FerriteSampling

  @inlinable
  public init(_ task: FerriteSampling) { unsafe self.task = task }

  @inlinable @inline(__always)
  public func run() {
    if unsafe task.isSigned { run(Int8.self) } else { run(UInt8.self) }
  }

  /// One channel alone is worth code of its own: its steps are constants and nothing loops.
  @inlinable @inline(__always)
  func run<Value: ByteValue>(_: Value.Type) {
    let channels = unsafe Int(task.channels)
    if channels == 1 { run(Value.self, channels: 1) } else { run(Value.self, channels: channels) }
  }

  @inlinable @inline(__always)
  func run<Value: ByteValue>(_: Value.Type, channels: Int) {
    var output = unsafe MutableBytes(task.output)
    var (xOfRow, yOfRow) = unsafe (task.x, task.y)
    var row: Int64 = 0
    while unsafe row < task.outputHeight {
      var (x, y) = (xOfRow, yOfRow)
      var column: Int64 = 0
      while unsafe column < task.outputWidth {
        blend(Value.self, unsafe Window(task, x: x, y: y, channels: channels), to: output, channels: channels)
        output = output + channels
        unsafe x &+= task.xPerColumn
        unsafe y &+= task.yPerColumn
        column &+= 1
      }
      unsafe xOfRow &+= task.xPerRow
      unsafe yOfRow &+= task.yPerRow
      row &+= 1
    }
  }

  /// The four taps around a place: where they lie, and the weights of the two columns and the two rows (each sums to 128,
  /// but for taps outside).
  @usableFromInline
  struct Window {
    @usableFromInline let upperLeft: Bytes
    @usableFromInline let right: Int
    @usableFromInline let below: Int
    @usableFromInline let leftWeight: Int16
    @usableFromInline let rightWeight: Int16
    @usableFromInline let upperWeight: Int16
    @usableFromInline let lowerWeight: Int16

    /// Places need no saturation here: whatever lies outside the image gets no weight, however far.
    @inlinable @inline(__always)
    init(_ task: FerriteSampling, x: Int64, y: Int64, channels: Int) {
      let (placeX, placeY) = unsafe (Int(x &>> task.fraction), Int(y &>> task.fraction))
      let (column, row) = (placeX &>> 7, placeY &>> 7)
      let (u, v) = (Int16(truncatingIfNeeded: placeX & 127), Int16(truncatingIfNeeded: placeY & 127))
      let (lastColumn, lastRow) = unsafe (Int(task.imageWidth) &- 1, Int(task.imageHeight) &- 1)
      let rowBytes = unsafe Int(task.imageWidth) &* channels
      let image = unsafe Bytes(task.image)
      if UInt(bitPattern: column) < UInt(bitPattern: lastColumn) && UInt(bitPattern: row) < UInt(bitPattern: lastRow) {
        upperLeft = image + (row &* rowBytes &+ column &* channels)
        (right, below) = (channels, rowBytes)
        (leftWeight, rightWeight) = (128 &- u, u)
        (upperWeight, lowerWeight) = (128 &- v, v)
      } else {
        let (left, upper) = (min(max(column, 0), lastColumn), min(max(row, 0), lastRow))
        upperLeft = image + (upper &* rowBytes &+ left &* channels)
        right = (min(max(column &+ 1, 0), lastColumn) &- left) &* channels
        below = (min(max(row &+ 1, 0), lastRow) &- upper) &* rowBytes
        leftWeight = column == left ? 128 &- u : 0
        rightWeight = column &+ 1 >= 0 && column < lastColumn ? u : 0
        upperWeight = row == upper ? 128 &- v : 0
        lowerWeight = row &+ 1 >= 0 && row < lastRow ? v : 0
      }
    }
  }

  /// `RND(upper * (left * p00 + right * p01) + lower * (left * p10 + right * p11), 14)` for every channel. A row's sum fits
  /// 16 bits: 128 * 255.
  @inlinable @inline(__always)
  func blend<Value: ByteValue>(_: Value.Type, _ window: Window, to output: MutableBytes, channels: Int) {
    let (minimum, maximum) = unsafe (task.minimum, task.maximum)
    var channel = 0
    while channel &+ 16 <= channels {
      let taps = window.upperLeft + channel
      let upper =
        Value.sixteen(at: taps) &* window.leftWeight
        &+ Value.sixteen(at: taps + window.right) &* window.rightWeight
      let lower =
        Value.sixteen(at: taps + window.below) &* window.leftWeight
        &+ Value.sixteen(at: taps + (window.below &+ window.right)) &* window.rightWeight
      let sum =
        ferrite_multiplyLong(upper, SIMD16(repeating: window.upperWeight))
        &+ ferrite_multiplyLong(lower, SIMD16(repeating: window.lowerWeight)) &+ SIMD16(repeating: 1 << 13)
      let raw = ferrite_narrow(sum &>> SIMD16(repeating: 14))
      (output + channel).store(ferrite_lowBytes(ferrite_clampHalves(raw, minimum, maximum)))
      channel &+= 16
    }
    while channel < channels {
      let taps = window.upperLeft + channel
      let (left, right) = (Int32(window.leftWeight), Int32(window.rightWeight))
      let upper =
        left &* Int32(Value.one(at: taps))
        &+ right &* Int32(Value.one(at: taps + window.right))
      let lower =
        left &* Int32(Value.one(at: taps + window.below))
        &+ right &* Int32(Value.one(at: taps + (window.below &+ window.right)))
      let sum = Int32(window.upperWeight) &* upper &+ Int32(window.lowerWeight) &* lower &+ 1 << 13
      let raw = min(max(sum &>> 14, Int32(minimum)), Int32(maximum))
      (output + channel).store(UInt8(truncatingIfNeeded: raw))
      channel &+= 1
    }
  }
}
