import Foundation
import Testing

@Suite struct UsageErrorTests {
  @Test(arguments: [
    ["frobnicate"], ["inspect"], ["inspect", "--nonsense", "m.fxm"], ["run", "m.fxm"], ["run"],
    ["run", "m.fxm", "a.png", "--data", "d"], ["run", "m.fxm", "a.png", "--limit", "3"],
    ["compare", "n.onnx", "m.fxm"], ["compare", "n.onnx", "m.fxm", "--data", "d", "--limit", "0"],
    ["compare", "n.onnx", "m.fxm", "--data", "d", "--threads", "0"],
    ["bench", "m.fxm", "--frames", "0"], ["bench", "m.fxm", "--frames", "many"],
    ["bench", "m.fxm", "--threads", "two"], ["bench", "m.fxm", "--isa", "mmx"], ["selftest"],
    ["run", "m.fxm", "--data", "d.csv", "--usage", "training"], ["run", "m.fxm", "--data", "d", "--usage", "Training"],
    ["export", "n.onnx", "-o", "n.onnx", "--calibrate", "d"], ["export", "n.onnx", "-o", "d", "--calibrate", "d"],
    ["compare", "n.onnx", "m.fxm", "--data", "d", "--html", "n.onnx"],
    ["compare", "n.onnx", "m.fxm", "--data", "d", "--partial", "p", "--html", "p"], ["merge", "p", "--html", "p"],
  ])
  func aWrongCallExitsWith64(_ arguments: [String]) throws {
    let outcome = try BuiltProgram.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty && outcome.errors.hasPrefix("Error: "), "\(outcome.errors)")
  }

  @Test func anInstructionSetThatThisMachineLacksIsRefusedWithThoseItHas() throws {
    #if arch(arm64)
      let other = "avx2"
    #else
      let other = "neon"
    #endif
    let outcome = try BuiltProgram.run("bench", "m.fxm", "--isa", other)
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains("--isa \(other): this machine has scalar"), "\(outcome.errors)")
  }

  /// Results that don't reach anybody are a failure.
  @Test(arguments: [["inspect"], ["inspect", "--json"], ["selftest"], ["bench", "--frames", "1"]])
  func aFullOutputIsAnError(_ command: [String]) throws {
    let fixture = try Fixture.shared.get()
    let outcome = try BuiltProgram.run(command + [fixture.model], output: "/dev/full")
    #expect(outcome.status == 65, "\(outcome)")
    #expect(outcome.errors == "Error: standard output: can't be written (No space left on device)\n", "\(outcome)")
  }

  @Test func helpIsNoError() throws {
    for arguments in [["--help"], ["compare", "--help"]] {
      let outcome = try BuiltProgram.run(arguments)
      #expect(outcome.status == 0 && outcome.output.contains("USAGE"))
    }
  }
}

@Suite struct BadDataTests {
  private let fixture: Fixture
  private let folder: TemporaryFolder

  init() throws {
    fixture = try Fixture.shared.get()
    folder = try TemporaryFolder()
  }

  /// Runs a command that must fail with 65, say why with `message`, print nothing and leave no file behind.
  private func expectBadData(
    _ arguments: [String], _ message: String, sourceLocation: SourceLocation = #_sourceLocation
  )
    throws
  {
    let before = folder.names
    let outcome = try BuiltProgram.run(arguments, in: folder.url)
    #expect(outcome.status == 65, "\(outcome)", sourceLocation: sourceLocation)
    #expect(
      outcome.errors.hasPrefix("Error: ") && outcome.errors.contains(message), "\(outcome)",
      sourceLocation: sourceLocation)
    #expect(outcome.output.isEmpty, sourceLocation: sourceLocation)
    #expect(folder.names == before, sourceLocation: sourceLocation)
  }

  @Test func aModelTruncatedAnywhereIsRefused() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: fixture.model))
    for count in [
      0, 1, 63, 64, 127, 128, 319, 320, 640, whole.count / 3, whole.count / 2, whole.count - 64, whole.count - 1,
    ] {
      let path = try folder.write(whole.prefix(count), to: "cut.fxm")
      for command in ["inspect", "selftest", "bench"] { try expectBadData([command, path], path) }
    }
  }

  @Test func aModelWithAnyFlippedSectionOffsetIsRefused() throws {
    let whole = try Data(contentsOf: URL(fileURLWithPath: fixture.model))
    // Eight entries of 24 bytes from 128 on; an entry's offset is its bytes 8 to 15.
    for section in 0..<8 {
      for (byte, bit) in [(8, 6), (9, 0), (10, 3), (15, 7)] {
        var damaged = whole
        damaged[128 + 24 * section + byte] ^= 1 << UInt8(bit)
        let path = try folder.write(damaged, to: "flipped.fxm")
        try expectBadData(["inspect", path], "(byte ")
      }
    }
  }

  @Test func whatIsNoModelIsNamed() throws {
    try expectBadData(["inspect", "absent.fxm"], "absent.fxm: the file cannot be read: No such file or directory")
    try expectBadData(["inspect", folder.url.path], "the file cannot be read: it is empty or no ordinary file")
    try expectBadData(["inspect", fixture.network], "\(fixture.network): ")
    try expectBadData(["run", fixture.model + "/no", "a.png"], "Not a directory")
    try expectBadData(["compare", fixture.model, fixture.model, "--data", fixture.faces], fixture.model)
    try expectBadData(["compare", "absent.onnx", fixture.model, "--data", fixture.faces], "absent.onnx")
  }

  @Test func whatIsNoOrdinaryFileIsNotReplaced() throws {
    let calibration = ["--calibrate", fixture.images, "--limit", "4"]
    for output in ["/dev/full", "/dev/null", folder.url.path, folder.path("no/such.fxm")] {
      try expectBadData(["export", fixture.network, "-o", output] + calibration, "\(output): can't be written")
      try expectBadData(
        ["compare", fixture.network, fixture.model, "--data", fixture.images, "--html", output],
        "\(output): can't be written")
    }
    let file = try folder.write(Data("old".utf8), to: "real.fxm")
    try FileManager.default.createSymbolicLink(atPath: folder.path("link.fxm"), withDestinationPath: file)
    #expect(
      try BuiltProgram.run(["export", fixture.network, "-o", folder.path("link.fxm")] + calibration).status == 0)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link.fxm")) == file)
    #expect(try BuiltProgram.run("selftest", file).status == 0)
  }

  @Test func networksOfOtherClassesAreNotCompared() throws {
    let other = try folder.write(
      TinyNetwork.onnx(labels: ["angry", "disgust", "fear", "sad", "happy", "surprise", "neutral"]), to: "other.onnx")
    try expectBadData(
      ["compare", other, fixture.model, "--data", fixture.faces], "class 3 is sad for \(other), happy for ")
  }

  /// A channel that a ReLU keeps at zero puts its bias into the sums all the same.
  @Test func sumsThatDoNotFitAreRefusedWithTheirLayer() throws {
    let network = try folder.write(
      TinyNetwork.onnx { if $0 == "conv.bias" { $1 = [0, 0.1, -1e9, 0] } }, to: "huge.onnx")
    try expectBadData(
      ["export", network, "-o", folder.path("huge.fxm"), "--calibrate", fixture.images],
      "layer conv: the sums of output channel 2 do not fit 32 bits")
  }

  @Test func aPictureThatCannotBeDecodedIsNamed() throws {
    let picture = try folder.write(Data("P5\n48 48\n255\n".utf8) + Data(count: 100), to: "short.pgm")
    try expectBadData(["run", fixture.model, picture], "short.pgm, byte 13: malformed: expected 2304 samples")
    let text = try folder.write(Data("text".utf8), to: "text.png")
    try expectBadData(["run", fixture.model, text], "text.png: is no JPEG, PNG or PGM picture")
    let small = try folder.write(Data("P5\n1 2\n255\nab".utf8), to: "small.pgm")
    try expectBadData(["run", fixture.model, small], "small.pgm: the picture is 1x2, the network wants 48x48")
    try expectBadData(["run", fixture.model, folder.url.path], "cannot be read: it is a folder")
    try expectBadData(["run", fixture.model, "absent.png"], "absent.png: cannot be read: no such file")
  }

  @Test func aDataSetThatDoesNotFitIsNamed() throws {
    let picture = Data("P5\n48 48\n255\n".utf8) + Data(count: 48 * 48)
    for name in ["data/happy/a.pgm", "data/smug/a.pgm", "data/awed/a.pgm"] { try folder.write(picture, to: name) }
    let path = folder.path("data")
    for command in [["run", fixture.model], ["compare", fixture.network, fixture.model]] {
      try expectBadData(command + ["--data", path], "\(path): unknown class awed, smug; the model's classes are angry")
      try expectBadData(command + ["--data", "absent"], "absent: cannot be read")
    }
    let table = try folder.write(Data("emotion,pixels,Usage\n0,1 2 3,Training\n".utf8), to: "fer2013.csv")
    try expectBadData(
      ["compare", fixture.network, fixture.model, "--data", table],
      "fer2013.csv, line 2: malformed: expected 2304 pixels (48x48), found 3")
    try expectBadData(
      ["compare", fixture.network, fixture.model, "--data", table, "--usage", "PublicTest"], "holds no images")
  }
}
