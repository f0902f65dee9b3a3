import CLinux
import Foundation
import Testing

/// What `linux_list_folder` gives.
@Suite struct FolderTests {
  private struct Listing: Equatable {
    var names: [String] = []
    var others = 0
    var other: String?
  }

  private func list(_ files: [String]) throws -> Listing {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for file in files { try Data().write(to: folder.appendingPathComponent(file)) }
    var found = unsafe linux_folder()
    try #require(unsafe linux_list_folder(folder.path, ".pgm", &found) == 0)
    var listing = Listing()
    for index in unsafe 0..<found.count {
      let path = unsafe String(cString: found.paths![index])
      #expect(path.hasPrefix(folder.path + "/"))
      listing.names.append(String(path.dropFirst(folder.path.count + 1)))
    }
    listing.others = unsafe found.other_count
    if let other = unsafe found.other { listing.other = unsafe String(cString: other) }
    return listing
  }

  @Test func filesComeByTheBytesOfTheirNames() throws {
    let found = try list(["b.pgm", "a.pgm", "B.pgm", "10.pgm", "9.pgm", ".hidden.pgm"])
    #expect(found == Listing(names: ["10.pgm", "9.pgm", "B.pgm", "a.pgm", "b.pgm"]))
  }

  @Test func othersAreCountedAndTheFirstIsNamed() throws {
    let found = try list(["b.jpg", "a.png", "c.pgm", ".pgm", "d.pgm~", "pgm"])
    #expect(found == Listing(names: ["c.pgm"], others: 4, other: "a.png"))
  }

  @Test func aFolderOfNoneIsEmpty() throws {
    #expect(try list([]) == Listing())
  }

  @Test(arguments: [1, 2, 3, 255, 1000])
  func manyFilesAreInOrder(count: Int) throws {
    var random = SeededGenerator(seed: UInt64(count))
    let names = (0..<count).map { number in
      "\(number)-" + String(repeating: "n", count: Int.random(in: 0..<120, using: &random)) + ".pgm"
    }
    // Of ASCII, whose order is that of bytes.
    #expect(try list(names.shuffled(using: &random)).names == names.sorted())
  }

  @Test func whatIsNoFolderIsAnError() {
    var found = unsafe linux_folder()
    #expect(unsafe linux_list_folder("/dev/null", ".pgm", &found) == ENOTDIR)
    #expect(unsafe linux_list_folder("/nowhere", ".pgm", &found) == ENOENT)
    #expect(unsafe !linux_is_folder("/dev/null"))
    #expect(unsafe linux_is_folder("/dev"))
  }
}
