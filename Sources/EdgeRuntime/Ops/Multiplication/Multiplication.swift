/// The product of two tensors, by plain loops: the specification.
public enum Multiplication {}

/// One product's memory; the loader has proved that it fits.
@unsafe
public struct MultiplicationArguments {
  /// Raw values, rows x width x channels, as the output.
  public var first: UnsafeRawPointer
  public var firstFormat: FixedFormat
  /// Raw values; each extent is the output's, or 1, then its values serve the whole axis.
  public var second: UnsafeRawPointer
  public var secondFormat: FixedFormat
  public var secondHeight: Int
  public var secondWidth: Int
  public var secondChannels: Int
  /// Never overlaps an input.
  public var output: UnsafeMutableRawPointer
  public var outputFormat: FixedFormat
  public var width: Int
  public var channels: Int
  /// Bits that are dropped from the product, RND: 0...`Multiplication.mostShift`.
  public var shift: Int32
  public var minimum: Int32
  public var maximum: Int32
  /// The output's rows to compute.
  public var rows: Range<Int>

  public init(
    first: UnsafeRawPointer, firstFormat: FixedFormat, second: UnsafeRawPointer, secondFormat: FixedFormat,
    secondHeight: Int, secondWidth: Int, secondChannels: Int, output: UnsafeMutableRawPointer,
    outputFormat: FixedFormat, width: Int, channels: Int, shift: Int32, minimum: Int32, maximum: Int32,
    rows: Range<Int>
  ) {
    unsafe self.first = first
    unsafe self.firstFormat = firstFormat
    unsafe self.second = second
    unsafe self.secondFormat = secondFormat
    unsafe self.secondHeight = secondHeight
    unsafe self.secondWidth = secondWidth
    unsafe self.secondChannels = secondChannels
    unsafe self.output = output
    unsafe self.outputFormat = outputFormat
    unsafe self.width = width
    unsafe self.channels = channels
    unsafe self.shift = shift
    unsafe self.minimum = minimum
    unsafe self.maximum = maximum
    unsafe self.rows = rows
  }
}

extension Multiplication {
  /// Two raw values of 16 bits make a product of 32: with more bits dropped nothing would be left.
  public static let mostShift: Int32 = 33

  /// `clamp(RND(a * b, shift))` of each pair. Products of 16 bits and the rounding half stay below 2^34, far inside 64 bits.
  public static func reference(_ a: MultiplicationArguments) {
    let half: Int64 = unsafe a.shift == 0 ? 0 : 1 &<< Int64(a.shift &- 1)
    let (least, greatest) = unsafe (Int64(a.minimum), Int64(a.maximum))
    let (width, channels) = unsafe (a.width, a.channels)
    for row in unsafe a.rows {
      for column in 0..<width {
        let start = (row &* width &+ column) &* channels
        let pixel =
          unsafe ((a.secondHeight == 1 ? 0 : row) &* a.secondWidth &+ (a.secondWidth == 1 ? 0 : column))
          &* a.secondChannels
        for channel in 0..<channels {
          let left = unsafe Int64(a.first.element(start &+ channel, a.firstFormat))
          let right = unsafe Int64(a.second.element(pixel &+ (a.secondChannels == 1 ? 0 : channel), a.secondFormat))
          let raw = unsafe (left &* right &+ half) &>> Int64(a.shift)
          unsafe a.output.setElement(
            start &+ channel, Int32(truncatingIfNeeded: min(max(raw, least), greatest)), a.outputFormat)
        }
      }
    }
  }
}
