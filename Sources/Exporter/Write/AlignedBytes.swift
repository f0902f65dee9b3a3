import EdgeRuntime

/// Memory at a multiple of 64, as the runtime asks of model files and arenas. Zero at first.
@safe
final class AlignedBytes {
  private let memory: UnsafeMutableRawBufferPointer

  init(count: Int) {
    unsafe memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: Layout.alignment)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
  }

  convenience init(_ bytes: [UInt8]) {
    self.init(count: bytes.count)
    unsafe memory.copyBytes(from: bytes)
  }

  deinit { unsafe memory.deallocate() }

  /// Valid as long as this object.
  var unsafeBytes: UnsafeMutableRawBufferPointer { unsafe memory }
}
