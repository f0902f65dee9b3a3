import DrawnFaces
import EdgeRuntime
import Exporter
import Foundation
import Quantize
import Testing

@testable import ferrite

/// What an affine map does, as one number for each freedom of a similarity.
private struct Placement {
  var shiftX: Double
  var shiftY: Double
  var rotation: Double
  var scale: Double

  /// Of a 2 x 3 matrix, row by row; for a map that is no similarity, of the nearest one.
  init(_ theta: [Double]) {
    let (a, b, c, d) = (theta[0], theta[1], theta[3], theta[4])
    shiftX = theta[2]
    shiftY = theta[5]
    rotation = atan2(c - b, a + d)
    scale = abs(a * d - b * c).squareRoot()
  }
}

@Suite("Models/sdl-toon.onnx on drawn faces it has not seen")
struct ToonTransformerTests {
  /// What a network makes of a face: the first transformer's theta, and the class.
  private typealias Answer = (theta: [Double], index: Int)

  /// The seed of the drawings that neither trained nor selected the network.
  private let faces = FaceSeries(seed: 3)
  private let count = 280

  private var network: String { Fixture.toonNetwork }

  @Test("in float, the first transformer undoes shift, rotation and scale, and the class is right")
  func floatTransformerFollowsTheFace() throws {
    let graph = try Importer.graph(path: network)
    let sampler = try #require(
      graph.nodes.first { node in
        if case .affineGridSample = node.operation { true } else { false }
      })
    let reference = FloatReference(graph)
    try check("float") { pixels in
      var theta: [Double] = []
      reference.run(pixels: pixels) { value, numbers in
        if value == sampler.inputs[1] { theta = numbers.map(Double.init) }
      }
      let logits = reference.output
      return (theta, logits.indices.max { logits[$0] < logits[$1] }!)
    }
  }

  @Test("in fixed point, so does the exported model's")
  func fixedTransformerFollowsTheFace() throws {
    let folder = try TemporaryFolder()
    for arguments in [
      ["faces", "--count", "210", "--seed", "2", "--output", folder.path("calibration")],
      ["export", network, "-o", folder.path("toon.fxm"), "--calibrate", folder.path("calibration-images.npy")],
    ] {
      let outcome = try BuiltProgram.run(arguments)
      try #require(outcome.status == 0, "\(arguments): \(outcome.errors)")
    }
    let model = try LoadedModel(path: folder.path("toon.fxm"))
    let sampler = try #require(
      (0..<model.file.operationCount).first { operation in
        if case .affineGridSample = model.file.operation(operation).operation { true } else { false }
      })
    let classifier = try Classifier(model, instructionSet: .scalar)
    try check("fixed point") { pixels in
      classifier.begin(pixels)
      for operation in 0..<sampler { classifier.step(operation) }
      let theta = classifier.values(model.file.operation(sampler).inputs[1])
      for operation in sampler..<model.file.operationCount { classifier.step(operation) }
      return (theta, classifier.classIndex)
    }
  }

  /// Prints the figures of a way to run the network, and holds them against their bounds.
  private func check(_ name: String, answer: ([UInt8]) throws -> Answer) throws {
    var predicted: [Placement] = []
    var placed: [Placement] = []
    var correct = 0
    for index in 0..<count {
      let face = faces[index, size: 48]
      let answer = try answer(face.pixels)
      predicted.append(Placement(answer.theta))
      placed.append(Placement(face.theta.values.map(Double.init)))
      if answer.index == face.expression.rawValue { correct += 1 }
    }
    // The bounds stand a little below what 7,000 drawings give (Models/sdl-toon.md).
    let freedoms: [(String, (Placement) -> Double, Double)] = [
      ("shift x", \.shiftX, 0.9), ("shift y", \.shiftY, 0.9), ("rotation", \.rotation, 0.9), ("scale", \.scale, 0.7),
    ]
    for (freedom, number, bound) in freedoms {
      let r = correlation(predicted.map(number), placed.map(number))
      print("sdl-toon in \(name), first transformer, \(freedom): r = \((r * 1000).rounded() / 1000)")
      #expect(r > bound, "\(freedom) in \(name)")
    }
    print("sdl-toon in \(name): \(correct) of \(count) drawn faces right")
    #expect(Double(correct) / Double(count) >= 0.97)
  }

  /// Pearson's r.
  private func correlation(_ a: [Double], _ b: [Double]) -> Double {
    let meanA = a.reduce(0, +) / Double(a.count)
    let meanB = b.reduce(0, +) / Double(b.count)
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      ab += (x - meanA) * (y - meanB)
      aa += (x - meanA) * (x - meanA)
      bb += (y - meanB) * (y - meanB)
    }
    return ab / (aa * bb).squareRoot()
  }
}
