/// Moves raw values from one format into another.
public enum Requantize {
  /// `raw * 2^-shift`, RND and saturated to `minimum...maximum`; a negative shift multiplies.
  ///
  /// - Parameter shift: -15...31, so that a 16-bit raw value stays inside 32 bits.
  @inline(__always)
  public static func value(_ raw: Int32, shift: Int32, minimum: Int32, maximum: Int32) -> Int32 {
    shift >= 0
      ? requantize(raw, shift: shift, minimum: minimum, maximum: maximum)
      : min(max(raw &<< (0 &- shift), minimum), maximum)
  }

  /// Every value of the pixels, by plain loops: the specification.
  public static func reference(_ a: RequantizeArguments) {
    for pixel in unsafe 0..<a.pixels {
      for channel in unsafe 0..<a.channels {
        let raw = unsafe value(
          a.input.element(pixel * a.channels + channel, a.inputFormat), shift: a.shift, minimum: a.minimum,
          maximum: a.maximum)
        unsafe a.output.setElement(pixel * a.outputChannels + channel, raw, a.outputFormat)
      }
    }
  }
}

/// One change of format; the loader has proved that its memory fits.
@unsafe
public struct RequantizeArguments {
  /// Raw values, pixels x channels.
  public var input: UnsafeRawPointer
  public var inputFormat: FixedFormat
  /// Raw values, pixels x `outputChannels`, of which the first `channels` are written; never overlaps the input.
  public var output: UnsafeMutableRawPointer
  public var outputFormat: FixedFormat
  public var pixels: Int
  public var channels: Int
  public var outputChannels: Int
  /// -15...31, as in `Requantize.value`.
  public var shift: Int32
  public var minimum: Int32
  public var maximum: Int32

  public init(
    input: UnsafeRawPointer, inputFormat: FixedFormat, output: UnsafeMutableRawPointer, outputFormat: FixedFormat,
    pixels: Int, channels: Int, outputChannels: Int, shift: Int32, minimum: Int32, maximum: Int32
  ) {
    unsafe self.input = input
    unsafe self.inputFormat = inputFormat
    unsafe self.output = output
    unsafe self.outputFormat = outputFormat
    unsafe self.pixels = pixels
    unsafe self.channels = channels
    unsafe self.outputChannels = outputChannels
    unsafe self.shift = shift
    unsafe self.minimum = minimum
    unsafe self.maximum = maximum
  }
}
