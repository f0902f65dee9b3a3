import Dispatch
import Foundation
import Synchronization
import Testing

/// `ferrite calibrate`, and exports from what it wrote.
@Suite struct CalibrateCommandTests {
  private let fixture: Fixture
  private let folder: TemporaryFolder
  private var file: String { folder.path("net.fxcal") }

  init() throws {
    fixture = try Fixture.shared.get()
    folder = try TemporaryFolder()
  }

  private func calibrate(_ data: String, _ more: String...) throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(["calibrate", fixture.network, "--data", data, "-o", file] + more)
  }

  private func exported(from calibration: String, _ more: [String] = []) throws -> Data {
    let model = folder.path("m.fxm")
    let outcome = try BuiltProgram.run(["export", fixture.network, "-o", model, "--calibrate", calibration] + more)
    #expect(outcome.status == 0, "\(outcome.errors)")
    return try Data(contentsOf: URL(fileURLWithPath: model))
  }

  private func expectRefusal(
    _ calibration: String, _ message: String, network: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let before = folder.names
    let outcome = try BuiltProgram.run(
      "export", network ?? fixture.network, "-o", folder.path("refused.fxm"), "--calibrate", calibration)
    #expect(
      outcome.status == 65 && outcome.output.isEmpty && outcome.errors.contains(message), "\(outcome)",
      sourceLocation: sourceLocation)
    #expect(folder.names == before, sourceLocation: sourceLocation)
  }

  @Test func exportsHaveTheBytesOfThoseFromThePictures() throws {
    #expect(try calibrate(fixture.images).status == 0)
    for flags in [
      [], ["--weight-bits", "4", "--calibration", "entropy"], ["--without", "all", "--activation-bits", "10"],
      ["--calibration", "joint"],
    ] {
      #expect(try exported(from: file, flags) == exported(from: fixture.images, flags), "\(flags)")
    }
    // Fewer pictures, from folders.
    #expect(try calibrate(fixture.faces, "--limit", "9").status == 0)
    #expect(try exported(from: file) == exported(from: fixture.faces, ["--limit", "9"]))
  }

  @Test func itTellsWhatItWrote() throws {
    let outcome = try calibrate(fixture.images, "--json")
    #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome)")
    #expect(outcome.json["images"] as? Int == 35)
    #expect(outcome.json["classes"] as? [Int] == [5, 5, 5, 5, 5, 5, 5])
    // The image, the pooled convolution, the logits.
    #expect(outcome.json["tensors"] as? Int == 3 && outcome.json["channels"] as? Int == 1 + 4 + 7)
    #expect(outcome.json["bytes"] as? Int == (try Data(contentsOf: URL(fileURLWithPath: file)).count))
    #expect((outcome.json["network"] as? [String: Any])?["name"] as? String == "tiny.onnx")
    #expect(try calibrate(fixture.images).output.hasPrefix("\(file): 35 pictures, 3 tensors, 12 channels, "))
  }

  @Test func theCalibrationOfAnotherNetworkIsRefusedByName() throws {
    #expect(try calibrate(fixture.images).status == 0)
    let other = try folder.write(
      TinyNetwork.onnx { name, numbers in if name == "fc.bias" { numbers[3] += 1 } }, to: "other.onnx")
    try expectRefusal(
      file,
      "net.fxcal: it is the calibration of another network, of an earlier state of this one, or with other --mean, --std, --range or --channels: tiny.onnx (byte 48)",
      network: other)
  }

  @Test func aDamagedCalibrationIsRefusedWithThePlace() throws {
    #expect(try calibrate(fixture.images, "--limit", "5").status == 0)
    let whole = try Data(contentsOf: URL(fileURLWithPath: file))
    for count in [0, 7, 8, 79, 111, 112, whole.count / 2, whole.count - 32, whole.count - 1] {
      let cut = try folder.write(whole.prefix(count), to: "cut.fxcal")
      try expectRefusal(cut, "cut.fxcal: ")
    }
    for place in [9, 13, 17, 30, 60, 85, 120, 200, whole.count / 2, whole.count - 1] {
      var damaged = whole
      damaged[place] ^= 4
      try expectRefusal(try folder.write(damaged, to: "flipped.fxcal"), "(byte ")
    }
    try expectRefusal(try folder.write(whole + [0], to: "long.fxcal"), "truncated or extended (byte 16)")
    var newer = whole
    newer[8] = 9
    try expectRefusal(
      try folder.write(newer, to: "newer.fxcal"),
      "the format version is 9, this program reads 1: calibrate again (byte 8)")
    try expectRefusal(try folder.write(Data("text".utf8), to: "text.fxcal"), "this is no calibration")
    try expectRefusal(folder.path("absent.fxcal"), "absent.fxcal: cannot be read: no such file")
  }

  @Test(arguments: [
    ["calibrate", "n.onnx", "-o", "c.fxcal"], ["calibrate", "n.onnx", "--data", "d", "-o", "c.bin"],
    ["calibrate", "n.onnx", "--data", "d", "-o", "c.fxcal", "--limit", "0"],
    ["export", "n.onnx", "-o", "m.fxm", "--calibrate", "c.fxcal", "--limit", "3"],
    ["export", "n.onnx", "-o", "m.fxm", "--calibrate", "c.fxcal", "--usage", "Training"],
    ["export", "n.onnx", "-o", "c.fxcal", "--calibrate", "c.fxcal"],
  ])
  func aWrongCallExitsWith64(_ arguments: [String]) throws {
    let outcome = try BuiltProgram.run(arguments)
    #expect(outcome.status == 64 && outcome.output.isEmpty && outcome.errors.hasPrefix("Error: "), "\(outcome)")
  }

  @Test func badPicturesLeaveNoCalibration() throws {
    let picture = try folder.write(Data("P5\n48 48\n255\n".utf8) + Data(count: 100), to: "data/happy/a.pgm")
    let outcome = try calibrate(folder.path("data"))
    #expect(outcome.status == 65 && outcome.errors.contains(picture), "\(outcome)")
    #expect(folder.names == ["data"])
  }

  /// The bar goes on to the end of all work and names what is being done.
  @Test func theProgressBarNamesEachPhaseOfAnExport() throws {
    let terminal = try Terminal()
    let outcome = try BuiltProgram.run(
      ["export", fixture.network, "-o", folder.path("m.fxm"), "--calibrate", fixture.images, "--calibration", "joint"],
      errors: terminal.path)
    #expect(outcome.status == 0)
    let shown = terminal.finish().split(separator: "\r").map(String.init)
    let phases = ["calibrating", "rounding weights", "moving binary points", "measuring noise"]
    let firsts = phases.map { phase in shown.firstIndex { $0.hasPrefix("\(phase) [") } ?? -1 }
    #expect(firsts == firsts.sorted() && firsts[0] == 0, "\(shown)")
    #expect(shown.count { $0.contains("] 100 %") } == 1, "\(shown)")
    let full = "measuring noise [\(String(repeating: "#", count: 30))] 100 %"
    #expect(shown.last { $0.contains("[") }?.hasPrefix(full) == true)
  }
}

/// A pseudo-terminal whose screen is kept.
private final class Terminal: Sendable {
  /// What a program opens to write to it.
  let path: String
  private let master: Int32
  /// Kept open, so that the terminal outlives the program.
  private let slave: Int32
  private let text = Mutex<[UInt8]>([])
  private let end = DispatchSemaphore(value: 0)

  struct Unavailable: Error {}

  init() throws {
    master = unsafe open("/dev/ptmx", O_RDWR | O_NOCTTY)
    // pts(4): unlocked, then asked for its number.
    var (isLocked, number): (CInt, CInt) = (0, -1)
    guard master >= 0, unsafe ioctl(master, 0x4004_5431, &isLocked) == 0,
      unsafe ioctl(master, 0x8004_5430, &number) == 0
    else { throw Unavailable() }
    path = "/dev/pts/\(number)"
    slave = unsafe open(path, O_RDWR | O_NOCTTY)
    // A terminal holds a few KB: somebody must read while the program writes.
    Thread.detachNewThread { [self] in
      var bytes = [UInt8](repeating: 0, count: 4096)
      while true {
        let count = unsafe read(master, &bytes, bytes.count)
        guard count > 0 else { break }
        text.withLock { $0 += bytes[..<count] }
      }
      close(master)
      end.signal()
    }
  }

  /// All that was written; nothing can be written any more.
  func finish() -> String {
    close(slave)
    end.wait()
    return text.withLock { String(decoding: $0, as: UTF8.self) }
  }
}
