import Foundation
import Testing

/// `ferrite export --config`, as a user calls it.
@Suite struct ExportConfigTests {
  private let fixture: Fixture
  private let folder: TemporaryFolder

  init() throws {
    fixture = try Fixture.shared.get()
    folder = try TemporaryFolder()
  }

  private func export(_ config: String, _ more: String...) throws -> BuiltProgram.Outcome {
    let path = try folder.write(Data(config.utf8), to: "config.json")
    return try BuiltProgram.run(
      [
        "export", fixture.network, "-o", folder.path("m.fxm"), "--calibrate", fixture.images, "--config", path,
        "--json",
      ] + more)
  }

  /// The widths of weights, and of the outputs' formats.
  private func widths(_ outcome: BuiltProgram.Outcome) throws -> (weights: [Int], outputs: [String]) {
    #expect(outcome.status == 0, "\(outcome.errors)")
    let layers = try #require(outcome.json["layers"] as? [[String: Any]])
    return (
      layers.compactMap { $0["weight_width"] as? Int },
      layers.compactMap { ($0["output_format"] as? String)?.split(separator: ",").first.map(String.init) }
    )
  }

  @Test func eachLayerHasItsOwnWidths() throws {
    let names = try #require(
      try BuiltProgram.run("inspect", fixture.model, "--json").json["layers"] as? [[String: Any]]
    ).map { $0["name"] as? String ?? "" }
    let config = """
      {"weight_bits": 5, "layers": {"\(names[0])": {"weight_bits": 3, "activation_bits": 12}}}
      """
    let mixed = try widths(try export(config))
    #expect(mixed.weights == [3, 5] && mixed.outputs == ["Q(12", "Q(16"])
    let selftest = try BuiltProgram.run("selftest", folder.path("m.fxm"), "--json")
    #expect(selftest.status == 0 && selftest.json["passed"] as? Bool == true)
    let provenance = try BuiltProgram.run("inspect", folder.path("m.fxm")).output
    #expect(
      provenance.contains("\"layers\":{\"\(names[0])\":{\"activation_bits\":12,\"weight_bits\":3}}"), "\(provenance)")
    // A flag goes before the model's setting, not before a layer's.
    #expect(try widths(try export(config, "--weight-bits", "7", "--activation-bits", "9")).weights == [3, 7])
    #expect(try widths(try export("{}")).weights == [8, 8])
  }

  @Test func theConfigurationOfTheFlagsGivesTheirBytes() throws {
    for (config, flags) in [
      (#"{"weight_bits": 4, "calibration": "minmax"}"#, ["--weight-bits", "4", "--calibration", "minmax"]),
      (#"{"activation_bits": 10}"#, ["--activation-bits", "10"]),
    ] {
      #expect(try export(config).status == 0)
      let other = folder.path("flags.fxm")
      #expect(
        try BuiltProgram.run(["export", fixture.network, "-o", other, "--calibrate", fixture.images] + flags).status
          == 0)
      #expect(
        try Data(contentsOf: URL(fileURLWithPath: folder.path("m.fxm")))
          == Data(contentsOf: URL(fileURLWithPath: other)), "\(config)")
    }
  }

  @Test(arguments: [
    (#"{"weight_bits": 9}"#, "config.json: weight_bits: is 9; 2 to 8 are possible"),
    (
      #"{"weight_bit": 8}"#,
      "config.json: weight_bit: is unknown; weight_bits, activation_bits, calibration, layers are"
    ),
    (
      #"{"layers": {"conv": {"bits": 3}}}"#,
      "config.json: layers.conv.bits: is unknown; weight_bits, activation_bits are"
    ),
    (#"{"layers": {"conv": {"activation_bits": 1}}}"#, "layers.conv.activation_bits: is 1; 2 to 16 are possible"),
    (#"{"layers": {"none": {"weight_bits": 3}}}"#, "the network has no layer none"),
    (#"{"layers": {"conv": 3}}"#, "config.json: layers.conv: "),
    (#"{"calibration": "kl"}"#, "config.json: calibration: "),
    (#"{"weight_bits": "8"}"#, "config.json: weight_bits: "), (#"{"weight_bits": 8"#, "config.json: "),
    ("", "config.json: "),
    ("[]", "config.json: "),
  ])
  func aWrongConfigurationIsNamed(_ config: String, _ message: String) throws {
    let outcome = try export(config)
    #expect(outcome.status == 65 && outcome.output.isEmpty && outcome.errors.contains(message), "\(outcome)")
    #expect(folder.names == ["config.json"])
  }

  @Test func aConfigurationThatIsNotThereIsNamed() throws {
    let outcome = try BuiltProgram.run(
      "export", fixture.network, "-o", folder.path("m.fxm"), "--calibrate", fixture.images, "--config",
      folder.path("none.json"))
    #expect(outcome.status == 65 && outcome.errors.contains("none.json: cannot be read"), "\(outcome)")
    #expect(folder.names.isEmpty)
  }
}
