/// Joins tensors along channels.
enum Concatenate {
  /// Copies one input's channels, requantised, to `firstChannel` and after of every output pixel.
  static func place(
    _ input: UnsafeRawPointer, _ inputRecord: TensorRecord, _ output: UnsafeMutableRawPointer,
    _ outputRecord: TensorRecord, firstChannel: Int, shift: Int32, minimum: Int32, maximum: Int32
  ) {
    for pixel in 0..<inputRecord.height * inputRecord.width {
      let from = pixel * inputRecord.channels * inputRecord.format.elementBytes
      let to = (pixel * outputRecord.channels + firstChannel) * outputRecord.format.elementBytes
      unsafe Requantize.run(
        input + from, inputRecord.format, output + to, outputRecord.format, count: inputRecord.channels, shift: shift,
        minimum: minimum, maximum: maximum)
    }
  }
}
