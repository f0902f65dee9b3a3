/// Max- and average-pooling by plain loops: the specification. Input and output have the same channels.
public enum Pool2D {}

/// One pool's memory; the loader has proved that it fits.
@unsafe
public struct PoolArguments {
  public var parameters: PoolParameters
  /// Raw values, height x width x channels.
  public var input: UnsafeRawPointer
  public var inputFormat: FixedFormat
  public var inputHeight: Int
  public var inputWidth: Int
  public var channels: Int
  /// Raw values, the pooled height x width x channels; never overlaps the input.
  public var output: UnsafeMutableRawPointer
  public var outputFormat: FixedFormat
  public var minimum: Int32
  public var maximum: Int32
  /// The rows of the output to compute: all unless narrowed.
  public var rows: Range<Int>

  public init(
    parameters: PoolParameters, input: UnsafeRawPointer, inputFormat: FixedFormat, inputHeight: Int, inputWidth: Int,
    channels: Int, output: UnsafeMutableRawPointer, outputFormat: FixedFormat, minimum: Int32, maximum: Int32
  ) {
    unsafe self.parameters = parameters
    unsafe self.input = input
    unsafe self.inputFormat = inputFormat
    unsafe self.inputHeight = inputHeight
    unsafe self.inputWidth = inputWidth
    unsafe self.channels = channels
    unsafe self.output = output
    unsafe self.outputFormat = outputFormat
    unsafe self.minimum = minimum
    unsafe self.maximum = maximum
    unsafe rows = 0..<parameters.outputHeight(inputHeight)
  }

  /// A share of the output's rows.
  func part(_ share: WorkShare) -> PoolArguments {
    var part = unsafe self
    unsafe part.rows = share.range(of: rows.count)
    return unsafe part
  }
}

extension Pool2D {
  /// The greatest raw value of each window, taps outside left out; then the clamp.
  public static func maximum(_ a: PoolArguments) {
    let (least, greatest) = unsafe (a.minimum, a.maximum)
    unsafe overWindows(a) { _ in
    } output: { window, _, channel in
      var result = Int32.min
      window.rows.forEach { row in
        window.columns.forEach { column in
          result = unsafe max(
            result, a.input.element((row * a.inputWidth + column) * a.channels + channel, a.inputFormat))
        }
      }
      return min(max(result, least), greatest)
    }
  }

  /// `requantize(sum * multiplier, shift)` over each window, taps outside as zeros; the multiplier is that of the taps inside where
  /// padding doesn't count. The sum is 64 bits wide.
  public static func average(_ a: PoolArguments, multiplier: Int32, shift: Int32) {
    let (least, greatest) = unsafe (Int64(a.minimum), Int64(a.maximum))
    unsafe overWindows(a) { window in
      unsafe a.parameters.multiplier(multiplier, taps: window.rows.count * window.columns.count)
    } output: { window, multiplier, channel in
      var sum: Int64 = 0
      window.rows.forEach { row in
        window.columns.forEach { column in
          sum &+= unsafe Int64(a.input.element((row * a.inputWidth + column) * a.channels + channel, a.inputFormat))
        }
      }
      let mean = Rounding.rnd.shiftRight(sum * multiplier, by: Int(shift))
      return Int32(truncatingIfNeeded: min(max(mean, least), greatest))
    }
  }

  struct Window {
    var rows: Taps
    var columns: Taps
  }

  /// A window's taps inside the image along one axis: at least one.
  struct Taps {
    var first: Int
    var end: Int
    var dilation: Int

    init(from start: Int, kernel: Int, dilation: Int, extent: Int) {
      first = start < 0 ? start + (dilation - 1 - start) / dilation * dilation : start
      end = min(start + (kernel - 1) * dilation + 1, extent)
      self.dilation = dilation
    }

    /// Half as slow again through `stride(from:to:by:)`. Nothing overflows inside an image.
    @inline(__always)
    func forEach(_ body: (Int) -> Void) {
      var place = first
      while place < end {
        body(place)
        place &+= dilation
      }
    }

    var count: Int { (end - first + dilation - 1) / dilation }
  }

  /// Calls `output` for each output, with what `window` returned for its window, and stores what it returns.
  @inline(__always)
  private static func overWindows<Prepared>(
    _ a: PoolArguments, window prepare: (Window) -> Prepared, output: (Window, Prepared, Int) -> Int32
  ) {
    let p = unsafe a.parameters
    let width = unsafe p.outputWidth(a.inputWidth)
    for row in unsafe a.rows {
      let rows = unsafe Taps(
        from: row * p.strideHeight - p.paddingTop, kernel: p.kernelHeight, dilation: p.dilationHeight,
        extent: a.inputHeight)
      for column in 0..<width {
        let columns = unsafe Taps(
          from: column * p.strideWidth - p.paddingLeft, kernel: p.kernelWidth, dilation: p.dilationWidth,
          extent: a.inputWidth)
        let window = Window(rows: rows, columns: columns)
        let prepared = prepare(window)
        for channel in unsafe 0..<a.channels {
          let raw = output(window, prepared, channel)
          unsafe a.output.setElement((row * width + column) * a.channels + channel, raw, a.outputFormat)
        }
      }
    }
  }
}
