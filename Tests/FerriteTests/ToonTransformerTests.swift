import DrawnFaces
import Exporter
import Foundation
import Quantize
import Testing

/// What an affine map does, as one number for each freedom of a similarity.
private struct Placement {
  var shiftX: Double
  var shiftY: Double
  var rotation: Double
  var scale: Double

  /// Of a 2 x 3 matrix, row by row; for a map that is no similarity, of the nearest one.
  init(_ theta: [Float]) {
    let (a, b, c, d) = (Double(theta[0]), Double(theta[1]), Double(theta[3]), Double(theta[4]))
    shiftX = Double(theta[2])
    shiftY = Double(theta[5])
    rotation = atan2(c - b, a + d)
    scale = abs(a * d - b * c).squareRoot()
  }
}

@Suite("Models/sdl-toon.onnx on drawn faces it has not seen")
struct ToonTransformerTests {
  /// The seed of the drawings that neither trained nor selected the network.
  private let faces = FaceSeries(seed: 3)
  private let count = 280

  private func graph() throws -> FloatGraph {
    let repository = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    return try Importer.graph(path: repository.appendingPathComponent("Models/sdl-toon.onnx").path)
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

  @Test("the first transformer undoes shift, rotation and scale, and the class is right")
  func transformerFollowsTheFace() throws {
    let graph = try graph()
    let sampler = try #require(
      graph.nodes.first { node in
        if case .affineGridSample = node.operation { true } else { false }
      })
    let reference = FloatReference(graph)
    var predicted: [Placement] = []
    var placed: [Placement] = []
    var correct = 0
    for index in 0..<count {
      let face = faces[index, size: 48]
      reference.run(pixels: face.pixels) { value, numbers in
        if value == sampler.inputs[1] { predicted.append(Placement(numbers)) }
      }
      placed.append(Placement(face.theta.values))
      let logits = reference.output
      if logits.indices.max(by: { logits[$0] < logits[$1] }) == face.expression.rawValue { correct += 1 }
    }

    // The bounds stand a little below what the whole test series gives (Models/sdl-toon.md).
    let freedoms: [(String, (Placement) -> Double, Double)] = [
      ("shift x", \.shiftX, 0.9), ("shift y", \.shiftY, 0.9), ("rotation", \.rotation, 0.9), ("scale", \.scale, 0.7),
    ]
    for (name, freedom, bound) in freedoms {
      let r = correlation(predicted.map(freedom), placed.map(freedom))
      print("sdl-toon, first transformer, \(name): r = \((r * 1000).rounded() / 1000) over \(count) faces")
      #expect(r > bound, "\(name)")
    }
    let accuracy = Double(correct) / Double(count)
    print("sdl-toon, float reference: \(correct) of \(count) drawn faces right")
    #expect(accuracy >= 0.97)
  }
}
