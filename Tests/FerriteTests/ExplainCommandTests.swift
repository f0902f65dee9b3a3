import DrawnFaces
import EdgeRuntime
import Foundation
import ImageData
import Testing

@testable import ferrite

@Suite struct ExplainCommandTests {
  private let fixture: Fixture
  private let folder: TemporaryFolder

  init() throws {
    fixture = try Fixture.shared.get()
    folder = try TemporaryFolder()
  }

  /// The objects that `explain --json` prints, a line each.
  private func explain(_ arguments: [String]) throws -> [[String: Any]] {
    let outcome = try BuiltProgram.run(["explain"] + arguments + ["-o", folder.path("sheet.png"), "--json"])
    try #require(outcome.status == 0, "\(outcome.errors)")
    return try outcome.lines.map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test func aCoveredPlaceHasTheProbabilityOfThePictureCoveredByHand() throws {
    let path = "\(fixture.faces)/happy/000003.pgm"
    let explanation = try #require(explain([fixture.model, path, "--window", "7"]).first)
    #expect(explanation["samplers"] as? [[String: Any]] != nil)
    let occlusion = try #require(explanation["occlusion"] as? [String: Any])
    let covered = try #require(occlusion["covered"] as? [[Double]])
    let index = try #require(explanation["index"] as? Int)
    #expect(covered.count == 48 && covered.allSatisfy { $0.count == 48 })

    let picture = try PixelImage(path: path)
    let mean = UInt8((Double(picture.pixels.reduce(0) { $0 + Int($1) }) / Double(48 * 48)).rounded())
    for (row, column) in [(0, 0), (24, 20), (47, 47), (10, 46)] {
      var pixels = picture.pixels
      for y in max(0, row - 3)..<min(48, row + 4) {
        for x in max(0, column - 3)..<min(48, column + 4) { pixels[y * 48 + x] = mean }
      }
      let hand = try folder.write(GreyImage.pgm(pixels, width: 48, height: 48), to: "hand.pgm")
      let run = try BuiltProgram.run("run", fixture.model, hand, "--json")
      let probabilities = try #require(run.json["probabilities"] as? [Double])
      #expect(probabilities[index] == covered[row][column], "row \(row), column \(column)")
    }
  }

  @Test func threadsChangeNothing() throws {
    let paths = ["happy/000003", "sad/000004"].map { "\(fixture.faces)/\($0).pgm" }
    let outcomes = try ["1", "3"].map { threads in
      let png = folder.path("\(threads).png")
      let outcome = try BuiltProgram.run(
        ["explain", fixture.model] + paths + ["-o", png, "--json", "--threads", threads])
      return (outcome.output, try Data(contentsOf: URL(fileURLWithPath: png)))
    }
    #expect(outcomes[0] == outcomes[1] && !outcomes[0].0.isEmpty)
  }

  @Test func theSheetShowsThePicturesAndWhereCoveringCosts() throws {
    let paths = ["happy/000003", "sad/000004"].map { "\(fixture.faces)/\($0).pgm" }
    let explanations = try explain([fixture.model] + paths)
    let sheet = try PixelImage(path: folder.path("sheet.png"), channels: 3)
    // Two panels of 4 x 48 pixels, no samplers; margins of 8.
    #expect(sheet.extent == ImageExtent(width: 2 * 200 + 8, height: 2 * 200 + 8, channels: 3))
    func color(_ x: Int, _ y: Int) -> [Int] { (0..<3).map { Int(sheet.pixels[(y * sheet.extent.width + x) * 3 + $0]) } }
    #expect(color(0, 0) == [255, 255, 255] && color(203, 100) == [255, 255, 255])
    for (row, path) in paths.enumerated() {
      let picture = try PixelImage(path: path)
      for (x, y) in [(0, 0), (24, 24), (47, 47), (5, 40)] {
        let grey = Int(picture.pixels[y * 48 + x])
        for inside in [0, 3] {
          #expect(color(8 + 4 * x + inside, 8 + 200 * row + 4 * y + inside) == [grey, grey, grey])
        }
      }
      let occlusion = try #require(explanations[row]["occlusion"] as? [String: Any])
      let covered = try #require(occlusion["covered"] as? [[Double]]).flatMap { $0 }
      let least = try #require(covered.indices.min { covered[$0] < covered[$1] })
      let shade = color(208 + 4 * (least % 48), 8 + 200 * row + 4 * (least / 48))
      #expect(shade[0] > shade[2] + 20, "vermillion where the probability falls most: \(shade)")
      // Every place has the colour that the JSON's number asks for.
      let whole = try #require(occlusion["probability"] as? Double)
      let greatest = covered.reduce(0.001) { max($0, abs($1 - whole)) }
      for (place, probability) in covered.enumerated() {
        let change = (probability - whole) / greatest
        let grey = Double(picture.pixels[place])
        let ground = (grey + (255 - grey) * 0.3).rounded()
        let ink: [Double] = change < 0 ? [213, 94, 0] : [0, 114, 178]
        let found = color(208 + 4 * (place % 48), 8 + 200 * row + 4 * (place / 48))
        for (wanted, found) in zip(ink.map { ground + ($0 - ground) * 0.85 * abs(change) }, found) {
          #expect(abs(wanted - Double(found)) <= 1, "place \(place)")
        }
      }
    }
  }

  @Test func samplersLookThroughTheWindowsThatThetaDescribes() throws {
    let network = Fixture.toonNetwork
    for arguments in [
      ["faces", "--count", "14", "--seed", "2", "--output", folder.path("calibration")],
      ["faces", "--count", "7", "--seed", "3", "--output", folder.path("faces"), "--format", "pgm"],
      ["export", network, "-o", folder.path("toon.fxm"), "--calibrate", folder.path("calibration-images.npy")],
    ] {
      try #require(try BuiltProgram.run(arguments).status == 0)
    }
    let explanation = try #require(explain([folder.path("toon.fxm"), folder.path("faces/happy/000003.pgm")]).first)
    let samplers = try #require(explanation["samplers"] as? [[String: Any]])
    #expect(samplers.count == 2)
    let thetas = try samplers.map { try #require($0["theta"] as? [Double]) }
    let corners = try samplers.map { try #require($0["corners"] as? [[Double]]) }
    // theta maps -1...1 to -1...1, from outer edge to outer edge; the second looks at what the first has sampled.
    func through(_ t: [Double], _ p: (Double, Double)) -> (Double, Double) {
      (t[0] * p.0 + t[1] * p.1 + t[2], t[3] * p.0 + t[4] * p.1 + t[5])
    }
    for (corner, p) in [(-1.0, -1.0), (1, -1), (1, 1), (-1, 1)].enumerated() {
      let first = through(thetas[0], p)
      let second = through(thetas[0], through(thetas[1], p))
      for (sampler, point) in [first, second].enumerated() {
        #expect(abs(corners[sampler][corner][0] - (point.0 + 1) * 24) < 0.02, "sampler \(sampler), corner \(corner)")
        #expect(abs(corners[sampler][corner][1] - (point.1 + 1) * 24) < 0.02, "sampler \(sampler), corner \(corner)")
      }
    }
    #expect((samplers[0]["sampled"] as? [Double])?.count == 48 * 48)
    let sheet = try PixelImage(path: folder.path("sheet.png"), channels: 3)
    #expect(sheet.extent == ImageExtent(width: 5 * 200 + 8, height: 200 + 8, channels: 3))
  }

  @Test func badInputLeavesNoSheet() throws {
    let good = "\(fixture.faces)/happy/000003.pgm"
    let small = try folder.write(GreyImage.pgm([1, 2, 3, 4], width: 2, height: 2), to: "small.pgm")
    let output = folder.path("sheet.png")
    for (arguments, status, message) in [
      ([fixture.model, good, small], 65, "small.pgm"),
      ([fixture.model, folder.path("none.pgm")], 65, "none.pgm"),
      ([fixture.network, good], 65, "tiny.onnx"),
      ([fixture.model, good, "--class", "glad"], 64, "--class glad"),
      ([fixture.model, good, "--window", "0"], 64, "--window 0"),
      ([fixture.model, good, "--window", "49"], 64, "--window 49"),
      ([fixture.model, good, "--threads", "65"], 64, "--threads 65"),
      ([fixture.model], 64, "images"),
    ] as [([String], Int32, String)] {
      let outcome = try BuiltProgram.run(["explain"] + arguments + ["-o", output])
      #expect(outcome.status == status && outcome.output.isEmpty, "\(outcome)")
      #expect(outcome.errors.contains(message), "\(outcome.errors)")
      #expect(folder.names == ["small.pgm"])
    }
    let nowhere = try BuiltProgram.run("explain", fixture.model, good, "-o", folder.path("no/such/sheet.png"))
    #expect(nowhere.status == 65 && nowhere.output.isEmpty && nowhere.errors.contains("no/such/sheet.png"))
  }
}
