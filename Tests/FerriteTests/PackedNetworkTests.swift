import EdgeRuntime
import Exporter
import Foundation
import Quantize
import Testing

@testable import Exporter
@testable import ferrite

/// Whole networks with weights of 2 to 7 bits: what is packed gives the logits that a byte for each weight gives.
@Suite struct PackedNetworkTests {
  private func exported(_ network: String, _ settings: QuantizationSettings) throws -> ExportedModel {
    let path = URL(fileURLWithPath: Fixture.toonNetwork).deletingLastPathComponent().appending(path: network).path
    let float = try FloatNetwork(path: path)
    let source = ExportSource(graph: Passes.all(float.graph), digest: float.digest, name: float.name) { graph in
      let reference = FloatReference(graph)
      return { pixels, visit in reference.run(pixels: pixels, visit: visit) }
    }
    let images = CalibrationImages(count: 4, frameBytes: 48 * 48) { Self.picture($0) }
    return try exportModel(
      source, calibration: try calibrate(source, images: images), images: images, settings: settings)
  }

  /// Stripes of all directions and breadths.
  private static func picture(_ index: Int) -> [UInt8] {
    (0..<48 * 48).map { UInt8(truncatingIfNeeded: ($0 / 48 * (3 + index) + $0 % 48 * (7 - index)) * (1 + index % 3)) }
  }

  /// Every layer a width of its own.
  private static func mixed(_ network: String) throws -> QuantizationSettings {
    let path = URL(fileURLWithPath: Fixture.toonNetwork).deletingLastPathComponent().appending(path: network).path
    let names = try Passes.all(FloatNetwork(path: path).graph).nodes.compactMap { node in
      switch node.operation {
      case .convolution, .fullyConnected: node.name
      default: nil
      }
    }
    return QuantizationSettings(
      layers: Dictionary(
        uniqueKeysWithValues: names.enumerated().map { ($1, QuantizationSettings.Layer(weightBits: 2 + $0 % 7)) }),
      without: Set(Repair.allCases))
  }

  @Test(arguments: ["sdl-medium-w4.onnx", "sdl-medium.onnx"])
  func logitsAreThoseOfAByteForEachWeight(network: String) throws {
    let settings =
      network == "sdl-medium.onnx" ? try Self.mixed(network) : QuantizationSettings(without: Set(Repair.allCases))
    let packed = try exported(network, settings)
    let bytes = try packed.content.withByteWeights()
    #expect(packed.bytes.count < bytes.count * 3 / 4)
    // The vectors are what the scalar reference made of the packed weights.
    for set in InstructionSet.allCases where set.isAvailable && set != .scalar {
      let (one, other) = (
        try ModelRunner(packed.bytes, instructionSet: set), try ModelRunner(bytes, instructionSet: set)
      )
      for vector in packed.content.vectors {
        #expect(one.outputs(vector.pixels) == vector.values)
        #expect(other.outputs(vector.pixels) == vector.values)
      }
    }
    #expect(Set(packed.content.vectors.map(\.values)).count > 1)
  }

  /// What the comparison above rests on: weights that are off by one show in the logits.
  @Test func weightsThatAreOffByOneChangeTheLogits() throws {
    let right = try exported("sdl-medium-w4.onnx", QuantizationSettings(without: Set(Repair.allCases))).content
    var wrong = right.graph
    let last = try #require(wrong.operations.lastIndex { $0.kind.linear != nil })
    guard case .fullyConnected(var linear) = wrong.operations[last].kind else {
      Issue.record("the classifier is fully connected")
      return
    }
    // Smaller magnitudes keep to the bound on sums.
    linear.weights.raws = linear.weights.raws.map { $0 > 0 ? $0 - 1 : $0 }
    wrong.operations[last].kind = .fullyConnected(linear)
    let runner = try ModelRunner(ModelContent(draft: wrong).encoded(), instructionSet: .fastest)
    for vector in right.vectors { #expect(runner.outputs(vector.pixels) != vector.values) }
  }
}

extension ModelContent {
  /// The file of the same model with a byte for each weight.
  fileprivate func withByteWeights() throws -> [UInt8] {
    var wide = graph
    for index in wide.operations.indices {
      switch wide.operations[index].kind {
      case .convolution(var linear):
        linear.geometry.storesBytes = true
        wide.operations[index].kind = .convolution(linear)
      case .fullyConnected(var linear):
        linear.geometry.storesBytes = true
        wide.operations[index].kind = .fullyConnected(linear)
      default: break
      }
    }
    return try ModelContent(draft: wide).encoded()
  }
}
