import Foundation
import Testing

/// A frame's work shared among threads, on the drawn-face network, whose layers are large enough to be divided.
@Suite("--threads") struct ThreadsTests {
  private struct Model {
    static let shared = Result { try Model() }
    let folder: TemporaryFolder
    var path: String { folder.path("toon.fxm") }
    var faces: String { folder.path("faces") }

    init() throws {
      folder = try TemporaryFolder()
      for arguments in [
        ["faces", "--count", "14", "--seed", "5", "--size", "48", "--format", "pgm", "--output", faces],
        ["export", Fixture.toonNetwork, "-o", path, "--calibrate", faces],
      ] {
        let outcome = try BuiltProgram.run(arguments)
        guard outcome.status == 0 else { throw Fixture.Failure(description: "\(arguments): \(outcome.errors)") }
      }
    }
  }

  @Test("of any number give the same bits", arguments: [2, 3, 4, 7])
  func sameBits(_ threads: Int) throws {
    let model = try Model.shared.get()
    let run = ["run", model.path, "--data", model.faces, "--json"]
    let one = try BuiltProgram.run(run)
    #expect(one.status == 0 && one.lines.count == 14, "\(one.errors)")
    let several = try BuiltProgram.run(run + ["--threads", "\(threads)"])
    #expect(several.status == 0 && several.output == one.output, "\(several.errors)")
    let processors = ProcessInfo.processInfo.activeProcessorCount
    let warned = several.errors.contains("Warning: \(threads) threads on \(processors) processor")
    #expect(warned == (threads > processors), "\(several.errors)")
  }

  @Test("pass the self-test by every instruction set, the scalar reference included")
  func selftest() throws {
    let outcome = try BuiltProgram.run("selftest", try Model.shared.get().path, "--threads", "3", "--json")
    #expect(outcome.status == 0 && outcome.json["passed"] as? Bool == true, "\(outcome.errors)")
    #expect((outcome.json["isa"] as? [String])?.first == "scalar")
  }

  @Test("allocate nothing after the start")
  func allocations() throws {
    let outcome = try BuiltProgram.run(
      "bench", try Model.shared.get().path, "--threads", "2", "--frames", "100", "--json")
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.json["threads"] as? Int == 2 && outcome.json["allocations"] as? Int == 0)
  }

  @Test("are 1 to 64", arguments: ["0", "65", "1000"], ["bench", "selftest", "run"])
  func wrongNumbers(_ number: String, _ command: String) throws {
    let outcome = try BuiltProgram.run(
      [command, "m.fxm"] + (command == "run" ? ["a.pgm"] : []) + ["--threads", number])
    #expect(outcome.status == 64 && outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("Error: --threads \(number): 1 to 64 can be used"), "\(outcome.errors)")
  }
}
