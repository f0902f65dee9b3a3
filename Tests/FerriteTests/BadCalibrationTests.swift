import Foundation
import Testing

/// Networks and calibration pictures that `export` warns of or refuses, as a user meets them.
@Suite struct BadCalibrationTests {
  private let fixture: Fixture
  private let folder: TemporaryFolder

  init() throws {
    fixture = try Fixture.shared.get()
    folder = try TemporaryFolder()
  }

  private func export(
    _ data: String, change: (_ tensor: String, _ numbers: inout [Float]) -> Void = { _, _ in }
  ) throws -> BuiltProgram.Outcome {
    let network = try folder.write(TinyNetwork.onnx(change: change), to: "net.onnx")
    return try BuiltProgram.run("export", network, "-o", folder.path("m.fxm"), "--calibrate", data, "--json")
  }

  /// A model was written, its formats are finite, and it passes its own test.
  private func expectUsable(
    _ outcome: BuiltProgram.Outcome, warning: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    #expect(
      outcome.status == 0 && outcome.errors == (warning.isEmpty ? "" : "Warning: \(warning)\n"), "\(outcome)",
      sourceLocation: sourceLocation)
    for layer in outcome.json["layers"] as? [[String: Any]] ?? [] {
      for format in [layer["input_format"], layer["output_format"]] {
        let fraction = (format as? String)?.split(separator: ", ").dropFirst().first.flatMap { Int($0) }
        #expect(-32...32 ~= (fraction ?? 99), "\(layer)", sourceLocation: sourceLocation)
      }
    }
    #expect(try BuiltProgram.run("selftest", folder.path("m.fxm")).status == 0, sourceLocation: sourceLocation)
  }

  private func expectRefusal(
    _ outcome: BuiltProgram.Outcome, _ message: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      outcome.status == 65 && outcome.output.isEmpty && outcome.errors.hasPrefix("Error: ")
        && outcome.errors.contains(message), "\(outcome)", sourceLocation: sourceLocation)
    #expect(!folder.names.contains("m.fxm"), sourceLocation: sourceLocation)
  }

  private func pictures(_ pixels: (Int) -> UInt8) throws -> String {
    for name in ["data/happy/a.pgm", "data/happy/b.pgm", "data/sad/a.pgm"] {
      try folder.write(Data("P5\n48 48\n255\n".utf8) + (0..<48 * 48).map(pixels), to: name)
    }
    return folder.path("data")
  }

  @Test func picturesOfOneClassAreWarnedOf() throws {
    try FileManager.default.createDirectory(atPath: folder.path("one"), withIntermediateDirectories: false)
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("one/happy"), withDestinationPath: "\(fixture.faces)/happy")
    let warning = "all 5 calibration images are of one class, happy, of 7: what the others need may be clipped"
    try expectUsable(try export(folder.path("one")), warning: warning)
    // A calibration in a file still knows.
    let calibration = folder.path("one.fxcal")
    let kept = try BuiltProgram.run("calibrate", fixture.network, "--data", folder.path("one"), "-o", calibration)
    #expect(kept.status == 0 && kept.errors == "Warning: \(warning)\n", "\(kept)")
    let model = folder.path("m.fxm")
    let outcome = try BuiltProgram.run("export", fixture.network, "-o", model, "--calibrate", calibration, "--json")
    try expectUsable(outcome, warning: warning)
  }

  @Test func blackPicturesAreWarnedOf() throws {
    try expectUsable(
      try export(try pictures { _ in 0 }), warning: "all 3 calibration images are black, so formats are a guess")
  }

  @Test func equalPicturesAreWarnedOf() throws {
    try expectUsable(
      try export(try pictures { UInt8($0 % 251) }),
      warning: "all 3 calibration images are the same, so formats are a guess")
  }

  @Test func channelsThatNeverFireAreWarnedOf() throws {
    let outcome = try export(fixture.images) { tensor, numbers in
      if tensor == "conv.weight" { numbers.replaceSubrange(9..<18, with: repeatElement(0, count: 9)) }
      if tensor == "conv.bias" { numbers[1] = -1 }
    }
    try expectUsable(outcome, warning: "channels that are 0 on all 35 calibration images: 1 of 4 of conv")
  }

  @Test func constantTensorsAreWarnedOf() throws {
    let outcome = try export(fixture.images) { tensor, numbers in
      if tensor == "conv.weight" { numbers = numbers.map { _ in 0 } }
    }
    try expectUsable(
      outcome, warning: "constant on all 35 calibration images, so formats are a guess: pool, logits")
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func aWeightThatIsNotFiniteIsRefusedByItsTensor(weight: Float) throws {
    for (name, place) in [("conv.weight", 11), ("conv.bias", 2), ("fc.weight", 600)] {
      let outcome = try export(fixture.images) { tensor, numbers in if tensor == name { numbers[place] = weight } }
      expectRefusal(outcome, "net.onnx: tensor \"\(name)\": element \(place) is \(weight)")
    }
  }

  /// Channels 2^30 apart whose readers make up for it: the same function, to be had with as little noise.
  @Test func weightsWithARangeOf30OctavesBetweenChannelsKeepTheirSignal() throws {
    func sqnr(_ outcome: BuiltProgram.Outcome) throws -> Double {
      let layers = try #require(outcome.json["layers"] as? [[String: Any]])
      return try #require(layers.last?["sqnr_db"] as? Double)
    }
    let factors: [Float] = [0x1p-15, 0x1p15, 1, 1]
    let outcome = try export(fixture.images) { tensor, numbers in
      switch tensor {
      case "conv.weight": for index in numbers.indices { numbers[index] *= factors[index / 9] }
      case "conv.bias": for index in numbers.indices { numbers[index] *= factors[index] }
      // Flattened in ONNX's order: channels of 12 x 12 pixels.
      case "fc.weight": for index in numbers.indices { numbers[index] /= factors[index % 576 / 144] }
      default: break
      }
    }
    try expectUsable(outcome, warning: "")
    let plain = try sqnr(try export(fixture.images))
    #expect(try sqnr(outcome) > plain - 3, "\(plain) dB without")
  }

  @Test func aWeightFarAboveAllOthersIsWarnedOf() throws {
    let outcome = try export(fixture.images) { tensor, numbers in if tensor == "fc.weight" { numbers[700] = 1e9 } }
    try expectUsable(
      outcome,
      warning:
        "layer logits: a weight of output channel 1 is 1e+09, over a million times the layer's median: is it damaged?")
  }

  @Test(arguments: [Float(1e30), -3e38])
  func aWeightBeyondEveryFormatIsRefused(weight: Float) throws {
    for name in ["conv.weight", "fc.weight"] {
      let outcome = try export(fixture.images) { tensor, numbers in
        if tensor == name { numbers[20] = weight }
      }
      expectRefusal(outcome, "calibration image")
    }
  }
}
