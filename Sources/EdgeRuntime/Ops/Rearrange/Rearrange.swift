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
  /// The input's value at each output's place, or the fill, by plain loops: the specification.
  public static func reference(_ a: RearrangeArguments) {
    let p = unsafe a.parameters
    let bytes = unsafe a.elementBytes
    for row in unsafe a.rows {
      let y = unsafe p.rows.source(row, of: a.inputHeight, repeats: p.repeats)
      for column in unsafe 0..<a.outputWidth {
        let x = unsafe p.columns.source(column, of: a.inputWidth, repeats: p.repeats)
        for channel in unsafe 0..<a.outputChannels {
          let from = channel &+ p.firstChannel
          let isInside = unsafe y >= 0 && x >= 0 && from >= 0 && from < a.inputChannels
          let target = unsafe (row &* a.outputWidth &+ column) &* a.outputChannels &+ channel
          let source = unsafe (y &* a.inputWidth &+ x) &* a.inputChannels &+ from
          for byte in 0..<bytes {
            // Little-endian, as all of a model's memory is.
            let value =
              unsafe isInside
              ? a.input.load(fromByteOffset: source &* bytes &+ byte, as: UInt8.self)
              : UInt8(truncatingIfNeeded: p.fill >> Int32(8 &* byte))
            unsafe a.output.storeBytes(of: value, toByteOffset: target &* bytes &+ byte, as: UInt8.self)
          }
        }
      }
    }
  }
}
