import Foundation
import Testing

/// Debian's opencv-data, which scripts/setup.sh installs, has the cascades.
private let cascades = "/usr/share/opencv4/lbpcascades/"
private let frontal = cascades + "lbpcascade_frontalface.xml"
private let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .appendingPathComponent("Fixtures/detection")

/// `ferrite export` of cascades, `inspect` of their files, and `detect`.
@Suite struct DetectCommandTests {
  private let folder: TemporaryFolder
  private var cascade: String { folder.path("face.fxc") }

  init() throws {
    folder = try TemporaryFolder()
    let outcome = try BuiltProgram.run("export", frontal, "-o", cascade)
    try #require(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
  }

  struct Entry: Decodable {
    var image: String
    var scale_factor: String
    var neighbours: Int
    var min_face: Int
    var boxes: [[Int]]
  }

  /// Fixtures/detection/make_detection.py has asked OpenCV.
  @Test func whatOpenCVFindsIsFound() throws {
    let faces = folder.path("faces")
    let drawn = try BuiltProgram.run(
      "faces", "-o", faces, "--count", "70", "--seed", "5", "--size", "160", "--format", "pgm")
    try #require(drawn.status == 0, "\(drawn)")
    let entries = try JSONDecoder().decode(
      [Entry].self, from: Data(contentsOf: fixtures.appendingPathComponent("opencv.json")))
    var (expected, found, agreeing, identical) = (0, 0, 0, 0)
    // Pictures of the same parameters in one call, as a line each.
    for group in Dictionary(grouping: entries, by: { [$0.scale_factor, "\($0.neighbours)", "\($0.min_face)"] }).values {
      let paths = group.map { entry in
        entry.image.contains("/") ? "\(faces)/\(entry.image)" : fixtures.appendingPathComponent(entry.image).path
      }
      let outcome = try BuiltProgram.run(
        ["detect", cascade] + paths + [
          "--scale-factor", group[0].scale_factor, "--neighbours", "\(group[0].neighbours)", "--min-face",
          "\(group[0].min_face)", "--json",
        ])
      try #require(outcome.status == 0 && outcome.lines.count == group.count, "\(outcome)")
      for (entry, line) in zip(group, outcome.lines) {
        let boxes = try Self.boxes(line)
        expected += entry.boxes.count
        found += boxes.count
        agreeing += Self.matches(boxes, entry.boxes)
        identical += Set(boxes).intersection(entry.boxes).count
      }
    }
    #expect(expected > 170)
    #expect(Double(agreeing) >= 0.95 * Double(max(expected, found)), "\(agreeing) of \(expected) and \(found)")
    #expect(Double(identical) >= 0.95 * Double(expected), "\(identical) of \(expected)")
  }

  @Test func theAstronautIsFoundAsText() throws {
    let astronaut = fixtures.appendingPathComponent("astronaut.pgm").path
    let outcome = try BuiltProgram.run("detect", cascade, astronaut)
    #expect(outcome.output.wholeMatch(of: /.*astronaut.pgm: \d+,\d+,\d+x\d+ \(\d+\)\n/) != nil, "\(outcome)")
    let none = try BuiltProgram.run("detect", cascade, astronaut, "--min-face", "200")
    #expect(none.output.hasSuffix("astronaut.pgm: no face\n"))
  }

  @Test(arguments: ["frontalface", "frontalface_improved", "frontalcatface", "profileface", "silverware"])
  func everyCascadeOfDebianIsTaken(_ name: String) throws {
    let output = folder.path("other.fxc")
    let outcome = try BuiltProgram.run("export", "\(cascades)lbpcascade_\(name).xml", "-o", output, "--json")
    // A warning would say that a stage may decide otherwise than floating point.
    try #require(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
    let inspected = try BuiltProgram.run("inspect", output, "--json")
    #expect(inspected.output == outcome.output)
    let stages = outcome.json["stages"] as? [[String: Any]] ?? []
    #expect(stages.count >= 16)
    #expect(stages.reduce(0) { $0 + ($1["stumps"] as? Int ?? 0) } == outcome.json["stumps"] as? Int)
    #expect((outcome.json["provenance"] as? String)?.contains("lbpcascade_\(name).xml") == true)
    let again = folder.path("again.fxc")
    #expect(try BuiltProgram.run("export", "\(cascades)lbpcascade_\(name).xml", "-o", again).status == 0)
    #expect(try Data(contentsOf: URL(filePath: again)) == Data(contentsOf: URL(filePath: output)))
  }

  @Test func inspectShowsAStageALine() throws {
    let outcome = try BuiltProgram.run("inspect", cascade)
    #expect(outcome.lines.first?.contains("threshold") == true && outcome.output.contains("window      24x24\n"))
    #expect(outcome.output.contains("139 in 20 stages, 27 fraction bits"))
  }

  @Test(arguments: [
    ["detect"], ["detect", "face.fxc"], ["detect", "face.fxc", "a.png", "--scale-factor", "1"],
    ["detect", "face.fxc", "a.png", "--scale-factor", "fast"], ["detect", "face.fxc", "a.png", "--min-face", "0"],
    ["detect", "face.fxc", "a.png", "--neighbours", "-1"], ["export", "c.xml", "-o", "c.xml"],
    ["export", "c.xml", "-o", "c.fxc", "--calibrate", "d"], ["export", "c.xml", "-o", "c.fxc", "--weight-bits", "8"],
    ["export", "n.onnx", "-o", "n.fxm"], ["inspect", "face.fxc", "--graph", "dot"],
  ])
  func aWrongCallExitsWith64(_ arguments: [String]) throws {
    let outcome = try BuiltProgram.run(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty && outcome.errors.hasPrefix("Error: "), "\(outcome.errors)")
  }

  @Test func badFilesAreNamedAndNothingIsWritten() throws {
    let broken = try folder.write(Data(contentsOf: URL(filePath: frontal)).prefix(20000), to: "broken.xml")
    let output = folder.path("broken.fxc")
    let torn = try BuiltProgram.run("export", broken, "-o", output)
    #expect(torn.status == 65 && torn.errors.hasPrefix("Error: \(broken), line "), "\(torn)")
    #expect(torn.errors.contains(": is no XML: "))
    let absent = try BuiltProgram.run("export", folder.path("absent.xml"), "-o", output)
    #expect(absent.status == 65 && absent.errors.contains("absent.xml: cannot be read: no such file"), "\(absent)")
    #expect(folder.names == ["broken.xml", "face.fxc"])

    let cut = try folder.write(Data(contentsOf: URL(filePath: cascade)).dropLast(), to: "cut.fxc")
    for command in [["inspect", cut], ["detect", cut, fixtures.appendingPathComponent("astronaut.pgm").path]] {
      let outcome = try BuiltProgram.run(command)
      #expect(outcome.status == 65 && outcome.errors.hasPrefix("Error: \(cut): "), "\(outcome)")
      #expect(outcome.errors.contains("(byte 16)"), "\(outcome)")
    }
    let small = try folder.write(Array("P5 15 20 255\n".utf8) + [UInt8](repeating: 0, count: 300), to: "small.pgm")
    let outcome = try BuiltProgram.run("detect", cascade, small)
    #expect(outcome.status == 65 && outcome.errors.contains("small.pgm: the picture is 15x20"), "\(outcome)")
  }

  private static func boxes(_ line: String) throws -> [[Int]] {
    struct Line: Decodable {
      struct Face: Decodable { var x: Int, y: Int, width: Int, height: Int, neighbours: Int }
      var faces: [Face]
    }
    return try JSONDecoder().decode(Line.self, from: Data(line.utf8)).faces.map { [$0.x, $0.y, $0.width, $0.height] }
  }

  /// How many rectangles have a partner of their own with an intersection over union of at least one half.
  private static func matches(_ these: [[Int]], _ those: [[Int]]) -> Int {
    var left = those
    return these.count { box in
      guard let best = left.indices.max(by: { overlap(box, left[$0]) < overlap(box, left[$1]) }),
        overlap(box, left[best]) >= 0.5
      else { return false }
      left.remove(at: best)
      return true
    }
  }

  private static func overlap(_ a: [Int], _ b: [Int]) -> Double {
    let width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    let height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    guard width > 0, height > 0 else { return 0 }
    return Double(width * height) / Double(a[2] * a[3] + b[2] * b[3] - width * height)
  }
}
