import Foundation

/// Writes a file whole or not at all.
public enum AtomicFile {
  /// Writes `bytes` to a new file beside `path`, flushes it to the disk and renames it over `path`.
  ///
  /// - Throws: `ExportError.unwritable`; then `path` is as it was, and nothing is left beside it.
  public static func write(_ bytes: [UInt8], to path: String) throws(ExportError) {
    let draft = "\(path).\(ProcessInfo.processInfo.processIdentifier).draft"
    guard let file = unsafe fopen(draft, "wbx") else { throw unwritable(path) }
    let isWritten = unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count && fflush(file) == 0
    let isFlushed = unsafe isWritten && fsync(fileno(file)) == 0
    let failure = isFlushed ? 0 : errno
    unsafe fclose(file)
    if isFlushed, unsafe rename(draft, path) == 0 { return }
    let error = unwritable(path, code: isFlushed ? errno : failure)
    unsafe unlink(draft)
    throw error
  }

  private static func unwritable(_ path: String, code: Int32 = errno) -> ExportError {
    .unwritable(path: path, reason: unsafe String(cString: strerror(code)))
  }
}
