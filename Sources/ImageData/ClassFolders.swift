import FoundationEssentials

/// A folder of folders named after classes, each holding that class's pictures; where there are no classes, a folder of pictures and of
/// folders of pictures. Hidden files are passed over.
struct ClassFolders: Sendable {
  struct File: Sendable {
    /// `class/file`, below `path`.
    var id: String
    var label: Int
  }

  let path: String
  /// Sorted by class folder, then by name, bytewise: the same order on every machine.
  let files: [File]

  static let suffixes = [".jpg", ".jpeg", ".png", ".pgm"]

  /// Lists the pictures; every class folder must be one of `labels`, if there are any, and hold pictures alone.
  init(path: String, labels: [String]) throws(DataError) {
    self.path = path
    let entries = try ClassFolders.list(path)
    let folders = entries.filter { ClassFolders.isFolder("\(path)/\($0)") }
    guard !labels.isEmpty else {
      files = try ClassFolders.pictures(path, entries, folders)
      return
    }
    let unknown = folders.filter { !labels.contains($0) }
    guard unknown.isEmpty else { throw DataError(path, .unknownClasses(unknown, known: labels)) }
    var files: [File] = []
    for folder in folders {
      guard let label = labels.firstIndex(of: folder) else { continue }
      for name in try ClassFolders.list("\(path)/\(folder)") {
        guard ClassFolders.suffixes.contains(where: name.lowercased().hasSuffix) else {
          throw DataError("\(path)/\(folder)/\(name)", .unknownImageKind)
        }
        files.append(File(id: "\(folder)/\(name)", label: label))
      }
    }
    self.files = files
  }

  /// The pictures of a folder, whatever else lies there, then those of its folders, all of no class.
  private static func pictures(_ path: String, _ entries: [String], _ folders: [String]) throws(DataError) -> [File] {
    func isPicture(_ name: String) -> Bool { suffixes.contains(where: name.lowercased().hasSuffix) }
    var ids = entries.filter { !folders.contains($0) && isPicture($0) }
    for folder in folders {
      for name in try list("\(path)/\(folder)") {
        guard isPicture(name) else { throw DataError("\(path)/\(folder)/\(name)", .unknownImageKind) }
        ids.append("\(folder)/\(name)")
      }
    }
    return ids.map { File(id: $0, label: 0) }
  }

  func sample(_ index: Int, extent: ImageExtent, resize: Resize?) throws(DataError) -> Sample {
    let file = files[index]
    let image = try PixelImage(path: "\(path)/\(file.id)", extent: extent, resize: resize)
    return Sample(id: file.id, label: file.label, image: image)
  }

  private static func list(_ folder: String) throws(DataError) -> [String] {
    do {
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { !$0.hasPrefix(".") }
      return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    } catch {
      throw DataError(folder, .unreadable(reason: "the folder cannot be listed"))
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder
  }
}
