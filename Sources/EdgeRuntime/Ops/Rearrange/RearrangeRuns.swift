extension Rearrange {
  /// The reference's bits by runs of memory, whole rows where columns stay side by side, or by the reference itself where
  /// `instructionSet` is the scalar one.
  public static func run(_ a: RearrangeArguments, instructionSet: InstructionSet) {
    guard instructionSet != .scalar else { return unsafe reference(a) }
    if unsafe a.elementBytes == 1 { unsafe run(a, UInt8.self) } else { unsafe run(a, UInt16.self) }
  }

  @inline(__always)
  private static func run<Raw: FixedWidthInteger & UnsignedInteger>(_ a: RearrangeArguments, _: Raw.Type) {
    // Of the tensors' element bytes; the loader has checked their places and shapes.
    let input = unsafe a.input.assumingMemoryBound(to: Raw.self)
    let output = unsafe a.output.assumingMemoryBound(to: Raw.self)
    let p = unsafe a.parameters
    let fill = Raw(truncatingIfNeeded: p.fill)
    let rowCount = unsafe a.outputWidth &* a.outputChannels
    let movesRows =
      unsafe p.columns.step == 1 && p.columns.divisor == 1 && p.firstChannel == 0
      && a.inputChannels == a.outputChannels
    for row in unsafe a.rows {
      let target = unsafe output + (row &* rowCount)
      let y = unsafe p.rows.source(row, of: a.inputHeight, repeats: p.repeats)
      if y < 0 {
        unsafe target.update(repeating: fill, count: rowCount)
      } else if unsafe row > a.rows.lowerBound,
        unsafe p.rows.source(row &- 1, of: a.inputHeight, repeats: p.repeats) == y
      {
        // The row before it, which this call has written: enlarging repeats rows.
        unsafe target.update(from: target - rowCount, count: rowCount)
      } else {
        let source = unsafe input + (y &* a.inputWidth &* a.inputChannels)
        if movesRows {
          unsafe moveRow(a, source, target, fill)
        } else {
          unsafe movePixels(a, source, target, fill)
        }
      }
    }
  }

  /// A row whose pixels stay side by side: what is before the input's, one run of them, and what is behind.
  @inline(__always)
  private static func moveRow<Raw: FixedWidthInteger & UnsignedInteger>(
    _ a: RearrangeArguments, _ source: UnsafePointer<Raw>, _ target: UnsafeMutablePointer<Raw>, _ fill: Raw
  ) {
    let offset = unsafe a.parameters.columns.offset
    let first = unsafe min(max(0 &- offset, 0), a.outputWidth)
    let end = unsafe max(min(a.inputWidth &- offset, a.outputWidth), first)
    let channels = unsafe a.outputChannels
    unsafe target.update(repeating: fill, count: first &* channels)
    if first < end {
      unsafe (target + (first &* channels)).update(
        from: source + ((first &+ offset) &* channels), count: (end &- first) &* channels)
    }
    unsafe (target + (end &* channels)).update(repeating: fill, count: (a.outputWidth &- end) &* channels)
  }

  @inline(__always)
  private static func movePixels<Raw: FixedWidthInteger & UnsignedInteger>(
    _ a: RearrangeArguments, _ source: UnsafePointer<Raw>, _ target: UnsafeMutablePointer<Raw>, _ fill: Raw
  ) {
    let p = unsafe a.parameters
    let channels = unsafe a.outputChannels
    // Output channels that the input has.
    let first = min(max(0 &- p.firstChannel, 0), channels)
    let end = unsafe max(min(a.inputChannels &- p.firstChannel, channels), first)
    for column in unsafe 0..<a.outputWidth {
      let x = unsafe p.columns.source(column, of: a.inputWidth, repeats: p.repeats)
      let pixel = unsafe target + (column &* channels)
      guard x >= 0, first < end else {
        unsafe pixel.update(repeating: fill, count: channels)
        continue
      }
      let from = unsafe source + (x &* a.inputChannels &+ p.firstChannel)
      for channel in 0..<first { unsafe pixel[channel] = fill }
      if end &- first < 16 {
        // A call takes longer than so few.
        for channel in first..<end { unsafe pixel[channel] = from[channel] }
      } else {
        unsafe (pixel + first).update(from: from + first, count: end &- first)
      }
      for channel in end..<channels { unsafe pixel[channel] = fill }
    }
  }
}
