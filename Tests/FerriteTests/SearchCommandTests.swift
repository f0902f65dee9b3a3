import Foundation
import FoundationXML
import Testing

/// `ferrite search`, as a user calls it.
@Suite struct SearchCommandTests {
  private let fixture: Fixture
  private let folder: TemporaryFolder

  init() throws {
    fixture = try Fixture.shared.get()
    folder = try TemporaryFolder()
  }

  private func search(_ arguments: String..., network: String? = nil) throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(
      ["search", network ?? fixture.network, "--calibrate", fixture.images, "-o", folder.path("c.json"), "--json"]
        + arguments)
  }

  /// Bytes of the network's model with 8 bits, less so many.
  private func bytes(less: Int) throws -> Int {
    try Data(contentsOf: URL(fileURLWithPath: fixture.model)).count - less
  }

  private func points(_ outcome: BuiltProgram.Outcome, _ key: String) throws -> [[String: Any]] {
    try #require(outcome.json[key] as? [[String: Any]])
  }

  /// The model that `export --config` makes of what the search wrote.
  private func export(_ network: String, _ more: String...) throws -> [String: Any] {
    let outcome = try BuiltProgram.run(
      [
        "export", network, "-o", folder.path("m.fxm"), "--calibrate", fixture.images, "--config", folder.path("c.json"),
        "--json",
      ] + more)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.json
  }

  @Test func theConfigurationMakesTheModelThatTheSearchMeasured() throws {
    let budget = try bytes(less: 3000)
    let outcome = try search("--max-bytes", "\(budget)", "--limit", "20", "--svg", folder.path("f.svg"))
    #expect(outcome.status == 0, "\(outcome.errors)")
    let chosen = try #require(outcome.json["chosen"] as? [String: Any])
    #expect(try #require(chosen["bytes"] as? Int) <= budget)
    let model = try export(fixture.network, "--limit", "20")
    #expect(model["digest"] as? String == outcome.json["digest"] as? String)
    // Of 35 pictures, 20 calibrate, and 15 are measured on.
    #expect(outcome.json["samples"] as? Int == 15)

    let layers = try #require(chosen["layers"] as? [String: [String: Int]])
    let made = try #require(model["layers"] as? [[String: Any]])
    for layer in made {
      #expect(layer["weight_width"] as? Int == layers[layer["name"] as! String]?["weight_bits"])
    }
    let lines = try String(contentsOfFile: folder.path("c.json"), encoding: .utf8).split(separator: "\n")
    #expect(lines.filter { $0.contains("{ \"weight_bits\"") }.count == layers.count, "a line for each layer")
  }

  @Test func thePrintedAccuracyIsWhatCompareFinds() throws {
    let outcome = try search("--max-bytes", "\(bytes(less: 5000))", "--data", fixture.images)
    #expect(outcome.status == 0, "\(outcome.errors)")
    let chosen = try #require(outcome.json["chosen"] as? [String: Any])
    _ = try export(fixture.network)
    let compared = try BuiltProgram.run(
      "compare", fixture.network, folder.path("m.fxm"), "--data", fixture.images, "--json"
    ).json
    #expect(compared["samples"] as? Int == outcome.json["samples"] as? Int)
    #expect(compared["agreement"] as? Double == chosen["agreement"] as? Double)
    #expect((compared["fixed"] as? [String: Any])?["accuracy"] as? Double == chosen["accuracy"] as? Double)
  }

  @Test func theFrontFallsAndTheDrawingShowsIt() throws {
    let outcome = try search("--max-bytes", "\(bytes(less: 3000))", "--svg", folder.path("f.svg"))
    let front = try points(outcome, "front")
    #expect(front.count >= 3)
    let bytes = front.compactMap { $0["bytes"] as? Int }
    let divergences = front.compactMap { $0["divergence"] as? Double }
    #expect(bytes == bytes.sorted() && Set(bytes).count == front.count)
    #expect(divergences == divergences.sorted(by: >) && Set(divergences).count == front.count)

    let svg = try Data(contentsOf: URL(fileURLWithPath: folder.path("f.svg")))
    #expect(XMLParser(data: svg).parse())
    let text = String(decoding: svg, as: UTF8.self)
    let drawn = text.matches(of: /data-value="([^"]+)"/).compactMap { Double($0.1) }
    for divergence in divergences { #expect(drawn.contains { abs($0 - divergence) <= 1e-12 * divergence }) }
    #expect(drawn.count >= front.count && drawn.count <= front.count + 6)
    #expect(
      text.contains("<circle ") && text.contains("KiB of model file") && text.contains("prefers-color-scheme: dark"))
  }

  @Test func theSameCallWritesTheSameBytes() throws {
    func files() throws -> [Data] {
      #expect(try search("--max-loss", "5", "--svg", folder.path("f.svg")).status == 0)
      return try ["c.json", "f.svg"].map { try Data(contentsOf: URL(fileURLWithPath: folder.path($0))) }
    }
    #expect(try files() == files())
  }

  /// A trained network: 4 bits everywhere must be beaten at its size.
  @Test func mixedWidthsBeatOneWidthOfTheSameSize() throws {
    let first = try search("--max-loss", "100", "--weight-widths", "4", network: Fixture.toonNetwork)
    #expect(first.status == 0, "\(first.errors)")
    let uniform = try #require(first.json["chosen"] as? [String: Any])
    let outcome = try search(
      "--max-bytes", "\(uniform["bytes"]!)", "--weight-widths", "3,4,6", network: Fixture.toonNetwork)
    let chosen = try #require(outcome.json["chosen"] as? [String: Any])
    let (size, limit) = (try #require(chosen["bytes"] as? Int), try #require(uniform["bytes"] as? Int))
    #expect(size <= limit)
    let mixed = try #require(chosen["divergence"] as? Double)
    #expect(try mixed < 0.8 * #require(uniform["divergence"] as? Double))
  }

  @Test(arguments: [
    [], ["--max-bytes", "1000", "--max-loss", "1"], ["--max-cycles", "1000"],
    ["--max-bytes", "1", "--core", "cortex-a53"],
    ["--max-cycles", "1000", "--core", "cortex-m4"], ["--max-bytes", "0"], ["--max-loss", "-1"], ["--max-loss", "nan"],
    ["--max-bytes", "1000", "--weight-widths", "1...8"], ["--max-bytes", "1000", "--weight-widths", "4,"],
    ["--max-bytes", "1000", "--activation-widths", "17"], ["--max-bytes", "1000", "--check", "0"],
    ["--max-bytes", "1000", "--svg", ""],
  ])
  func aWrongCallExitsWith64(_ arguments: [String]) throws {
    let outcome = try BuiltProgram.run(
      ["search", fixture.network, "--calibrate", fixture.images, "-o", folder.path("c.json")] + arguments)
    #expect(outcome.status == 64 && outcome.output.isEmpty && outcome.errors.hasPrefix("Error: "), "\(outcome.errors)")
    #expect(folder.names.isEmpty)
  }

  @Test func whatCannotBeReachedIsSaidAndNothingIsWritten() throws {
    func expectBadData(_ arguments: [String], _ message: String) throws {
      let outcome = try BuiltProgram.run(
        ["search", fixture.network, "-o", folder.path("c.json"), "--svg", folder.path("f.svg")] + arguments)
      #expect(outcome.status == 65 && outcome.output.isEmpty && outcome.errors.contains(message), "\(outcome)")
      #expect(!folder.names.contains("c.json") && !folder.names.contains("f.svg"))
    }
    let data = ["--calibrate", fixture.images]
    try expectBadData(data + ["--max-bytes", "2000"], "2000 bytes are too few: the least possible is ")
    try expectBadData(
      data + ["--max-cycles", "1000", "--core", "cortex-a72"], "1000 cycles a frame are too few: the least possible is "
    )
    // Labels stand beside the pictures.
    let images = try folder.write(try Data(contentsOf: URL(fileURLWithPath: fixture.images)), to: "bare-images.npy")
    try expectBadData(["--calibrate", images, "--max-loss", "1"], "bare-labels.npy")
    try expectBadData(data + ["--max-loss", "1", "--data", "absent"], "absent: cannot be read")
  }
}
