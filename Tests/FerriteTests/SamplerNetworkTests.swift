import Foundation
import Testing

/// Networks that sample in each way ONNX knows, as a user exports and compares them.
@Suite struct SamplerNetworkTests {
  private let fixture: Fixture
  private let folder: TemporaryFolder

  init() throws {
    fixture = try Fixture.shared.get()
    folder = try TemporaryFolder()
  }

  /// Exports a network with a sampler; the model's path is `sampler.fxm`.
  private func export(mode: String, padding: String, corners: (grid: UInt64, image: UInt64)) throws
    -> BuiltProgram.Outcome
  {
    try folder.write(TinyNetwork.samplerONNX(mode: mode, padding: padding, corners: corners), to: "sampler.onnx")
    return try BuiltProgram.run(
      "export", folder.path("sampler.onnx"), "-o", folder.path("sampler.fxm"), "--calibrate", fixture.images)
  }

  @Test(
    "fixed point agrees with float however the sampler samples",
    arguments: ["linear", "nearest"], ["zeros", "border", "reflection"])
  func agreesWithFloat(mode: String, padding: String) throws {
    for (grid, image) in [(UInt64(0), UInt64(0)), (1, 1), (0, 1)] {
      let exported = try export(mode: mode, padding: padding, corners: (grid, image))
      try #require(exported.status == 0, "\(exported.errors)")
      let outcome = try BuiltProgram.run(
        "compare", folder.path("sampler.onnx"), folder.path("sampler.fxm"), "--data", fixture.images, "--json")
      let layers = try #require(outcome.json["layers"] as? [[String: Any]])
      let sampler = try #require(layers.first { $0["name"] as? String == "sampled" })
      // A nearest pixel is the wrong one where theta's last bit decides.
      #expect(try #require(sampler["sqnr_db"] as? Double) > (mode == "nearest" ? 20 : 30), "corners \(grid), \(image)")
      #expect(try #require(outcome.json["agreement"] as? Double) > 0.9, "corners \(grid), \(image)")
      let tested = try BuiltProgram.run("selftest", folder.path("sampler.fxm"), "--json")
      #expect(tested.status == 0 && tested.json["passed"] as? Bool == true)
    }
  }

  @Test(
    "a way to sample that ONNX or Ferrite lacks is refused, and nothing is written",
    arguments: [("cubic", "zeros", "mode is cubic"), ("linear", "wrap", "padding_mode is wrap")])
  func unknownWays(mode: String, padding: String, message: String) throws {
    let outcome = try export(mode: mode, padding: padding, corners: (0, 0))
    #expect(outcome.status == 65 && outcome.errors.contains("sampled") && outcome.errors.contains(message))
    #expect(!FileManager.default.fileExists(atPath: folder.path("sampler.fxm")))
  }
}
