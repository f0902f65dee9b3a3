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
    (#"{"weight_bits": 9}"#, "config.json:1: weight_bits: is 9; 2 to 8 are possible\n"),
    (
      #"{"weight_bit": 8}"#,
      "config.json:1: weight_bit: is unknown; weight_bits, activation_bits, calibration, layers are possible\n"
    ),
    (
      "{\n  \"layers\": {\n    \"conv\": {\n\"bits\": 3}}}",
      "config.json:4: layers.conv.bits: is unknown; weight_bits, activation_bits are possible\n"
    ),
    (
      "{\"layers\": {\r\n \"conv\": {\"weight_bits\": 4,\r\n \"activation_bits\": 1}}}",
      "config.json:3: layers.conv.activation_bits: is 1; 2 to 16 are possible\n"
    ),
    (#"{"layers": {"conv": 3}}"#, "config.json:1: layers.conv: an object, {...}, is wanted, not a number\n"),
    (#"{"calibration": "kl"}"#, "config.json:1: calibration: is none of mse, minmax, percentile, entropy, joint\n"),
    (#"{"calibration": 3}"#, "config.json:1: calibration: is none of mse, minmax, percentile, entropy, joint\n"),
    (#"{"weight_bits": "8"}"#, "config.json:1: weight_bits: a number is wanted, not a string\n"),
    (#"{"weight_bits": 4.5}"#, "config.json:1: weight_bits: is 4.5; 2 to 8 are possible\n"),
    ("{\n\"weight_bits\": 8", "config.json:2: expected ',' or '}'\n"),
    ("", "config.json:1: expected a value\n"),
    ("[]", "config.json:1: an object, {...}, is wanted, not an array\n"),
    ("{\"weight_bits\": 8,\n\n\"weight_bits\": 6}", "config.json:3: weight_bits: is given twice, first on line 1\n"),
    (
      "{\"layers\": {\n\"conv\": {\"weight_bits\": 3},\n\"logits\": {},\n\"c\\u006fnv\": {}}}",
      "config.json:4: layers.conv: is given twice, first on line 2\n"
    ),
  ])
  func aWrongConfigurationIsNamed(_ config: String, _ message: String) throws { try expectRefusal(config, message) }

  private func expectRefusal(_ config: String, _ message: String) throws {
    let outcome = try export(config)
    #expect(outcome.status == 65 && outcome.output.isEmpty && outcome.errors.hasSuffix(message), "\(outcome)")
    #expect(folder.names == ["config.json"])
  }

  /// What can be known without the pictures is told before they are read.
  @Test(arguments: [
    (
      "{\"layers\": {\n\"convv\": {\"weight_bits\": 3}}}",
      "config.json:2: layers.convv: the network has no layer convv; the nearest name is conv\n"
    ),
    (
      "{\"layers\": {\"logits\":\n{\"weight_bits\": 3,\n\"activation_bits\": 8}}}",
      "config.json:3: layers.logits.activation_bits: is 8, but the logits always have 16\n"
    ),
  ])
  func aConfigurationThatContradictsTheNetworkIsNamed(_ config: String, _ message: String) throws {
    let path = try folder.write(Data(config.utf8), to: "config.json")
    let outcome = try BuiltProgram.run(
      "export", fixture.network, "-o", folder.path("m.fxm"), "--calibrate", folder.path("absent"), "--config", path)
    #expect(outcome.status == 65 && outcome.errors.hasSuffix(message), "\(outcome)")
  }

  @Test func aWidthThatIsDecidedAnywayMayBeSaid() throws {
    #expect(try export(#"{"layers": {"logits": {"activation_bits": 16}}}"#).status == 0)
  }

  /// Theta, a sampler, a concatenation, what only it reads; a width that the network's own QuantizeLinear contradicts.
  @Test func eachWidthThatSomethingElseDecidesIsRefusedWithTheReason() throws {
    let toon = try BuiltProgram.run("inspect", "--json", try exportedToon()).json["layers"] as? [[String: Any]] ?? []
    func name(_ operation: String) throws -> String {
      try #require(toon.first { $0["op"] as? String == operation }?["name"] as? String)
    }
    let theta = try #require(toon.first { $0["output_shape"] as? [Int] == [1, 1, 6] }?["name"] as? String)
    for (layer, setting, bits, reason) in [
      (try name("affineGridSample"), "activation_bits", 12, "is 12, but it keeps the format of its input, which has 8"),
      (theta, "activation_bits", 12, "is 12, but a sampler's theta always has 16"),
      (try name("concatenate"), "weight_bits", 8, "is given, but the layer has no weights"),
    ] {
      let path = try folder.write(
        Data(#"{"layers": {"\#(layer)": {"\#(setting)": \#(bits)}}}"#.utf8), to: "config.json")
      let outcome = try BuiltProgram.run(
        "export", Fixture.toonNetwork, "-o", folder.path("m.fxm"), "--calibrate", fixture.images, "--config", path)
      #expect(
        outcome.status == 65 && outcome.errors.contains("config.json:1: layers.\(layer).\(setting): \(reason)"),
        "\(outcome)")
    }
  }

  private func exportedToon() throws -> String {
    let path = folder.path("toon.fxm")
    let outcome = try BuiltProgram.run(
      "export", Fixture.toonNetwork, "-o", path, "--calibrate", fixture.images, "--limit", "4", "--without", "all")
    #expect(outcome.status == 0, "\(outcome.errors)")
    return path
  }

  @Test func aConfigurationThatIsNotThereIsNamed() throws {
    let outcome = try BuiltProgram.run(
      "export", fixture.network, "-o", folder.path("m.fxm"), "--calibrate", fixture.images, "--config",
      folder.path("none.json"))
    #expect(outcome.status == 65 && outcome.errors.contains("none.json: cannot be read"), "\(outcome)")
    #expect(folder.names.isEmpty)
  }
}
