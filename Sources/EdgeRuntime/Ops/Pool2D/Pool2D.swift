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
    unsafe overWindows(a) { window, channel in
      var result = Int32.min
      for row in window.rows {
        for column in window.columns {
          result = unsafe max(
            result, a.input.element((row * a.inputWidth + column) * a.channels + channel, a.inputFormat))
        }
      }
      return min(max(result, least), greatest)
    }
  }

  /// `requantize(sum * multiplier, shift)` over each window, taps outside as zeros. The sum is 64 bits wide.
  public static func average(_ a: PoolArguments, multiplier: Int32, shift: Int32) {
    let (least, greatest) = unsafe (Int64(a.minimum), Int64(a.maximum))
    unsafe overWindows(a) { window, channel in
      var sum: Int64 = 0
      for row in window.rows {
        for column in window.columns {
          sum &+= unsafe Int64(a.input.element((row * a.inputWidth + column) * a.channels + channel, a.inputFormat))
        }
      }
      let mean = Rounding.rnd.shiftRight(sum * Int64(multiplier), by: Int(shift))
      return Int32(truncatingIfNeeded: min(max(mean, least), greatest))
    }
  }

  private struct Window {
    var rows: Range<Int>
    var columns: Range<Int>
  }

  /// Calls `body` for each output and stores what it returns. A window holds the taps inside the image: at least one.
  @inline(__always)
  private static func overWindows(_ a: PoolArguments, _ body: (Window, Int) -> Int32) {
    let p = unsafe a.parameters
    let width = unsafe p.outputWidth(a.inputWidth)
    for row in unsafe a.rows {
      let top = row * p.strideHeight - p.paddingTop
      for column in 0..<width {
        let left = column * p.strideWidth - p.paddingLeft
        let window = unsafe Window(
          rows: max(top, 0)..<min(top + p.kernelHeight, a.inputHeight),
          columns: max(left, 0)..<min(left + p.kernelWidth, a.inputWidth))
        for channel in unsafe 0..<a.channels {
          let raw = body(window, channel)
          unsafe a.output.setElement((row * width + column) * a.channels + channel, raw, a.outputFormat)
        }
      }
    }
  }
}
