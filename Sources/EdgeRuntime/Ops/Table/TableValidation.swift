extension ModelView {
  /// A table has an entry for every raw value, so that no input leads out of it, and no entry leaves the record's range.
  func checkTable(_ p: TableParameters, _ record: OperationRecord, at words: Int) throws(ModelError) {
    let input = tensor(record.inputs[0])
    let output = tensor(record.output)
    guard input.height == output.height, input.width == output.width, input.channels == output.channels else {
      throw ModelError(.shape, at: words)
    }
    guard p.tables == 1 || p.tables == input.channels else { throw ModelError(.parameter, at: words + 8) }
    // At most 65535 tables of 2^16 entries of two bytes: below 2^33, more than an `Int` of 32 bits holds.
    let wanted =
      Int64(p.tables) * Int64(TableParameters.entries(input.format)) * Int64(output.format.elementBytes)
    guard Int64(p.bytes) == wanted else { throw ModelError(.weightPlace, at: words + 4) }
    try checkBlob(p.offset, p.bytes, at: words)
    let entries = p.bytes / output.format.elementBytes
    let start = sectionOffset(.weights) + p.offset
    for entry in 0..<entries {
      let at = start + entry * output.format.elementBytes
      let raw: Int32 =
        switch (output.format.elementBytes, output.format.isSigned) {
        case (1, true): Int32(bytes.i8(at))
        case (1, false): Int32(bytes.u8(at))
        case (_, true): Int32(Int16(bitPattern: bytes.u16(at)))
        case (_, false): Int32(bytes.u16(at))
        }
      guard raw >= record.minimum, raw <= record.maximum else { throw ModelError(.tableValue, at: at) }
    }
  }
}
