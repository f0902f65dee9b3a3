import CVector

/// The zero-padded copy of some input rows of a depthwise convolution.
extension Depthwise {
  /// Copies the input rows under `rows` output rows from `firstRow` on, with zeros around them, as signed bytes.
  @inlinable
  func fillStrip(firstRow: Int, rows: Int) {
    let pooled = unsafe task.hasMaxPool ? 2 : 1
    let top = unsafe firstRow &* pooled &* Int(task.strideHeight) &- Int(task.paddingTop)
    let count =
      unsafe (rows &* pooled &- 1) &* Int(task.strideHeight)
      &+ (Int(task.kernelHeight) &- 1) &* Int(task.dilationHeight) &+ 1
    let left = unsafe min(Int(task.paddingLeft) &* channels, rowStep)
    let inside = unsafe min(Int(task.inputWidth) &* channels, rowStep &- left)
    for row in 0..<count {
      let line = strip + row &* rowStep
      let y = top &+ row
      if unsafe y < 0 || y >= Int(task.inputHeight) {
        fillZeros(line, count: row &+ 1 == count ? rowStep : rowStep &+ left)
      } else {
        let source = unsafe Bytes(task.input) + y &* Int(task.inputWidth) &* channels
        if row == 0 { fillZeros(line, count: left) }
        for byte in 0..<inside {
          (line + (left &+ byte)).store(unsafe (source + byte).load(UInt8.self) ^ task.inputFlip)
        }
        // Behind the row lies the next one's left.
        fillZeros(line + (left &+ inside), count: rowStep &- inside &- (row &+ 1 == count ? left : 0))
      }
    }
  }

  /// The value that stands for zero in the strip.
  @inlinable @inline(__always)
  func fillZeros(_ memory: MutableBytes, count: Int) {
    if count == 0 { return }
    for byte in 0..<count { (memory + byte).store(unsafe task.inputFlip) }
  }
}
