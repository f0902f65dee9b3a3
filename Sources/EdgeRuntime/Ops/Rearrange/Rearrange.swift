/// Moves values without changing them.
public enum Rearrange {}

/// One rearrangement's memory; the loader has proved that it fits.
@unsafe
public struct RearrangeArguments {
  public var parameters: RearrangeParameters
  /// Raw values, height x width x channels.
  public var input: UnsafeRawPointer
  public var inputHeight: Int
  public var inputWidth: Int
  public var inputChannels: Int
  /// Raw values of the same format, rows x width x channels; never overlaps the input.
  public var output: UnsafeMutableRawPointer
  public var outputWidth: Int
  public var outputChannels: Int
  /// 1 or 2, of input and output.
  public var elementBytes: Int
  /// The output's rows to compute.
  public var rows: Range<Int>

  public init(
    parameters: RearrangeParameters, input: UnsafeRawPointer, inputHeight: Int, inputWidth: Int, inputChannels: Int,
    output: UnsafeMutableRawPointer, outputWidth: Int, outputChannels: Int, elementBytes: Int, rows: Range<Int>
  ) {
    unsafe self.parameters = parameters
    unsafe self.input = input
    unsafe self.inputHeight = inputHeight
    unsafe self.inputWidth = inputWidth
    unsafe self.inputChannels = inputChannels
    unsafe self.output = output
    unsafe self.outputWidth = outputWidth
    unsafe self.outputChannels = outputChannels
    unsafe self.elementBytes = elementBytes
    unsafe self.rows = rows
  }
}

extension Rearrange {
  /// The input's value at each output's place, or the fill.
  public static func run(_ a: RearrangeArguments) {
    if unsafe a.elementBytes == 1 { unsafe run(a, UInt8.self) } else { unsafe run(a, UInt16.self) }
  }

  @inline(__always)
  private static func run<Raw: FixedWidthInteger & UnsignedInteger>(_ a: RearrangeArguments, _: Raw.Type) {
    // Of the tensors' element bytes; the loader has checked their places and shapes.
    let input = unsafe a.input.assumingMemoryBound(to: Raw.self)
    let output = unsafe a.output.assumingMemoryBound(to: Raw.self)
    let p = unsafe a.parameters
    let (channels, inputChannels) = unsafe (a.outputChannels, a.inputChannels)
    let fill = Raw(truncatingIfNeeded: p.fill)
    // Output channels that the input has.
    let present =
      min(
        max(0 &- p.firstChannel, 0), channels)..<max(
        min(inputChannels &- p.firstChannel, channels), min(max(0 &- p.firstChannel, 0), channels))
    for row in unsafe a.rows {
      let y = unsafe p.rows.source(row, of: a.inputHeight, repeats: p.repeats)
      for column in unsafe 0..<a.outputWidth {
        let x = unsafe y < 0 ? -1 : p.columns.source(column, of: a.inputWidth, repeats: p.repeats)
        let target = unsafe (row &* a.outputWidth &+ column) &* channels
        let kept = x < 0 ? 0..<0 : present
        for channel in 0..<kept.lowerBound { unsafe output[target &+ channel] = fill }
        let source = unsafe (y &* a.inputWidth &+ x) &* inputChannels &+ p.firstChannel
        for channel in kept { unsafe output[target &+ channel] = input[source &+ channel] }
        for channel in kept.upperBound..<channels { unsafe output[target &+ channel] = fill }
      }
    }
  }
}
