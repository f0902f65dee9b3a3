import CSodium
import EdgeRuntime

/// A pair of Ed25519 keys (RFC 8032), made from a seed of 32 bytes.
public struct KeyPair: Sendable {
  static let seedBytes = 32
  static let secretBytes = 64
  static let signatureBytes = 64

  public let publicKey: PublicKey
  let seed: [UInt8]
  /// The seed with the public key behind it, as libsodium takes it.
  private let secret: [UInt8]

  /// - Parameter seed: 32 bytes that nobody can guess.
  public init(seed: [UInt8]) {
    precondition(seed.count == Self.seedBytes, "a seed has 32 bytes")
    var secret = [UInt8](repeating: 0, count: Self.secretBytes)
    var key = [UInt8](repeating: 0, count: PublicKey.byteCount)
    // libsodium writes 32 and 64 bytes, and reads 32.
    unsafe ed25519_key_pair(seed, &key, &secret)
    self.seed = seed
    self.secret = secret
    publicKey = PublicKey(InlineArray { [key] in key[$0] })
  }

  /// The signature of `message`, 64 bytes.
  public func signature(of message: [UInt8]) -> [UInt8] {
    var signature = [UInt8](repeating: 0, count: Self.signatureBytes)
    // libsodium writes 64 bytes.
    unsafe ed25519_sign(&signature, message, message.count, secret)
    return signature
  }

  /// A file with a signature behind it (docs/file-format.md), in the place of the one that it may have.
  ///
  /// - Parameters:
  ///   - file: a whole model or cascade, checked by the loader.
  ///   - sequence: 0...2^53-1.
  public func signed(_ file: [UInt8], sequence: UInt64) -> [UInt8] {
    precondition(sequence <= SignatureLayout.maximumSequence, "a sequence number is above 2^53-1")
    // Bytes 16 to 23 of both kinds of header: the content's length, which the loader has compared with the file's.
    let length = file[16..<24].reversed().reduce(0) { $0 << 8 | Int($1) }
    let content = file[..<length]
    var trailer = ByteWriter()
    trailer.put(SignatureLayout.magic)
    trailer.put(SignatureLayout.majorVersion)
    trailer.put(SignatureLayout.minorVersion)
    trailer.size(SignatureLayout.bytes)
    trailer.put(sequence)
    for index in 0..<SignatureLayout.keyBytes { trailer.put(publicKey.identifier.bytes[index]) }
    trailer.put(Array(content[Layout.digestOffset..<Layout.digestOffset + Layout.digestBytes]))
    return content + trailer.bytes + signature(of: trailer.bytes)
  }
}
