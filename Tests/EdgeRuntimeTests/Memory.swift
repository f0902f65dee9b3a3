/// Elements at a fixed place, 64-byte aligned, for calls that take pointers.
@safe
final class Memory<Element: BitwiseCopyable> {
  private let raw: UnsafeMutableRawPointer
  let pointer: UnsafeMutablePointer<Element>
  let count: Int

  init(_ elements: [Element]) {
    count = elements.count
    unsafe raw = UnsafeMutableRawPointer.allocate(
      byteCount: max(1, elements.count * MemoryLayout<Element>.stride), alignment: 64)
    unsafe pointer = raw.bindMemory(to: Element.self, capacity: elements.count)
    unsafe pointer.initialize(from: elements, count: elements.count)
  }

  deinit { unsafe raw.deallocate() }

  var elements: [Element] { unsafe Array(UnsafeBufferPointer(start: pointer, count: count)) }
  var bytes: UnsafeMutableRawBufferPointer {
    unsafe UnsafeMutableRawBufferPointer(start: raw, count: count * MemoryLayout<Element>.stride)
  }
}
