extension ModelView {
  func checkTensors() throws(ModelError) {
    for index in 0..<tensorCount { try checkTensor(at: tensorOffset(index)) }
  }

  private func checkTensor(at: Int) throws(ModelError) {
    try checkName(at: at)
    let width = bytes.u8(at + 8)
    guard width >= 2, width <= 16 else { throw ModelError(.format, at: at + 8) }
    guard bytes.u8(at + 9) <= 1 else { throw ModelError(.format, at: at + 9) }
    guard bytes.i8(at + 10) >= -64, bytes.i8(at + 10) <= 64 else { throw ModelError(.format, at: at + 10) }
    let elementBytes = width <= 8 ? 1 : 2
    guard bytes.u8(at + 11) == elementBytes else { throw ModelError(.format, at: at + 11) }
    for field in stride(from: at + 12, through: at + 20, by: 4) {
      guard bytes.size(field) >= 1, bytes.size(field) <= Layout.maximumExtent else {
        throw ModelError(.extent, at: field)
      }
    }
    // Three extents below 2^16 and two bytes: below 2^49.
    let product = UInt64(bytes.u32(at + 12)) * UInt64(bytes.u32(at + 16)) * UInt64(bytes.u32(at + 20))
    guard UInt64(bytes.u32(at + 28)) == product * UInt64(elementBytes) else { throw ModelError(.extent, at: at + 28) }
    let size = bytes.size(at + 28)
    let place = bytes.size(at + 24)
    guard place % elementBytes == 0, place <= workspaceOffset, size <= workspaceOffset - place else {
      throw ModelError(.tensorPlace, at: at + 24)
    }
    guard bytes.size(at + 32) <= bytes.size(at + 36), bytes.size(at + 36) < operationCount else {
      throw ModelError(.liveRange, at: at + 32)
    }
    var used = at + Layout.outputNumberOffset + (listsOutputs ? 3 : 0)
    if listsInputs {
      let number = at + Layout.inputNumberOffset
      guard bytes.isZero(used..<number) else { throw ModelError(.reservedNotZero, at: used) }
      used = number + 1
    }
    guard bytes.isZero(used..<at + Layout.tensorRecordBytes) else { throw ModelError(.reservedNotZero, at: used) }
  }

  /// The image takes 8-bit pixels through a table.
  func checkImage() throws(ModelError) {
    let input = tensor(inputTensor)
    guard input.format.elementBytes == 1 else { throw ModelError(.format, at: tensorOffset(inputTensor) + 8) }
    guard sectionLength(.input) == 256 * input.channels else {
      throw ModelError(.sectionLength, at: entry(.input) + 16)
    }
    try checkInputTable(input.format)
    let provenance = sectionOffset(.provenance)
    guard bytes.isText(provenance..<provenance + sectionLength(.provenance)) else {
      throw ModelError(.name, at: provenance)
    }
  }

  private func checkInputTable(_ format: FixedFormat) throws(ModelError) {
    let start = sectionOffset(.input)
    for offset in start..<start + sectionLength(.input) {
      let raw = format.isSigned ? Int64(bytes.i8(offset)) : Int64(bytes.u8(offset))
      guard raw >= format.minimumRaw, raw <= format.maximumRaw else { throw ModelError(.outputRange, at: offset) }
    }
  }

  /// A frame padded to 64 bytes for each vector, the outputs' values likewise, one digest; nothing at all without vectors.
  func checkVectors() throws(ModelError) {
    let frame = Layout.aligned(Int64(frameBytes))
    let values = Layout.aligned(4 * Int64(outputValueCount))
    // An arena's bytes and four times as many, 1024 times: below 2^42.
    let wanted = testVectorCount == 0 ? 0 : Int64(testVectorCount) * (frame + values) + Int64(Layout.digestBytes)
    guard Int64(sectionLength(.vectors)) == wanted else { throw ModelError(.vector, at: entry(.vectors) + 16) }
  }
}
