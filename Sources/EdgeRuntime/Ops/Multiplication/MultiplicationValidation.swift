extension ModelView {
  /// The first input has the output's shape; each extent of the second is the output's or 1.
  func checkMultiplication(_ shift: Int32, _ record: OperationRecord, at words: Int) throws(ModelError) {
    let (first, second) = (tensor(record.inputs[0]), tensor(record.inputs[1]))
    let output = tensor(record.output)
    guard shift >= 0, shift <= Multiplication.mostShift else { throw ModelError(.shift, at: words) }
    guard first.height == output.height, first.width == output.width, first.channels == output.channels,
      second.height == 1 || second.height == output.height, second.width == 1 || second.width == output.width,
      second.channels == 1 || second.channels == output.channels
    else { throw ModelError(.shape, at: words) }
  }
}
