import CSodium

/// What a key is called: the first eight bytes of its BLAKE2b-256. A hint, by which a wrong key is told from a false signature.
public struct KeyIdentifier: Equatable, Sendable {
  public let bytes: InlineArray<8, UInt8>

  init(_ bytes: InlineArray<8, UInt8>) { self.bytes = bytes }

  public static func == (left: KeyIdentifier, right: KeyIdentifier) -> Bool {
    for index in 0..<left.bytes.count where left.bytes[index] != right.bytes[index] { return false }
    return true
  }
}

/// A public key of Ed25519 (RFC 8032), by which a device knows whose files it runs.
public struct PublicKey: Sendable {
  public static let byteCount = 32
  /// What a key file starts with; a blank, 64 lower-case hexadecimal digits and a line feed follow, and nothing else.
  public static let label: StaticString = "ferrite-public-key"
  /// How a file starts that must never lie on a device.
  public static let secretLabel: StaticString = "ferrite-secret-key"
  /// Bytes of a key file.
  public static var fileBytes: Int { label.utf8CodeUnitCount + 1 + 2 * byteCount + 1 }

  public let bytes: InlineArray<32, UInt8>
  public let identifier: KeyIdentifier

  public init(_ bytes: InlineArray<32, UInt8>) {
    self.bytes = bytes
    let digest = Digest.of { digest in unsafe bytes.span.withUnsafeBytes { unsafe digest.update($0) } }
    identifier = KeyIdentifier(InlineArray { digest[$0] })
  }

  /// Reads a key file.
  ///
  /// - Parameter text: the whole file, or more than `fileBytes` bytes of a longer one.
  public init(text: RawSpan) throws(KeyError) {
    guard !text.starts(with: Self.secretLabel) else { throw .secret }
    guard text.starts(with: Self.label) else { throw .label }
    let start = Self.label.utf8CodeUnitCount + 1
    guard text.byteCount == Self.fileBytes, text.byte(start - 1) == UInt8(ascii: " "),
      text.byte(Self.fileBytes - 1) == UInt8(ascii: "\n")
    else { throw .length }
    var bytes = InlineArray<32, UInt8>(repeating: 0)
    for index in 0..<Self.byteCount {
      guard let high = text.digit(start + 2 * index), let low = text.digit(start + 2 * index + 1) else { throw .digit }
      bytes[index] = high << 4 | low
    }
    self.init(bytes)
  }

  /// Whether a signature behind a file is this key's, by libsodium's strict rules: every encoding canonical, no point of small order.
  ///
  /// - Parameter signature: `SignatureLayout.bytes` bytes.
  func hasSigned(unsafeSignature signature: UnsafeRawPointer) -> Bool {
    // The signature's 64 bytes stand behind the 64 that it is of; both lie within what the caller has.
    unsafe bytes.span.withUnsafeBytes { key in
      unsafe ed25519_is_signature(
        signature + SignatureLayout.signedBytes, signature, SignatureLayout.signedBytes, key.baseAddress!) != 0
    }
  }
}

/// Why a text is no public key.
public enum KeyError: Error, Equatable, Sendable {
  case label, secret, length, digit

  public var message: StaticString {
    switch self {
    case .label: "this is no public key of ferrite keygen"
    case .secret: "this is a secret key, which belongs on no device; take the .pub beside it"
    case .length: "the public key is cut short, or something stands behind it"
    case .digit: "the public key has something else than lower-case hexadecimal digits"
    }
  }
}

extension RawSpan {
  fileprivate func byte(_ index: Int) -> UInt8 { unsafe unsafeLoad(fromByteOffset: index, as: UInt8.self) }

  fileprivate func starts(with text: StaticString) -> Bool {
    guard byteCount >= text.utf8CodeUnitCount else { return false }
    for index in 0..<text.utf8CodeUnitCount where unsafe byte(index) != text.utf8Start[index] { return false }
    return true
  }

  /// The value of a lower-case hexadecimal digit.
  fileprivate func digit(_ index: Int) -> UInt8? {
    switch byte(index) {
    case let digit where UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit: digit - UInt8(ascii: "0")
    case let digit where UInt8(ascii: "a")...UInt8(ascii: "f") ~= digit: digit - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}
