/// Which tensors are outputs, and that their labels are there.
extension ModelView {
  /// Finds the outputs in their order: those whose records are numbered, or the one that the header names.
  mutating func findOutputs() throws(ModelError) {
    if listsOutputs {
      try findListedOutputs()
    } else {
      (outputTensors[0], outputCount) = (UInt16(outputTensor), 1)
    }
    scoresOutput = onlyScores
  }

  private mutating func findListedOutputs() throws(ModelError) {
    let count = bytes.size(Layout.outputCountOffset)
    var numbered = NumberedTensors()
    for index in 0..<tensorCount {
      let at = tensorOffset(index) + Layout.outputNumberOffset
      let number = Int(bytes.u16(at))
      guard number <= count else { throw ModelError(.output, at: at) }
      let role = bytes.u8(at + 2)
      guard OutputRole(rawValue: role) != nil, number > 0 || role == 0 else { throw ModelError(.output, at: at + 2) }
      if number == 0 { continue }
      guard numbered.add(index, number: number) else { throw ModelError(.output, at: at) }
    }
    guard numbered.areAll(count) else { throw ModelError(.output, at: Layout.outputCountOffset) }
    outputTensors = numbered.tensors
    guard Int(outputTensors[0]) == outputTensor else { throw ModelError(.output, at: 56) }
    outputCount = count
  }

  private var onlyScores: Int? {
    var only: Int?
    for index in 0..<outputCount where role(ofOutput: index) == .scores {
      guard only == nil else { return nil }
      only = index
    }
    return only
  }

  /// Scores are a vector with a label for each value; no more values come out than an arena holds.
  func checkOutputs() throws(ModelError) {
    var labels = 0
    var values = 0
    for index in 0..<outputCount {
      let tensor = tensor(Int(outputTensors[index]))
      values += tensor.count
      guard values <= Layout.maximumArenaBytes else { throw ModelError(.count, at: Layout.outputCountOffset) }
      guard role(ofOutput: index) == .scores else { continue }
      guard tensor.height == 1, tensor.width == 1 else {
        throw ModelError(.extent, at: tensorOffset(Int(outputTensors[index])) + 12)
      }
      labels += tensor.channels
    }
    try checkLabels(labels)
  }

  private func checkLabels(_ count: Int) throws(ModelError) {
    let start = sectionOffset(.labels)
    var lines = 0
    var lineStart = start
    for offset in start..<start + sectionLength(.labels) where bytes.u8(offset) == UInt8(ascii: "\n") {
      guard offset > lineStart, bytes.isText(lineStart..<offset) else { throw ModelError(.label, at: lineStart) }
      lines += 1
      lineStart = offset + 1
    }
    guard lines == count, lineStart == start + sectionLength(.labels) else {
      throw ModelError(.label, at: entry(.labels) + 16)
    }
  }
}
