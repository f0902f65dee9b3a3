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

  /// `count` values, read with a stride of one and written to `output` from element 0.
  static func run(
    _ input: UnsafeRawPointer, _ inputFormat: FixedFormat, _ output: UnsafeMutableRawPointer,
    _ outputFormat: FixedFormat, count: Int, shift: Int32, minimum: Int32, maximum: Int32
  ) {
    for index in 0..<count {
      let raw = unsafe value(input.element(index, inputFormat), shift: shift, minimum: minimum, maximum: maximum)
      unsafe output.setElement(index, raw, outputFormat)
    }
  }
}
