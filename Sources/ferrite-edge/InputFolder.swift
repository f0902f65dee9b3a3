import CLinux
import EdgeProgram
import EdgeRuntime

/// The PGM files of a folder, by name.
@safe
struct InputFolder {
  private let listing: linux_folder
  private var next = 0

  /// - Returns: nil for what is no folder.
  init?(_ path: Word) throws(EdgeError) {
    guard unsafe linux_is_folder(path.start) else { return nil }
    var listing = unsafe linux_folder()
    let error = unsafe linux_list_folder(path.start, Word(".pgm" as StaticString).start, &listing)
    guard error == 0 else { throw .unreadable(path, systemError: error) }
    guard unsafe listing.count > 0 else { throw .noImages(path) }
    unsafe self.listing = listing
    if let other = unsafe listing.other { unsafe Self.warn(path, Word(other), count: listing.other_count) }
  }

  private static func warn(_ path: Word, _ other: Word, count: Int) {
    var writer = TextWriter.standardError
    writer.text("ferrite-edge: warning: ")
    writer.text(path)
    writer.text(": what is no .pgm is left out, such as ")
    writer.text(other)
    writer.text(" (")
    writer.integer(count)
    writer.text(" in all): a device reads PGM alone\n")
    writer.flush()
  }

  mutating func nextFile() -> Word? {
    guard unsafe next < listing.count, let paths = unsafe listing.paths else { return nil }
    defer { next += 1 }
    return unsafe Word(paths[next])
  }
}
