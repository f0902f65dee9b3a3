import Foundation
import Testing

/// `export --dry-run`: what keeps a network from being exported, without pictures and without a file.
@Suite struct DryRunTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// The tiny network with another operator, of as many letters, in the place of its ReLU.
  private func network(withReluAs name: String) throws -> String {
    var bytes = TinyNetwork.onnx
    let relu = Array("Relu".utf8)
    let place = try #require(bytes.indices.dropLast(3).first { Array(bytes[$0..<$0 + 4]) == relu })
    bytes.replaceSubrange(place..<place + 4, with: Array(name.utf8))
    return try folder.write(bytes, to: "network.onnx")
  }

  @Test func aSoundNetworkCanBeExported() throws {
    let path = try network(withReluAs: "Relu")
    let outcome = try BuiltProgram.run("export", path, "--dry-run", "-o", folder.path("model.fxm"))
    #expect(outcome.status == 0 && outcome.errors.isEmpty)
    #expect(outcome.output == "\(path): can be exported, 2 layers\n")
    #expect(!FileManager.default.fileExists(atPath: folder.path("model.fxm")))
    let json = try BuiltProgram.run("export", path, "--dry-run", "--json").json
    #expect(json["exportable"] as? Bool == true && json["layers"] as? Int == 2)
    #expect((json["problems"] as? [Any])?.isEmpty == true)
  }

  @Test func aProblemComesWithItsNodeAndWhatIsNearest() throws {
    let path = try network(withReluAs: "Tile")
    let outcome = try BuiltProgram.run("export", path, "--dry-run")
    #expect(outcome.status == 65)
    #expect(
      outcome.lines.prefix(4) == [
        "\(path): 1 problem", #"  node "relu" (Tile): the operator is not supported"#,
        "    inputs: conv [1, 4, 24, 24]",
        "    nearest: Resize by a whole factor",
      ])
    #expect(outcome.lines.last?.hasPrefix("  3 nodes behind were not looked at") == true)
    let json = try BuiltProgram.run("export", path, "--dry-run", "--json").json
    #expect(json["exportable"] as? Bool == false && json["unread_nodes"] as? Int == 3)
    let problem = try #require((json["problems"] as? [[String: Any]])?.first)
    #expect(problem["node"] as? String == "relu" && problem["operator"] as? String == "Tile")
    #expect(((problem["inputs"] as? [[String: Any]])?.first?["dims"] as? [Int]) == [1, 4, 24, 24])
  }

  @Test func aFileThatCannotBeReadIsBadData() throws {
    let outcome = try BuiltProgram.run("export", folder.path("nothing.onnx"), "--dry-run")
    #expect(outcome.status == 65 && outcome.output.isEmpty && outcome.errors.contains("nothing.onnx"))
    #expect(try BuiltProgram.run("export", "cascade.xml", "--dry-run").status == 64)
    // Without it, an output is asked for.
    #expect(try BuiltProgram.run("export", "network.onnx", "--calibrate", "faces").status == 64)
  }
}
