import Foundation

/// A small network, its model file and drawn faces, made once for all tests by the program itself.
struct Fixture {
  static let shared = Result { try Fixture() }

  /// The network that drawn faces were learnt by.
  static let toonNetwork = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Models/sdl-toon.onnx").path

  let folder: TemporaryFolder
  var network: String { folder.path("tiny.onnx") }
  var model: String { folder.path("tiny.fxm") }
  /// The same network with weights of two bits, which change some answers.
  var coarseModel: String { folder.path("coarse.fxm") }
  /// Class folders of 35 PGM faces.
  var faces: String { folder.path("faces") }
  /// The same as arrays.
  var images: String { folder.path("drawn-images.npy") }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  private init() throws {
    folder = try TemporaryFolder()
    try folder.write(TinyNetwork.onnx, to: "tiny.onnx")
    for arguments in [
      ["faces", "--count", "35", "--seed", "3", "--format", "pgm", "--output", faces],
      ["faces", "--count", "35", "--seed", "3", "--format", "npy", "--output", folder.path("drawn")],
      ["export", network, "-o", model, "--calibrate", images],
      ["export", network, "-o", coarseModel, "--calibrate", images, "--weight-bits", "2"],
    ] {
      let outcome = try BuiltProgram.run(arguments)
      guard outcome.status == 0 else { throw Failure(description: "\(arguments): \(outcome.errors)") }
    }
  }
}
