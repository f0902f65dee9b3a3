import EdgeRuntime

/// A model or a cascade, checked whole, and by a key if there is one.
struct SignableFile {
  let bytes: [UInt8]
  let digest: String
  let signature: FileSignature?

  /// - Throws: `BadData` with the path, the fault and its byte offset.
  init(path: String, key: PublicKey? = nil) throws {
    if path.hasSuffix(LoadedCascade.suffix) {
      let cascade = try LoadedCascade(path: path, key: key)
      (bytes, digest) = (unsafe Array(cascade.file.unsafeFile), cascade.file.digest.hexadecimal)
      signature = cascade.file.signature
    } else {
      let model = try LoadedModel(path: path, key: key)
      (bytes, digest) = (unsafe Array(model.file.unsafeFile), model.file.digest.hexadecimal)
      signature = model.file.signature
    }
  }

  /// What is told of a signed file.
  func report(json: Bool, path: String) throws -> String {
    guard let signature else { throw BadData("\(path): is not signed") }
    guard json else {
      return "\(path): signed by key \(signature.key.hexadecimal), sequence \(signature.sequence)\ndigest: \(digest)"
    }
    let document: JSON = [
      "file": JSON(path), "key": JSON(signature.key.hexadecimal), "sequence": JSON(signature.sequence),
      "digest": JSON(digest),
    ]
    return "\(document)"
  }
}

extension KeyIdentifier {
  /// 16 lower-case digits.
  var hexadecimal: String {
    (0..<bytes.count).map { bytes[$0] }.reduce(into: "") { $0 += ($1 < 16 ? "0" : "") + String($1, radix: 16) }
  }
}

extension FileSignature? {
  /// As `inspect` tells it: null of a file that isn't signed.
  var json: JSON {
    guard let signature = self else { return .null }
    return ["key": JSON(signature.key.hexadecimal), "sequence": JSON(signature.sequence)]
  }

  var text: String {
    map { "by key \($0.key.hexadecimal), sequence \($0.sequence), not verified" } ?? "none"
  }
}
