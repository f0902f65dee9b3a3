/// What comes into a model: an image of 8-bit pixels, and behind it other inputs of raw values.
extension ModelView {
  func input(_ index: Int) -> TensorRecord {
    precondition(index >= 0 && index < inputCount, "an input index is out of range")
    return tensor(Int(inputTensors[index]))
  }

  /// Bytes of a frame: a pixel for each value of the image, then the raw values of the other inputs in their order, each in as many bytes as
  /// its format has. Inputs don't overlap, so that these are no more than an arena's.
  var frameBytes: Int {
    var bytes = input(0).count
    for index in 1..<inputCount { bytes += input(index).bytes }
    return bytes
  }
}
