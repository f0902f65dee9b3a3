import Foundation
import Testing

@testable import ferrite

@Suite("ferrite faces")
struct FacesCommandTests {
  /// Runs the command in a folder of its own and returns its exit code and the paths of the files that it left there.
  private func run(_ arguments: String..., existing: String? = nil) throws -> (code: Int32, files: [String]) {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    if let existing { try Data("kept".utf8).write(to: folder.appendingPathComponent(existing)) }
    var code: Int32 = 0
    do {
      let command = try Faces.parse(arguments.map { $0.replacingOccurrences(of: "@", with: folder.path) })
      try command.run()
    } catch {
      code = error is BadData ? 65 : Faces.exitCode(for: error).rawValue
    }
    let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
    return (code, files.sorted())
  }

  @Test("writes arrays")
  func arrays() throws {
    let result = try run("-o", "@/toon", "--count", "8", "--seed", "1")
    #expect(result.code == 0)
    #expect(result.files == ["toon-images.npy", "toon-labels.npy", "toon-theta.npy"])
  }

  @Test("writes a folder for each class", arguments: ["pgm", "png"])
  func folders(format: String) throws {
    let result = try run("-o", "@/toon", "--count", "8", "--seed", "1", "--format", format)
    #expect(result.code == 0)
    let angry = result.files.filter { $0.hasPrefix("toon/angry/") }
    #expect(angry == ["toon/angry/000000.\(format)", "toon/angry/000007.\(format)"])
    #expect(result.files.count { $0.hasSuffix(".\(format)") } == 8)
  }

  @Test(
    "answers a wrong command with exit code 64 and no file",
    arguments: [
      ["--count", "0", "--seed", "1"], ["--count", "-7", "--seed", "1"], ["--count", "7"],
      ["--count", "7", "--seed", "-1"], ["--count", "7", "--seed", "1", "--size", "47"],
      ["--count", "7", "--seed", "1", "--size", "1025"], ["--count", "7", "--seed", "1", "--format", "gif"],
      ["--count", "7001", "--seed", "1", "--format", "sheet"],
    ])
  func wrongUsage(arguments: [String]) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    var code: Int32 = 0
    do {
      let command = try Faces.parse(["-o", folder.path] + arguments)
      try command.run()
    } catch {
      code = error is BadData ? 65 : Faces.exitCode(for: error).rawValue
    }
    #expect(code == 64)
    #expect(!FileManager.default.fileExists(atPath: folder.path))
  }

  @Test("leaves nothing behind where it can't write", arguments: ["npy", "pgm", "sheet"])
  func missingFolder(format: String) throws {
    let result = try run("-o", "@/nowhere/toon", "--count", "7", "--seed", "1", "--format", format)
    #expect(result.code == 65)
    #expect(result.files.isEmpty)
  }

  @Test("leaves a folder alone that exists")
  func existingFolder() throws {
    let result = try run("-o", "@/toon", "--count", "7", "--seed", "1", "--format", "pgm", existing: "toon")
    #expect(result.code == 65)
    #expect(result.files == ["toon"])
  }
}
