import EdgeRuntime
import Foundation

/// Why a file holds no key that can be used.
public enum KeyFileError: Error, CustomStringConvertible {
  case unreadable(path: String, reason: String)
  case malformed(path: String, reason: String)
  /// Others than its owner may use it.
  case exposed(path: String, mode: UInt32)
  case exists(path: String)
  case unwritable(path: String, reason: String)

  public var description: String {
    switch self {
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .malformed(let path, let reason): "\(path): \(reason)"
    case .exposed(let path, let mode):
      "\(path): others than its owner may read or write this secret key (mode \(String(mode, radix: 8))): chmod 600 it, and "
        + "make a new key if they may have"
    case .exists(let path): "\(path): is there already, and a key that was replaced is lost"
    case .unwritable(let path, let reason): "\(path): can't be written: \(reason)"
    }
  }
}

/// The texts that hold keys: a line each (docs/signing.md).
public enum KeyFile {
  /// More than any key file has, so that a longer one shows.
  private static let readBytes = 1024

  /// Makes a pair of keys from the system's random numbers and writes `name.key`, which its owner alone may read, and `name.pub`.
  ///
  /// - Throws: `KeyFileError`; then neither file is new.
  public static func generate(name: String) throws(KeyFileError) -> KeyPair {
    var seed = [UInt8](repeating: 0, count: KeyPair.seedBytes)
    guard unsafe getentropy(&seed, seed.count) == 0 else {
      throw .unreadable(path: "getentropy", reason: unsafe String(cString: strerror(errno)))
    }
    let pair = KeyPair(seed: seed)
    let (secretPath, publicPath) = (name + ".key", name + ".pub")
    try create(secretPath, secretText(pair), mode: 0o600)
    do {
      try create(publicPath, publicText(pair.publicKey), mode: 0o644)
    } catch {
      unsafe unlink(secretPath)
      throw error
    }
    return pair
  }

  public static func publicText(_ key: PublicKey) -> String {
    "\(PublicKey.label) \((0..<PublicKey.byteCount).map { key.bytes[$0] }[...].hexadecimal)\n"
  }

  /// The seed, and the public key that comes of it, by which damage shows.
  static func secretText(_ pair: KeyPair) -> String {
    let key = (0..<PublicKey.byteCount).map { pair.publicKey.bytes[$0] }
    return "\(PublicKey.secretLabel) \(pair.seed[...].hexadecimal) \(key[...].hexadecimal)\n"
  }

  /// Reads a public key.
  public static func publicKey(path: String) throws(KeyFileError) -> PublicKey {
    let (text, _) = try read(path)
    do throws(KeyError) { return unsafe try PublicKey(text: text.span.bytes) } catch {
      throw .malformed(path: path, reason: "\(error.message)")
    }
  }

  /// Reads a secret key that nobody but its owner may read or write.
  public static func keyPair(path: String) throws(KeyFileError) -> KeyPair {
    let (text, mode) = try read(path)
    let words = String(decoding: text, as: UTF8.self).split(separator: " ", omittingEmptySubsequences: false)
    guard let label = words.first, label == "\(PublicKey.secretLabel)" else {
      let isPublic = words.first.map { $0 == "\(PublicKey.label)" } ?? false
      throw .malformed(
        path: path,
        reason: isPublic ? "this is a public key; take the .key beside it" : "this is no secret key of ferrite keygen")
    }
    guard mode & 0o077 == 0 else { throw .exposed(path: path, mode: mode) }
    let digits = 2 * KeyPair.seedBytes
    guard words.count == 3, words[1].utf8.count == digits, words[2].utf8.count == digits + 1, words[2].last == "\n",
      let seed = bytes(words[1]), let key = bytes(words[2].dropLast())
    else { throw .malformed(path: path, reason: "the secret key is cut short or damaged") }
    let pair = KeyPair(seed: seed)
    guard key == (0..<PublicKey.byteCount).map({ pair.publicKey.bytes[$0] }) else {
      throw .malformed(path: path, reason: "the secret key is damaged: its halves don't belong together")
    }
    return pair
  }

  /// Of lower-case hexadecimal digits, two a byte; nil of others.
  private static func bytes(_ text: Substring) -> [UInt8]? {
    let digits = text.utf8.map {
      UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0 ? nil : Character(Unicode.Scalar($0)).hexDigitValue
    }
    guard digits.count % 2 == 0, !digits.contains(nil) else { return nil }
    return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0]! << 4 | digits[$0 + 1]!) }
  }

  private static func read(_ path: String) throws(KeyFileError) -> (text: [UInt8], mode: UInt32) {
    // Whatever stands there is looked at before it is waited for.
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw unreadable(path) }
    defer { close(file) }
    var status = stat()
    guard unsafe fstat(file, &status) == 0 else { throw unreadable(path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unreadable(path: path, reason: "it is no ordinary file")
    }
    var text = [UInt8](repeating: 0, count: readBytes)
    // A key file is shorter than a page: one call reads all of it.
    let count = unsafe Foundation.read(file, &text, text.count)
    guard count >= 0 else { throw unreadable(path) }
    return (Array(text[..<count]), status.st_mode & 0o7777)
  }

  /// Writes a new file to the disk; an existing one is left alone.
  private static func create(_ path: String, _ text: String, mode: mode_t) throws(KeyFileError) {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard file >= 0 else {
      if errno == EEXIST { throw .exists(path: path) }
      throw .unwritable(path: path, reason: unsafe String(cString: strerror(errno)))
    }
    let bytes = Array(text.utf8)
    var failure: Int32 = 0
    let count = unsafe write(file, bytes, bytes.count)
    // Less than all is a disk that is full.
    if count != bytes.count { failure = count < 0 ? errno : ENOSPC }
    if failure == 0, fsync(file) != 0 { failure = errno }
    if close(file) != 0, failure == 0 { failure = errno }
    guard failure != 0 else { return }
    unsafe unlink(path)
    throw .unwritable(path: path, reason: unsafe String(cString: strerror(failure)))
  }

  private static func unreadable(_ path: String) -> KeyFileError {
    .unreadable(path: path, reason: unsafe String(cString: strerror(errno)))
  }
}
