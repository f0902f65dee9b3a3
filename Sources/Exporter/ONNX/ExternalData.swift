import Foundation

/// Reads tensors that lie in files beside the model, and in no other place.
struct ExternalData {
  /// The folder of the model; nil when the model came without one.
  var folder: String?

  /// The bytes of an external tensor.
  ///
  /// - Parameter byteCount: what its dims and data type need.
  /// - Throws: `ONNXError.externalData` if the path is absolute, has a `..`, or leads out of the folder by a link; if the
  ///   file is no regular file, or doesn't hold `length` bytes at `offset`; or if `length` is not `byteCount`.
  func read(_ tensor: ONNXTensorProto, name: String, byteCount: Int) throws(ONNXError) -> Data {
    let entries = Dictionary(tensor.externalData.map { ($0.key, $0.value) }) { first, _ in first }
    let location = entries["location"] ?? ""
    func fail(_ reason: String) -> ONNXError { .externalData(tensor: name, location: location, reason: reason) }
    func number(_ key: String, default value: Int) throws(ONNXError) -> Int {
      guard let text = entries[key] else { return value }
      guard let number = Int(text), number >= 0 else { throw fail("\(key) is \"\(text)\", not a byte count") }
      return number
    }

    guard let folder else { throw fail("the model came without the folder that it lies in") }
    guard !location.isEmpty else { throw fail("no location is given") }
    guard !location.hasPrefix("/"), !location.split(separator: "/").contains(".."), !location.contains("\0") else {
      throw fail("the path leaves the model's folder")
    }
    guard let root = realPath(folder), let path = realPath(folder + "/" + location) else {
      throw fail("the file does not exist")
    }
    guard path.hasPrefix(root.hasSuffix("/") ? root : root + "/") else {
      throw fail("the path leaves the model's folder by a link")
    }
    var attributes = stat()
    guard unsafe stat(path, &attributes) == 0, attributes.st_mode & S_IFMT == S_IFREG else {
      throw fail("it is no regular file")
    }
    let size = Int(attributes.st_size)
    let offset = try number("offset", default: 0)
    guard offset <= size else { throw fail("offset \(offset) lies beyond the file's \(size) bytes") }
    let length = try number("length", default: size - offset)
    guard length <= size - offset else {
      throw fail("\(length) bytes at offset \(offset) exceed the file's \(size) bytes")
    }
    guard length == byteCount else { throw fail("the tensor needs \(byteCount) bytes, \(length) are there") }
    do {
      let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
      defer { try? file.close() }
      try file.seek(toOffset: UInt64(offset))
      let data = try file.read(upToCount: length) ?? Data()
      guard data.count == length else { throw CocoaError(.fileReadCorruptFile) }
      return data
    } catch {
      throw fail("cannot be read: \(error.localizedDescription)")
    }
  }
}

/// The path with all links resolved; nil if it leads nowhere.
private func realPath(_ path: String) -> String? {
  guard let resolved = unsafe realpath(path, nil) else { return nil }
  // realpath gave a terminated string that is ours to free.
  defer { unsafe free(resolved) }
  return unsafe String(cString: resolved)
}
