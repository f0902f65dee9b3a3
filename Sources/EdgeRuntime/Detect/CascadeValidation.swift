/// The checks between a file's bytes and the detector, which checks nothing: every count is bounded before it is multiplied.
extension CascadeFile {
  static func validated(_ bytes: ByteView, _ key: PublicKey?) throws(CascadeError) -> SignedContent {
    guard bytes.count >= CascadeLayout.headerBytes else { throw CascadeError(.tooShort, at: bytes.count) }
    let signed = try parted(bytes, key)
    try validate(signed.content)
    return signed
  }

  private static func parted(_ bytes: ByteView, _ key: PublicKey?) throws(CascadeError) -> SignedContent {
    do throws(SignatureError) { return try SignedContent(bytes, key: key) } catch { throw CascadeError(error) }
  }

  private static func validate(_ bytes: ByteView) throws(CascadeError) {
    try checkHeader(bytes)
    let (stages, stumps) = (Int(bytes.u16(36)), Int(bytes.u16(38)))
    try checkPlaces(bytes, stages, stumps)
    let digest = unsafe Digest.ofModel(UnsafeRawBufferPointer(start: bytes.base, count: bytes.count))
    for index in 0..<Layout.digestBytes where digest[index] != bytes.u8(Layout.digestOffset + index) {
      throw CascadeError(.digest, at: Layout.digestOffset)
    }
    let stumpsOffset = CascadeLayout.stumpsOffset(stages: stages)
    for index in 0..<stumps { try checkStump(bytes, at: stumpsOffset + index * CascadeLayout.stumpBytes) }
    var next = 0
    for index in 0..<stages {
      let at = CascadeLayout.headerBytes + index * CascadeLayout.stageBytes
      let count = Int(bytes.u16(at + 6))
      guard Int(bytes.u16(at + 4)) == next, count >= 1, count <= stumps - next else {
        throw CascadeError(.stage, at: at + 4)
      }
      try checkSums(bytes, at: stumpsOffset + next * CascadeLayout.stumpBytes, count: count, stage: at)
      next += count
    }
    guard next == stumps else { throw CascadeError(.count, at: 38) }
  }

  private static func checkHeader(_ bytes: ByteView) throws(CascadeError) {
    guard bytes.u64(0) == CascadeLayout.magic else { throw CascadeError(.magic, at: 0) }
    guard bytes.u16(8) == CascadeLayout.majorVersion, bytes.u16(10) <= CascadeLayout.minorVersion else {
      throw CascadeError(.version, at: 8)
    }
    guard bytes.size(12) == CascadeLayout.headerBytes else { throw CascadeError(.headerSize, at: 12) }
    guard bytes.u64(16) == UInt64(bytes.count) else { throw CascadeError(.fileSize, at: 16) }
    guard bytes.u64(24) == 0 else { throw CascadeError(.unknownFeature, at: 24) }
    guard 3...CascadeLayout.maximumWindow ~= Int(bytes.u16(32)) else { throw CascadeError(.window, at: 32) }
    guard 3...CascadeLayout.maximumWindow ~= Int(bytes.u16(34)) else { throw CascadeError(.window, at: 34) }
    guard 1...CascadeLayout.maximumStages ~= Int(bytes.u16(36)) else { throw CascadeError(.count, at: 36) }
    guard 1...CascadeLayout.maximumStumps ~= Int(bytes.u16(38)) else { throw CascadeError(.count, at: 38) }
    guard Int(bytes.u8(40)) <= CascadeLayout.maximumFractionBits else { throw CascadeError(.fractionBits, at: 40) }
    guard bytes.isZero(41..<44) else { throw CascadeError(.reservedNotZero, at: 41) }
    guard bytes.isZero(48..<Layout.digestOffset) else { throw CascadeError(.reservedNotZero, at: 48) }
    guard bytes.isZero(96..<CascadeLayout.headerBytes) else { throw CascadeError(.reservedNotZero, at: 96) }
  }

  /// The tables and the provenance fill the file, with zeros between them.
  private static func checkPlaces(_ bytes: ByteView, _ stages: Int, _ stumps: Int) throws(CascadeError) {
    let stagesEnd = CascadeLayout.headerBytes + stages * CascadeLayout.stageBytes
    let stumpsOffset = CascadeLayout.stumpsOffset(stages: stages)
    let stumpsEnd = stumpsOffset + stumps * CascadeLayout.stumpBytes
    let provenance = CascadeLayout.provenanceOffset(stages: stages, stumps: stumps)
    guard bytes.count >= provenance, bytes.size(44) == bytes.count - provenance else {
      throw CascadeError(.fileSize, at: 44)
    }
    guard bytes.isZero(stagesEnd..<stumpsOffset) else { throw CascadeError(.reservedNotZero, at: stagesEnd) }
    guard bytes.isZero(stumpsEnd..<provenance) else { throw CascadeError(.reservedNotZero, at: stumpsEnd) }
    guard bytes.isText(provenance..<bytes.count) else { throw CascadeError(.provenance, at: provenance) }
  }

  private static func checkStump(_ bytes: ByteView, at: Int) throws(CascadeError) {
    let (x, y) = (Int(bytes.u8(at)), Int(bytes.u8(at + 1)))
    let (width, height) = (Int(bytes.u8(at + 2)), Int(bytes.u8(at + 3)))
    guard width >= 1, height >= 1, width * height <= CascadeLayout.maximumBlockPixels,
      x + 3 * width <= Int(bytes.u16(32)), y + 3 * height <= Int(bytes.u16(34))
    else { throw CascadeError(.feature, at: at) }
    guard bytes.u32(at + 44) == 0 else { throw CascadeError(.reservedNotZero, at: at + 44) }
  }

  /// However a window's codes fall, its sums stay within 32 bits.
  private static func checkSums(
    _ bytes: ByteView, at stump: Int, count: Int, stage: Int
  ) throws(CascadeError) {
    var reach: Int64 = 0
    for index in 0..<count {
      let at = stump + index * CascadeLayout.stumpBytes
      reach += Int64(max(bytes.i32(at + 4).magnitude, bytes.i32(at + 8).magnitude))
    }
    guard reach <= Int64(Int32.max) else { throw CascadeError(.sums, at: stage) }
  }
}
