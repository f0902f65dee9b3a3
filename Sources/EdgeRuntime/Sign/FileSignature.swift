/// A signature as it stands behind a file's content, well-formed and about that content. Whose it is, only a `PublicKey` can tell.
public struct FileSignature: Equatable, Sendable {
  /// What the signer counts up to retire files, 0...2^53-1: a device takes none below the greatest that it has accepted.
  public let sequence: UInt64
  /// The key that it says it is by.
  public let key: KeyIdentifier

  public static func == (left: FileSignature, right: FileSignature) -> Bool {
    left.sequence == right.sequence && left.key == right.key
  }
}

/// A file's bytes, parted into the content, whose header says how long it is, and the signature behind it, if there is one.
@safe
struct SignedContent {
  let content: ByteView
  let signature: FileSignature?

  /// Finds the signature and, where a key is configured, verifies it before anything else in the file is believed. It covers the content's
  /// digest, which the loader has yet to compare with the content.
  ///
  /// - Parameters:
  ///   - bytes: a whole file of at least a header, 128 bytes, of which bytes 16 to 23 state the content's length and 64 to 95 its digest.
  ///   - key: of whoever is trusted; nil where anybody is.
  init(_ bytes: ByteView, key: PublicKey?) throws(SignatureError) {
    let stated = bytes.u64(16)
    let start = bytes.count - SignatureLayout.bytes
    guard start >= Layout.headerBytes, stated == UInt64(start) else {
      // Any other length than the whole file's is the loader's to refuse, whoever is trusted.
      guard key == nil || stated != UInt64(bytes.count) else { throw SignatureError(.absent, at: bytes.count) }
      content = bytes
      signature = nil
      return
    }
    let found = try Self.signature(bytes, at: start)
    if let key {
      guard found.key == key.identifier else {
        throw SignatureError(.byAnotherKey, at: start + SignatureLayout.keyOffset)
      }
      guard unsafe key.hasSigned(unsafeSignature: bytes.base + start) else {
        throw SignatureError(.forged, at: start + SignatureLayout.signedBytes)
      }
    }
    content = unsafe ByteView(base: bytes.base, count: start)
    signature = found
  }

  private static func signature(_ bytes: ByteView, at start: Int) throws(SignatureError) -> FileSignature {
    guard bytes.u64(start) == SignatureLayout.magic else { throw SignatureError(.malformed, at: start) }
    guard bytes.u16(start + 8) == SignatureLayout.majorVersion, bytes.u16(start + 10) <= SignatureLayout.minorVersion
    else { throw SignatureError(.malformed, at: start + 8) }
    guard bytes.size(start + 12) == SignatureLayout.bytes else { throw SignatureError(.malformed, at: start + 12) }
    let sequence = bytes.u64(start + SignatureLayout.sequenceOffset)
    guard sequence <= SignatureLayout.maximumSequence else {
      throw SignatureError(.malformed, at: start + SignatureLayout.sequenceOffset)
    }
    for index in 0..<Layout.digestBytes
    where bytes.u8(start + SignatureLayout.digestOffset + index) != bytes.u8(Layout.digestOffset + index) {
      throw SignatureError(.ofAnotherFile, at: start + SignatureLayout.digestOffset)
    }
    return FileSignature(
      sequence: sequence,
      key: KeyIdentifier(InlineArray { bytes.u8(start + SignatureLayout.keyOffset + $0) }))
  }
}
