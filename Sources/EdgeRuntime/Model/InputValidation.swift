/// Which tensors are inputs, and that no two of them share a byte.
extension ModelView {
  /// Finds the inputs in their order: the image, which the header names, and where there are more those whose records are numbered.
  mutating func findInputs() throws(ModelError) {
    guard listsInputs else {
      (inputTensors[0], inputCount) = (UInt16(inputTensor), 1)
      return
    }
    let count = bytes.size(Layout.inputCountOffset)
    var numbered = NumberedTensors()
    for index in 0..<tensorCount {
      let at = tensorOffset(index) + Layout.inputNumberOffset
      let number = Int(bytes.u8(at))
      guard number <= count else { throw ModelError(.input, at: at) }
      if number == 0 { continue }
      guard numbered.add(index, number: number) else { throw ModelError(.input, at: at) }
    }
    guard numbered.areAll(count) else { throw ModelError(.input, at: Layout.inputCountOffset) }
    inputTensors = numbered.tensors
    guard Int(inputTensors[0]) == inputTensor else { throw ModelError(.input, at: 52) }
    inputCount = count
  }

  /// Inputs may be set in any order, so each has bytes of its own.
  func checkInputs() throws(ModelError) {
    for index in 1..<inputCount {
      for other in 0..<index where overlap(input(index), input(other)) {
        throw ModelError(.input, at: tensorOffset(Int(inputTensors[index])) + 24)
      }
    }
  }
}
