import EdgeRuntime
import Foundation

/// Memory at a multiple of 64, of exactly so many bytes, of the heap that a sanitizer watches.
@safe
final class Bytes {
  let bytes: UnsafeMutableRawBufferPointer

  var count: Int { unsafe bytes.count }

  /// Zeros.
  init(count: Int) {
    unsafe bytes = .allocate(byteCount: count, alignment: Layout.alignment)
    unsafe bytes.initializeMemory(as: UInt8.self, repeating: 0)
  }

  convenience init(copying source: UnsafeRawBufferPointer) {
    self.init(count: source.count)
    unsafe bytes.copyMemory(from: source)
  }

  /// A file of Tests/Fixtures.
  convenience init(fixture name: String) throws {
    try self.init(file: "Fixtures/\(name)")
  }

  /// - Parameter path: below Tests.
  convenience init(file path: String) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let data = try Data(contentsOf: folder.appending(path: path))
    self.init(count: data.count)
    unsafe data.copyBytes(to: bytes)
  }

  deinit { unsafe bytes.deallocate() }
}
