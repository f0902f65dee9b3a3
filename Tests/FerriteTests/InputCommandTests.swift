import EdgeRuntime
import Exporter
import Foundation
import ImageData
import Testing

@testable import ferrite

/// What `export` and its companions are told of a network's input and outputs.
@Suite struct InputCommandTests {
  private let fixture: Fixture
  private let folder: TemporaryFolder

  init() throws {
    fixture = try Fixture.shared.get()
    folder = try TemporaryFolder()
  }

  private var model: String { folder.path("m.fxm") }

  private func export(_ flags: String..., data: String? = nil) throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(["export", fixture.network, "-o", model, "--calibrate", data ?? fixture.images] + flags)
  }

  private func expectRefusal(
    _ status: Int32, _ message: String, _ outcome: BuiltProgram.Outcome,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(outcome.status == status && outcome.output.isEmpty, "\(outcome)", sourceLocation: sourceLocation)
    #expect(outcome.errors.contains(message), "\(outcome.errors)", sourceLocation: sourceLocation)
    #expect(!FileManager.default.fileExists(atPath: model), sourceLocation: sourceLocation)
  }

  @Test func flagsGoBeforeTheNetworkAndAreSaid() throws {
    let plain = try export("--json")
    #expect(plain.status == 0 && plain.errors.isEmpty, "\(plain)")
    let said = try #require(plain.json["input"] as? [String: Any])
    #expect(
      said["stated_by"] as? String == "network" && said["mean"] as? [Double] == [0.5]
        && said["std"] as? [Double] == [0.25])
    #expect(said["resize"] is NSNull && said["channels"] as? String == "grey" && plain.json["accuracy"] is NSNull)
    let seen = try #require(said["seen"] as? [String: Any])
    #expect(seen["pictures"] as? Int == 35 && (seen["deviation"] as? Double ?? 0) > 0.5)
    let before = try BuiltProgram.run("run", model, "--data", fixture.images, "--json").output

    // The network's own numbers in pixels of 0 to 255.
    let same = try export("--mean", "127.5", "--std", "63.75", "--range", "255")
    #expect(same.status == 0 && same.output.contains("(pixel - 127.5) / 63.75, as given\n"), "\(same)")
    #expect(try BuiltProgram.run("run", model, "--data", fixture.images, "--json").output == before)
    // Others make another model, negative ones without an equals sign.
    let other = try export("--mean", "-0.25", "--std", "0.5")
    #expect(other.status == 0 && other.output.contains("(pixel / 255 - -0.25) / 0.5, as given\n"), "\(other)")
    #expect(try BuiltProgram.run("run", model, "--data", fixture.images, "--json").output != before)
    // Whoever compares needn't say it again.
    let compared = try BuiltProgram.run("compare", fixture.network, model, "--data", fixture.images, "--json")
    #expect(compared.json["agreement"] as? Double == 1, "\(compared.errors)")
    let wrong = try BuiltProgram.run(
      "compare", fixture.network, model, "--data", fixture.images, "--json", "--mean", "2", "--std", "0.1")
    #expect(wrong.status == 0 && (wrong.json["agreement"] as? Double ?? 1) < 1)
  }

  @Test func unlikelyNumbersAreWarnedOf() throws {
    let bytes = try export("--mean", "127.5", "--std", "63.75")
    #expect(bytes.status == 0)
    #expect(
      bytes.errors.hasPrefix("Warning: on these pictures the network's input has the mean -1.99 and the deviation 0.00")
        && bytes.errors.contains("Then --range 255 says so\n"), "\(bytes.errors)")
    for flags in [["--mean", "2", "--std", "0.5"], ["--std", "0.01"]] {
      let outcome = try BuiltProgram.run(
        ["calibrate", fixture.network, "--data", fixture.images, "-o", folder.path("c.fxcal")] + flags)
      #expect(
        outcome.status == 0 && outcome.errors.contains("are --mean and --std those of its training?"), "\(outcome)")
    }
    // A network that takes pixels as they are says so by a range alone.
    let plain = try export("--range", "255")
    #expect(plain.status == 0 && plain.errors.isEmpty && plain.output.contains("grey; pixel, as given"), "\(plain)")
  }

  @Test func outputsGetNames() throws {
    let names = ["Zorn", "Ekel", "Angst", "Glück", "Trauer, still", "Staunen", "nichts"]
    let text = "\u{FEFF}" + names.joined(separator: "\r\n") + "\r\n\r\n"
    let file = try folder.write(Data(text.utf8), to: "labels.txt")
    #expect(try export("--labels", file, "--json").json["labels"] as? [String] == names)
    #expect(try BuiltProgram.run("inspect", model, "--json").json["labels"] as? [String] == names)
    #expect(try export("--labels", "a,b,c,d,e,f,g", "--json").json["labels"] as? [String] == "abcdefg".map { "\($0)" })
  }

  @Test func whatDoesNotFitIsRefusedByName() throws {
    expectRefusal(65, "tiny.onnx: --mean: 2 numbers for 1 channel", try export("--mean", "1,2"))
    expectRefusal(65, "tiny.onnx: --labels: 2 names for 7 outputs", try export("--labels", "a,b"))
    expectRefusal(65, "tiny.onnx: --channels bgr: the network takes 1 channel", try export("--channels", "bgr"))
    expectRefusal(65, "--labels absent.txt: there is no such file", try export("--labels", "absent.txt"))
    let file = try folder.write(Data("a\nb\n\nc\n".utf8), to: "labels.txt")
    expectRefusal(65, "\(file): line 3: there is no name", try export("--labels", file))
    expectRefusal(65, "--labels a,b,a: \"a\" stands there twice", try export("--labels", "a,b,a"))
    for (flags, message) in [
      (["--std", "0"], "--std 0.0: a deviation is above 0"), (["--std", "1,x"], "--std"),
      (["--mean", "nan"], "isn't finite"),
      (["--range", "2"], "--range"), (["--channels", "hsv"], "--channels"), (["--resize", "pad"], "--resize"),
      (["--expect-accuracy", "70"], "a share of right answers is 0 to 1"),
      (["--data", fixture.faces], "--data goes with"),
      (["--contact-sheet", model], "would replace another file"), (["--labels", ""], "--labels is empty"),
    ] {
      let outcome = try BuiltProgram.run(
        ["export", fixture.network, "-o", model, "--calibrate", fixture.images] + flags)
      expectRefusal(64, message, outcome)
    }
    let against = ["compare", fixture.model, "--against", fixture.coarseModel, "--data", fixture.faces, "--mean", "0"]
    expectRefusal(64, "they don't go with --against", try BuiltProgram.run(against))
  }

  @Test func calibrationsBelongToWhatWasSaid() throws {
    let kept = folder.path("net.fxcal")
    let flags = ["--mean", "0.4", "--labels", "a,b,c,d,e,f,g"]
    let calibrated = try BuiltProgram.run(
      ["calibrate", fixture.network, "--data", fixture.images, "-o", kept, "--json"] + flags)
    #expect(
      calibrated.status == 0 && (calibrated.json["input"] as? [String: Any])?["stated_by"] as? String == "options")
    expectRefusal(65, "or with other --mean, --std, --range or --channels", try export(data: kept))
    expectRefusal(64, "there is nothing for --resize to do", try export("--resize", "crop", data: kept))
    expectRefusal(
      64, "net.fxcal doesn't tell each picture's class; --data is needed",
      try export("--expect-accuracy", "0", data: kept))
    let export = ["export", fixture.network, "-o", model] + flags
    #expect(try BuiltProgram.run(export + ["--calibrate", kept]).status == 0)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: model))
    #expect(try BuiltProgram.run(export + ["--calibrate", fixture.images]).status == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: model)) == bytes)
  }

  // MARK: Pictures of another size

  private func pgm(_ width: Int, _ height: Int, seed: UInt64) -> (pixels: [UInt8], file: Data) {
    var state = seed
    let pixels = (0..<width * height).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(state >> 56)
    }
    return (pixels, Data("P5\n\(width) \(height)\n255\n".utf8) + pixels)
  }

  /// A cropped picture is bit for bit what a board makes of a camera's frame.
  @Test(arguments: [(640, 480), (48, 48), (97, 131), (33, 20), (20, 33), (480, 1000)])
  func aCropIsWhatABoardSees(_ width: Int, _ height: Int) {
    let pixels = pgm(width, height, seed: UInt64(width)).pixels
    let square = FaceSquare(centralIn: width, height)
    var columns = [UInt32](repeating: 0, count: square.side)
    var reduced = [UInt8](repeating: 0, count: 48 * 48)
    unsafe pixels.withUnsafeBytes { source in
      unsafe columns.withUnsafeMutableBytes { memory in
        unsafe reduced.withUnsafeMutableBytes { output in
          unsafe SquareReduction(side: square.side, to: 48, unsafeMemory: memory.baseAddress!).run(
            unsafeSource: source.baseAddress! + square.y * width + square.x, pixelStep: 1, rowStep: width,
            to: output.baseAddress!)
        }
      }
    }
    let picture = PixelImage(extent: ImageExtent(width: width, height: height, channels: 1), pixels: pixels)
    #expect(picture.resized(to: ImageExtent(width: 48, height: 48, channels: 1), .crop).pixels == reduced)
  }

  @Test func aModelRemembersWhatBecomesOfLargerPictures() throws {
    for (index, label) in TinyNetwork.labels.enumerated() {
      try folder.write(pgm(80 + index, 60, seed: UInt64(index)).file, to: "large/\(label)/a.pgm")
    }
    let large = folder.path("large")
    expectRefusal(65, "the picture is 80x60, the network wants 48x48 (--resize", try export(data: large))
    let outcome = try export("--resize", "crop", "--json", data: large)
    #expect(
      outcome.status == 0 && (outcome.json["input"] as? [String: Any])?["resize"] as? String == "crop", "\(outcome)")
    // The same as of pictures that somebody cropped before.
    let cropped = try BuiltProgram.run("run", model, "--data", large, "--json")
    #expect(cropped.lines.count == 7, "\(cropped)")
    let stretched = try BuiltProgram.run("run", model, "--data", large, "--json", "--resize", "stretch")
    #expect(stretched.status == 0 && stretched.output != cropped.output)
    let compared = try BuiltProgram.run("compare", fixture.network, model, "--data", large, "--json")
    #expect(compared.json["samples"] as? Int == 7, "\(compared.errors)")
    let explained = try BuiltProgram.run("explain", model, "\(large)/happy/a.pgm", "-o", folder.path("e.png"))
    #expect(explained.status == 0, "\(explained.errors)")
    // A model that was told nothing still refuses them, unless somebody says it now.
    #expect(try BuiltProgram.run("run", fixture.model, "--data", large).status == 65)
    #expect(try BuiltProgram.run("run", fixture.model, "--data", large, "--resize", "crop").lines.count == 7)
  }

  // MARK: The contact sheet

  @Test func theContactSheetShowsPicturesAsTheModelHasThem() throws {
    let sheet = folder.path("sheet.png")
    #expect(try export("--contact-sheet", sheet, data: fixture.faces).status == 0)
    let drawn = try PixelImage(path: sheet, channels: 3)
    // Four columns of 48 pixels, each 5 wide, with 8 between.
    #expect(drawn.extent.width == 4 * 248 + 8)
    let panelHeight = 48 * 5 + 3 * 22 + 8
    let top = drawn.extent.height - 8 - 4 * panelHeight
    // Of 35 pictures 16, evenly spread; the second row's third is the seventh.
    let set = try DataSet(
      path: fixture.faces, labels: TinyNetwork.labels, extent: ImageExtent(width: 48, height: 48, channels: 1))
    let picture = try set.sample(6 * 35 / 16).image
    let (left, row) = (8 + 2 * 248, top + panelHeight)
    var greatest = 0
    for y in 0..<48 {
      for x in 0..<48 {
        let place = ((row + y * 5 + 2) * drawn.extent.width + left + x * 5 + 2) * 3
        greatest = max(greatest, abs(Int(drawn.pixels[place]) - Int(picture.pixels[y * 48 + x])))
      }
    }
    // A step of the input is a pixel, and the darkest or brightest few may be clipped.
    #expect(greatest <= 4, "\(greatest)")
    // Fewer bits show.
    #expect(try export("--contact-sheet", sheet, "--activation-bits", "3", data: fixture.faces).status == 0)
    #expect(try PixelImage(path: sheet, channels: 3).pixels != drawn.pixels)
  }

  // MARK: What is expected

  /// Right on the faces that it was trained on, as long as it gets them as then.
  private func expectToon(_ flags: String..., faces: String) throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(
      ["export", Fixture.toonNetwork, "-o", model, "--calibrate", faces, "--limit", "35", "--expect-accuracy", "0.9"]
        + flags)
  }

  @Test func anExpectedAccuracyIsMeasured() throws {
    let faces = folder.path("faces")
    #expect(try BuiltProgram.run("faces", "--count", "140", "--seed", "8", "--format", "pgm", "-o", faces).status == 0)
    let outcome = try expectToon("--json", faces: faces)
    let accuracy = try #require(outcome.json["accuracy"] as? [String: Any], "\(outcome.errors)")
    #expect(accuracy["expected"] as? Double == 0.9 && accuracy["pictures"] as? Int == 140)
    for side in ["float", "fixed"] {
      let found = try #require(accuracy[side] as? [String: Any])
      let interval = try #require(found["interval"] as? [Double])
      #expect((found["accuracy"] as? Double ?? 0) > 0.95 && interval.count == 2 && interval[1] >= 0.95)
    }
    try FileManager.default.removeItem(atPath: model)

    expectRefusal(65, "no model was written", try expectToon("--mean", "3", "--std", "9", faces: faces))
    let wrong = try expectToon("--mean", "3", "--std", "9", faces: faces).errors
    #expect(wrong.contains("The network seems to want --mean 0.") && wrong.contains("would reach it"), "\(wrong)")

    let order = ["disgust", "angry", "fear", "neutral", "sad", "surprise", "happy"].joined(separator: ",")
    let permuted = try expectToon("--labels", order, faces: faces)
    expectRefusal(65, "--labels \(TinyNetwork.labels.joined(separator: ",")).", permuted)
  }

  /// A network without training reaches nothing by whatever preparation; two bits of weight lose what a network had.
  @Test func whatNothingReachesIsSaid() throws {
    let untrained = try export("--expect-accuracy", "0.99")
    expectRefusal(65, "None of these reaches it.", untrained)
    #expect(untrained.errors.contains("  what else was tried, on 35 pictures:\n"))
    let coarse = try expectToon(
      "--weight-bits", "2", "--activation-bits", "2", "--without", "all", faces: fixture.faces)
    expectRefusal(65, "the fixed-point model is right on", coarse)
  }
}
