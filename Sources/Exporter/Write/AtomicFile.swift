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
    let draft = try AtomicDraft(path: path, target: try target(path))
    draft.put(bytes)
    try draft.finish()
  }

  /// The same for a file that need not fit into memory.
  ///
  /// - Parameter body: calls `put` with one part of the file after the other.
  /// - Throws: also what `body` threw.
  public static func write(to path: String, _ body: (_ put: ([UInt8]) -> Void) throws -> Void) throws {
    let draft = try AtomicDraft(path: path, target: try target(path))
    do {
      try body(draft.put)
    } catch {
      draft.discard()
      throw error
    }
    try draft.finish()
  }

  fileprivate static func unwritable(_ path: String, code: Int32 = errno) -> ExportError {
    .unwritable(path: path, reason: unsafe String(cString: strerror(code)))
  }
}

/// A file on its way to the place of another one. It has no name until it is whole, where the file system knows such files: a program that
/// is killed leaves nothing.
@safe
private final class AtomicDraft {
  private let path: String
  private let target: String
  /// Beside the target, so that a rename is all that is left to do.
  private let name: String
  private var isNamed: Bool
  /// O_TMPFILE, as fcntl.h composes it; Swift doesn't see the macro.
  private static let unnamed = 0x40_0000 | O_DIRECTORY
  private let file: UnsafeMutablePointer<FILE>
  /// The system's error number of the first part that could not be written, else 0.
  private var failure: Int32 = 0

  init(path: String, target: String) throws(ExportError) {
    self.path = path
    self.target = target
    name = "\(target).\(ProcessInfo.processInfo.processIdentifier).draft"
    let folder = URL(fileURLWithPath: target).deletingLastPathComponent().path
    var descriptor = unsafe open(folder, Self.unnamed | O_WRONLY | O_CLOEXEC, 0o666)
    isNamed = descriptor < 0
    // What a file system without such files says, or a kernel; every other error comes again.
    if isNamed { descriptor = unsafe open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
    guard descriptor >= 0, let file = unsafe fdopen(descriptor, "wb") else { throw AtomicFile.unwritable(path) }
    unsafe self.file = file
  }

  func put(_ bytes: [UInt8]) {
    if failure == 0, unsafe fwrite(bytes, 1, bytes.count, file) != bytes.count { failure = errno }
  }

  func finish() throws(ExportError) {
    if failure == 0, unsafe fflush(file) != 0 || fsync(fileno(file)) != 0 { failure = errno }
    if failure == 0, !isNamed { giveName() }
    unsafe fclose(file)
    if failure == 0, unsafe rename(name, target) != 0 { failure = errno }
    if failure == 0 { return }
    if isNamed { unsafe unlink(name) }
    throw AtomicFile.unwritable(path, code: failure)
  }

  /// There is no way to link over a file that is there, so the target is replaced by a rename.
  private func giveName() {
    isNamed = unsafe linkat(AT_FDCWD, "/proc/self/fd/\(fileno(file))", AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0
    if !isNamed { failure = errno }
  }

  func discard() {
    unsafe fclose(file)
    if isNamed { unsafe unlink(name) }
  }
}
