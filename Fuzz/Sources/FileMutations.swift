import EdgeRuntime

/// Changes to files of our own formats that keep them near to what their loaders take. docs/file-format.md and
/// docs/calibration-file.md have the offsets.
extension Mutation {
  /// Two of three times single fields of the structure or bytes of the weights, else anything.
  mutating func changeModel() {
    let tableEnd = Layout.sectionTableOffset + Layout.sectionCount * Layout.sectionEntryBytes
    if count > tableEnd, !random.oneIn(3) {
      for _ in 0..<random.next(in: 1...4) { changeModelField(tableEnd) }
    } else {
      changeBytes()
    }
    guard count > tableEnd else { return }
    finish(sizeAt: 16, digestAt: Layout.digestOffset)
  }

  private mutating func changeModelField(_ tableEnd: Int) {
    switch random.next(in: 0...9) {
    case 0: changeField(32 + 4 * random.next(in: 0...7), width: 4)
    case 1: changeField(Layout.sectionTableOffset + 8 * random.next(in: 0...23), width: 8)
    case 2: changeField(random.oneIn(2) ? Layout.outputCountOffset : 24, width: 1)
    case 3...4: changeRecord(section: 0, bytes: Layout.tensorRecordBytes)
    case 5...8: changeRecord(section: 1, bytes: Layout.operationRecordBytes)
    default: changeField(random.next(in: tableEnd...count - 1), width: 1)
    }
  }

  /// A field of one, two or four bytes of a record.
  private mutating func changeRecord(section: Int, bytes recordBytes: Int) {
    let entry = Layout.sectionTableOffset + section * Layout.sectionEntryBytes
    let (offset, length) = (field(entry + 8, width: 8), field(entry + 16, width: 8))
    guard offset < UInt64(count), length <= UInt64(count) - offset, length >= UInt64(recordBytes) else { return }
    let width = 1 << random.next(in: 0...2)
    let place = random.next(in: 0...Int(length) / width - 1) * width
    changeField(Int(offset) + place, width: width)
  }

  /// Of the header, the stages or the stumps.
  mutating func changeCascade() {
    if count > 192, !random.oneIn(3) {
      for _ in 0..<random.next(in: 1...4) {
        let width = 1 << random.next(in: 0...2)
        let greatest = random.oneIn(4) ? 192 : count
        changeField(random.next(in: 8...greatest / width - 1) * width / 8 * 8 % (greatest - 8), width: width)
      }
    } else {
      changeBytes()
    }
    guard count > 128 else { return }
    finish(sizeAt: 16, digestAt: Layout.digestOffset)
  }

  mutating func changeCalibration() {
    if count > 112, !random.oneIn(3) {
      for _ in 0..<random.next(in: 1...3) {
        let width = 1 << random.next(in: 0...3)
        changeField(random.next(in: 8...count - width), width: width)
      }
    } else {
      changeBytes()
    }
    guard count >= 112, !random.oneIn(16) else { return }
    setField(16, width: 8, UInt64(count))
    let end = count - Layout.digestBytes
    let digest = Digest.of { unsafe $0.update(UnsafeRawBufferPointer(start: bytes, count: end)) }
    for index in 0..<Layout.digestBytes { setField(end + index, width: 1, UInt64(digest[index])) }
  }

  /// Makes length and digest right in 15 of 16 inputs: what refuses wrong ones is to be reached, too.
  private mutating func finish(sizeAt: Int, digestAt: Int) {
    guard !random.oneIn(16) else { return }
    setField(sizeAt, width: 8, UInt64(count))
    stampDigest(at: digestAt)
  }
}
