import CLinux
import EdgeProgram

extension Word {
  /// Reads the file that the word names, as far as there is room.
  ///
  /// - Returns: the bytes that were read.
  @inline(never)
  func read(into bytes: inout MutableSpan<UInt8>) throws(EdgeError) -> Int {
    let descriptor = unsafe linux_open(start)
    guard descriptor >= 0 else { throw .unreadable(self, systemError: -descriptor) }
    defer { linux_close(descriptor) }
    var count = 0
    var got = 0
    repeat {
      // No more than what is left of the span.
      got = unsafe bytes.withUnsafeMutableBytes {
        unsafe linux_read(descriptor, $0.baseAddress! + count, $0.count - count)
      }
      guard got >= 0 else { throw .unreadable(self, systemError: Int32(-got)) }
      count += got
    } while got > 0
    return count
  }
}
