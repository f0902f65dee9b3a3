/// The checks that stand between a file's bytes and the runtime, whose kernels check nothing: header and sections here,
/// tensors and operations beside this file. Counts are bounded before they are multiplied, so no product overflows.
extension ModelView {
  static func validated(
    _ base: UnsafeRawPointer, _ count: Int, _ key: PublicKey?
  ) throws(ModelError) -> (ModelView, FileSignature?) {
    let tableEnd = Layout.sectionTableOffset + Layout.sectionCount * Layout.sectionEntryBytes
    guard count >= tableEnd else { throw ModelError(.tooShort, at: count) }
    let signed = unsafe try parted(ByteView(base: base, count: count), key)
    let bytes = signed.content
    guard bytes.count >= tableEnd else { throw ModelError(.tooShort, at: bytes.count) }
    guard bytes.count <= Layout.maximumFileBytes else { throw ModelError(.fileSize, at: 16) }
    try checkIdentity(bytes)
    var view = ModelView(
      bytes: bytes, tensorCount: bytes.size(36), operationCount: bytes.size(40), arenaBytes: bytes.size(44),
      workspaceOffset: bytes.size(48), inputTensor: bytes.size(52), outputTensor: bytes.size(56),
      testVectorCount: bytes.size(60))
    try view.checkCounts()
    try view.checkDigest()
    try view.checkSections(after: tableEnd)
    try view.checkTensors()
    try view.findInputs()
    try view.findOutputs()
    try view.checkImage()
    try view.checkInputs()
    try view.checkOutputs()
    try view.checkOperations()
    try view.checkVectors()
    return (view, signed.signature)
  }

  private static func parted(_ bytes: ByteView, _ key: PublicKey?) throws(ModelError) -> SignedContent {
    do throws(SignatureError) { return try SignedContent(bytes, key: key) } catch { throw ModelError(error) }
  }

  private static func checkIdentity(_ bytes: ByteView) throws(ModelError) {
    guard bytes.u64(0) == Layout.magic else { throw ModelError(.magic, at: 0) }
    guard bytes.u16(8) == Layout.majorVersion, bytes.u16(10) <= Layout.minorVersion else {
      throw ModelError(.version, at: 8)
    }
    guard bytes.size(12) == Layout.headerBytes else { throw ModelError(.headerSize, at: 12) }
    guard bytes.u64(16) == UInt64(bytes.count) else { throw ModelError(.fileSize, at: 16) }
    let features = Layout.packedWeights | Layout.listedOutputs | Layout.listedInputs | Layout.widePools
    guard bytes.u64(24) & ~features == 0 else { throw ModelError(.unknownFeature, at: 24) }
    guard bytes.size(32) == Layout.sectionCount else { throw ModelError(.count, at: 32) }
    var used = Layout.outputCountOffset
    if bytes.u64(24) & Layout.listedOutputs != 0 {
      guard 1...Layout.maximumOutputs ~= bytes.size(used) else { throw ModelError(.count, at: used) }
      used += 4
    }
    if bytes.u64(24) & Layout.listedInputs != 0 {
      let place = Layout.inputCountOffset
      guard bytes.isZero(used..<place) else { throw ModelError(.reservedNotZero, at: used) }
      // One input is the header's alone.
      guard 2...Layout.maximumInputs ~= bytes.size(place) else { throw ModelError(.count, at: place) }
      used = place + 4
    }
    guard bytes.isZero(used..<Layout.headerBytes) else { throw ModelError(.reservedNotZero, at: used) }
  }

  private func checkCounts() throws(ModelError) {
    guard tensorCount >= 1, tensorCount <= Layout.maximumTensors else { throw ModelError(.count, at: 36) }
    guard operationCount >= 1, operationCount <= Layout.maximumOperations else { throw ModelError(.count, at: 40) }
    guard arenaBytes <= Layout.maximumArenaBytes, arenaBytes % Layout.alignment == 0 else {
      throw ModelError(.arena, at: 44)
    }
    guard workspaceOffset <= arenaBytes, workspaceOffset % Layout.alignment == 0 else {
      throw ModelError(.arena, at: 48)
    }
    guard inputTensor < tensorCount else { throw ModelError(.tensorIndex, at: 52) }
    guard outputTensor < tensorCount else { throw ModelError(.tensorIndex, at: 56) }
    guard testVectorCount <= Layout.maximumTestVectors else { throw ModelError(.count, at: 60) }
  }

  private func checkDigest() throws(ModelError) {
    let digest = unsafe Digest.ofModel(UnsafeRawBufferPointer(start: bytes.base, count: bytes.count))
    for index in 0..<Layout.digestBytes where digest[index] != bytes.u8(Layout.digestOffset + index) {
      throw ModelError(.digest, at: Layout.digestOffset)
    }
  }

  private func checkSections(after tableEnd: Int) throws(ModelError) {
    var end = tableEnd
    for number in 1...Layout.sectionCount {
      let at = Layout.sectionTableOffset + (number - 1) * Layout.sectionEntryBytes
      guard bytes.size(at) == number else { throw ModelError(.sectionOrder, at: at) }
      guard bytes.u32(at + 4) == 0 else { throw ModelError(.reservedNotZero, at: at + 4) }
      let offset = bytes.u64(at + 8)
      let length = bytes.u64(at + 16)
      guard offset % UInt64(Layout.alignment) == 0, offset >= UInt64(end), offset <= UInt64(bytes.count) else {
        throw ModelError(.sectionPlace, at: at + 8)
      }
      guard length <= UInt64(bytes.count) - offset else { throw ModelError(.sectionPlace, at: at + 16) }
      guard bytes.isZero(end..<Int(offset)) else { throw ModelError(.reservedNotZero, at: end) }
      end = Int(offset + length)
    }
    guard bytes.isZero(end..<bytes.count) else { throw ModelError(.reservedNotZero, at: end) }
    guard sectionLength(.tensors) == tensorCount * Layout.tensorRecordBytes else {
      throw ModelError(.sectionLength, at: entry(.tensors) + 16)
    }
    guard sectionLength(.operations) == operationCount * Layout.operationRecordBytes else {
      throw ModelError(.sectionLength, at: entry(.operations) + 16)
    }
  }

  /// The names section holds UTF-8 whose pieces records point to; a piece must be text in itself.
  func checkName(at offset: Int) throws(ModelError) {
    let start = bytes.size(offset)
    let length = bytes.size(offset + 4)
    guard start <= sectionLength(.names), length <= sectionLength(.names) - start else {
      throw ModelError(.name, at: offset)
    }
    let place = sectionOffset(.names) + start
    guard bytes.isText(place..<place + length) else { throw ModelError(.name, at: offset) }
  }
}
