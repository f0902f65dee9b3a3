import CSodium

/// BLAKE2b-256 (RFC 7693), by libsodium.
@safe
public struct Digest: ~Copyable {
  private let state: UnsafeMutablePointer<blake2b_state>

  /// Calls `body` with a running digest and returns the 32 bytes.
  public static func of(_ body: (borrowing Digest) -> Void) -> InlineArray<32, UInt8> {
    var storage = blake2b_state()
    var result = InlineArray<32, UInt8>(repeating: 0)
    unsafe withUnsafeMutablePointer(to: &storage) { state in
      unsafe blake2b_begin(state)
      body(unsafe Digest(state: state))
      var bytes = result.mutableSpan
      unsafe bytes.withUnsafeMutableBufferPointer { unsafe blake2b_end(state, $0.baseAddress) }
    }
    return result
  }

  private init(state: UnsafeMutablePointer<blake2b_state>) { unsafe self.state = state }

  public func update(_ bytes: UnsafeRawBufferPointer) {
    unsafe blake2b_update(state, bytes.baseAddress, bytes.count)
  }

  /// A value's four bytes, little-endian.
  public func update(_ value: Int32) {
    unsafe withUnsafeBytes(of: value.littleEndian) { unsafe update($0) }
  }
}

extension Digest {
  /// The digest of a whole model file, its digest field taken as zeros. The caller has checked that the header is there.
  public static func ofModel(_ file: UnsafeRawBufferPointer) -> InlineArray<32, UInt8> {
    let zeros = InlineArray<32, UInt8>(repeating: 0)
    return of { digest in
      unsafe digest.update(UnsafeRawBufferPointer(rebasing: file[..<Layout.digestOffset]))
      unsafe zeros.span.withUnsafeBytes { unsafe digest.update($0) }
      unsafe digest.update(UnsafeRawBufferPointer(rebasing: file[(Layout.digestOffset + Layout.digestBytes)...]))
    }
  }
}
