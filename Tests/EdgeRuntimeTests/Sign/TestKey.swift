import CSodium
import EdgeRuntime

/// A pair of keys, and signatures written by docs/file-format.md, without the exporter's code.
struct TestKey {
  let publicBytes: [UInt8]
  private let secret: [UInt8]

  init(seed: [UInt8]) {
    var (key, secret) = ([UInt8](repeating: 0, count: 32), [UInt8](repeating: 0, count: 64))
    unsafe ed25519_key_pair(seed, &key, &secret)
    (publicBytes, self.secret) = (key, secret)
  }

  /// Of a seed of one number.
  init(_ number: UInt8) { self.init(seed: [UInt8](repeating: number, count: 32)) }

  var publicKey: PublicKey { PublicKey(InlineArray { [publicBytes] in publicBytes[$0] }) }

  func signature(of message: [UInt8]) -> [UInt8] {
    var signature = [UInt8](repeating: 0, count: 64)
    unsafe ed25519_sign(&signature, message, message.count, secret)
    return signature
  }

  /// The 128 bytes that stand behind a signed file.
  ///
  /// - Parameter change: of the 64 bytes before they are signed.
  func trailer(of file: [UInt8], sequence: UInt64, _ change: (inout [UInt8]) -> Void = { _ in }) -> [UInt8] {
    var head = Bytes()
    head.bytes = [0x89, 0x46, 0x53, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    head.u16(1, 0)
    head.u32(128)
    head.u64(sequence)
    let digest = Digest.of { digest in unsafe publicBytes.withUnsafeBytes { unsafe digest.update($0) } }
    head.bytes += (0..<8).map { digest[$0] }
    head.bytes += file[64..<96]
    change(&head.bytes)
    return head.bytes + signature(of: head.bytes)
  }

  func signed(_ file: [UInt8], sequence: UInt64 = 0) -> [UInt8] { file + trailer(of: file, sequence: sequence) }
}
