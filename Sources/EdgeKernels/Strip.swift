import CVector

/// The zero-padded copy of some input rows.
extension Convolution {
  /// Copies the input rows under `rows` output rows from `firstRow` on, with zeros around them, as the instructions want them.
  @inlinable
  func fillStrip(firstRow: Int, rows: Int) {
    let pooled = unsafe task.hasMaxPool ? 2 : 1
    let channels = unsafe Int(task.inputChannels)
    let top = unsafe firstRow &* pooled &* Int(task.strideHeight) &- Int(task.paddingTop)
    let count =
      unsafe (rows &* pooled &- 1) &* Int(task.strideHeight)
      &+ (Int(task.kernelHeight) &- 1) &* Int(task.dilationHeight) &+ 1
    let left = unsafe min(Int(task.paddingLeft) &* channels, rowTaps)
    let inside = unsafe min(Int(task.inputWidth) &* channels, rowTaps &- left)
    for row in 0..<count {
      let line = strip + row &* shape.rowStep
      let y = top &+ row
      if unsafe y < 0 || y >= Int(task.inputHeight) {
        fillZeros(line, taps: rowTaps)
      } else {
        let source = unsafe Bytes(task.input) + y &* Int(task.inputWidth) &* Int(task.inputPixelStride)
        if unsafe WindowShape<A>.gathers(task) || task.inputPixelStride != task.inputChannels {
          fillByPixels(line, source)
          continue
        }
        fillZeros(line, taps: left)
        unsafe A.convert(
          source, to: line + left &* A.bytesPerTap, count: inside, isSigned: task.inputIsSigned, flip: task.inputFlip)
        fillZeros(line + (left &+ inside) &* A.bytesPerTap, taps: rowTaps &- left &- inside)
      }
    }
  }

  /// Copies an image row pixel by pixel: one group's channels, or the taps of each window's row side by side.
  @inlinable
  func fillByPixels(_ line: MutableBytes, _ source: Bytes) {
    let channels = unsafe Int(task.inputChannels)
    let kernelWidth = unsafe Int(task.kernelWidth)
    let gathers = unsafe WindowShape<A>.gathers(task)
    for pixel in 0..<rowTaps / channels {
      let column =
        unsafe gathers
        ? pixel / kernelWidth &* Int(task.strideWidth) &+ pixel % kernelWidth &* Int(task.dilationWidth) : pixel
      let x = unsafe column &- Int(task.paddingLeft)
      let place = line + pixel &* channels &* A.bytesPerTap
      if unsafe x < 0 || x >= Int(task.inputWidth) {
        fillZeros(place, taps: channels)
      } else {
        unsafe A.convert(
          source + x &* Int(task.inputPixelStride), to: place, count: channels, isSigned: task.inputIsSigned,
          flip: task.inputFlip
        )
      }
    }
  }

  /// The value that stands for zero in the strip.
  @inlinable
  func fillZeros(_ memory: MutableBytes, taps: Int) {
    if taps == 0 { return }
    for byte in 0..<taps &* A.bytesPerTap { (memory + byte).store(unsafe task.inputFlip) }
  }
}
