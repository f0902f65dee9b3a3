/// The sum of two tensors of one shape, by plain loops: the specification.
public enum Addition {}

/// One addition's memory; the loader has proved that it fits.
@unsafe
public struct AdditionArguments {
  public var parameters: AdditionParameters
  /// Raw values, `count` of each.
  public var first: UnsafeRawPointer
  public var firstFormat: FixedFormat
  public var second: UnsafeRawPointer
  public var secondFormat: FixedFormat
  public var count: Int
  /// Never overlaps an input.
  public var output: UnsafeMutableRawPointer
  public var outputFormat: FixedFormat
  public var minimum: Int32
  public var maximum: Int32

  public init(
    parameters: AdditionParameters, first: UnsafeRawPointer, firstFormat: FixedFormat, second: UnsafeRawPointer,
    secondFormat: FixedFormat, count: Int, output: UnsafeMutableRawPointer, outputFormat: FixedFormat, minimum: Int32,
    maximum: Int32
  ) {
    unsafe self.parameters = parameters
    unsafe self.first = first
    unsafe self.firstFormat = firstFormat
    unsafe self.second = second
    unsafe self.secondFormat = secondFormat
    unsafe self.count = count
    unsafe self.output = output
    unsafe self.outputFormat = outputFormat
    unsafe self.minimum = minimum
    unsafe self.maximum = maximum
  }
}

extension Addition {
  /// `requantize(first moved by its shift + second moved by its own, shift)` of each pair. The loader's bound keeps every sum
  /// inside 32 bits.
  public static func reference(_ a: AdditionArguments) {
    let p = unsafe a.parameters
    for index in unsafe 0..<a.count {
      let sum =
        unsafe moved(a.first.element(index, a.firstFormat), p.first)
        &+ moved(a.second.element(index, a.secondFormat), p.second)
      let raw = unsafe requantize(sum, shift: p.shift, minimum: a.minimum, maximum: a.maximum)
      unsafe a.output.setElement(index, raw, a.outputFormat)
    }
  }

  @inline(__always)
  private static func moved(_ raw: Int32, _ left: Int32) -> Int32 {
    left >= 0 ? raw &<< left : requantize(raw, shift: 0 &- left, minimum: .min, maximum: .max)
  }
}
