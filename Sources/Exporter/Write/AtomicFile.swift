import Foundation

/// Writes a file whole or not at all.
public enum AtomicFile {
  /// Finds out before long work whether its result could be written.
  ///
  /// - Throws: `ExportError.unwritable` if `path` is there and no ordinary file, or its folder is absent or read-only.
  public static func checkWritable(_ path: String) throws(ExportError) {
    let target = try target(path)
    let folder = URL(fileURLWithPath: target).deletingLastPathComponent().path
    guard unsafe access(folder, W_OK | X_OK) == 0 else { throw unwritable(path) }
  }

  /// Where the file really lies: a link is followed, so that it stays one.
  private static func target(_ path: String) throws(ExportError) -> String {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return path }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw .unwritable(path: path, reason: "it is there and no ordinary file")
    }
    guard let resolved = unsafe realpath(path, nil) else { throw unwritable(path) }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  /// Writes `bytes` to a new file beside `path`, flushes it to the disk and renames it over `path`.
  ///
  /// - Throws: `ExportError.unwritable`; then `path` is as it was, and nothing is left beside it.
  public static func write(_ bytes: [UInt8], to path: String) throws(ExportError) {
    let target = try target(path)
    let draft = "\(target).\(ProcessInfo.processInfo.processIdentifier).draft"
    guard let file = unsafe fopen(draft, "wbx") else { throw unwritable(path) }
    let isWritten = unsafe fwrite(bytes, 1, bytes.count, file) == bytes.count && fflush(file) == 0
    let isFlushed = unsafe isWritten && fsync(fileno(file)) == 0
    let failure = isFlushed ? 0 : errno
    unsafe fclose(file)
    if isFlushed, unsafe rename(draft, target) == 0 { return }
    let error = unwritable(path, code: isFlushed ? errno : failure)
    unsafe unlink(draft)
    throw error
  }

  private static func unwritable(_ path: String, code: Int32 = errno) -> ExportError {
    .unwritable(path: path, reason: unsafe String(cString: strerror(code)))
  }
}
