import EdgeRuntime
import Foundation
import Quantize
import Synchronization
import Testing

@testable import Exporter

/// Exports a graph with pictures for calibration; the float loops stand for the float reference.
func export(
  _ graph: FloatGraph, images: Int = 24, settings: QuantizationSettings = QuantizationSettings(),
  picture: @escaping @Sendable (Int, Int) -> [UInt8] = { picture($0, size: $1) }
) throws -> ExportedModel {
  let size = graph.values[graph.input].shape.height
  let source = ExportSource(graph: graph, digest: "07", name: "test.onnx") { FloatLoops.runner($0) }
  let data = CalibrationImages(count: images, frameBytes: size * size) { picture($0, size) }
  return try exportModel(source, images: data, settings: settings)
}

/// Calibrates and exports.
func exportModel(
  _ source: ExportSource, images: CalibrationImages, settings: QuantizationSettings
) throws -> ExportedModel {
  try exportModel(source, calibration: try calibrate(source, images: images), images: images, settings: settings)
}

/// Signal to noise of the logits on images that calibration has not seen.
func logitSQNR(_ graph: FloatGraph, _ model: ExportedModel) throws -> Double {
  let runner = try ModelRunner(model.bytes, instructionSet: .scalar)
  let format = model.content.graph.tensors[model.content.graph.outputs[0].tensor].format
  let size = graph.values[graph.input].shape.height
  var (signal, noise) = (0.0, 0.0)
  for index in 1000..<1016 {
    let pixels = picture(index, size: size)
    let exact = FloatLoops(graph: graph).run(pixels)[graph.output]
    for (logit, reference) in zip(runner.outputs(pixels), exact) {
      let difference = format.number(Int64(logit)) - reference
      signal += reference * reference
      noise += difference * difference
    }
  }
  return 10 * log10(signal / noise)
}

@Suite struct ExportTests {
  @Test(arguments: [UInt64(1), 2, 3])
  func eightBitsKeepTheLogits25DecibelsAboveTheirNoise(seed: UInt64) throws {
    let graph = FloatGraph.miniature(seed: seed)
    let model = try export(graph)
    #expect(try logitSQNR(graph, model) >= 25)
    // A few of so many random units never fire.
    #expect(model.warnings.allSatisfy { $0.hasPrefix("channels that are 0 on all 24 calibration images: ") })
    for noise in model.content.sqnrCentibels { #expect(try #require(noise) >= 2500) }
  }

  @Test(arguments: [CalibrationMethod.squaredError, .range, .percentile(99.99), .entropy, .joint])
  func everyCalibrationMethodGivesAUsableModel(method: CalibrationMethod) throws {
    let graph = FloatGraph.miniature()
    #expect(try logitSQNR(graph, export(graph, settings: QuantizationSettings(method: method))) >= 20)
  }

  @Test func moreBitsGiveLessNoise() throws {
    let graph = FloatGraph.miniature()
    let noise = try [(4, 4), (6, 6), (8, 8), (8, 12)].map { weights, activations in
      let settings = QuantizationSettings(weightBits: weights, activationBits: activations)
      return try logitSQNR(graph, export(graph, settings: settings))
    }
    #expect(noise == noise.sorted())
  }

  @Test func theSameInputGivesTheSameBytes() throws {
    let graph = FloatGraph.miniature()
    #expect(try export(graph).bytes == export(graph).bytes)
  }

  @Test func testVectorsHoldTheScalarRuntimesLogits() throws {
    let model = try export(.miniature())
    let runner = try ModelRunner(model.bytes, instructionSet: .scalar)
    #expect(model.content.vectors.count == 8)
    for vector in model.content.vectors { #expect(runner.outputs(vector.pixels) == vector.values) }
  }

  @Test func sameSizedFilesStaySmall() throws {
    let model = try export(.miniature())
    #expect(model.bytes.count <= model.content.graph.weightCount * 105 / 100 + 64 << 10)
  }

  @Test func imagesOfAnotherSizeAreRefused() throws {
    #expect(throws: ExportError.wrongImageSize(image: 0, bytes: 100, wanted: 256)) {
      try export(.miniature()) { _, _ in Array(repeating: 0, count: 100) }
    }
  }

  @Test func noImagesAreRefused() throws {
    #expect(throws: ExportError.noCalibrationImages) { try export(.miniature(), images: 0) }
  }

  @Test func blackImagesGiveFiniteFormatsAndAWarning() throws {
    let model = try export(.miniature()) { _, size in Array(repeating: 0, count: size * size) }
    #expect(model.warnings == ["all 24 calibration images are black, so formats are a guess"])
    for tensor in model.content.graph.tensors { #expect(abs(tensor.format.fraction) < 32) }
  }

  @Test func picturesThatAreAllTheSameGiveAWarning() throws {
    let model = try export(.miniature()) { _, size in picture(3, size: size) }
    #expect(model.warnings == ["all 24 calibration images are the same, so formats are a guess"])
    #expect(
      try export(.miniature(), images: 1).warnings == ["one calibration image only, so formats are a guess"])
  }

  @Test func picturesOfOneClassGiveAWarning() throws {
    let graph = FloatGraph.miniature()
    let source = ExportSource(graph: graph, digest: "07", name: "test.onnx") { FloatLoops.runner($0) }
    for (counts, isWarned) in [([0, 0, 8], true), ([1, 0, 7], false), ([], false)] {
      let images = CalibrationImages(
        count: 8, frameBytes: 256, classCounts: counts + Array(repeating: 0, count: counts.isEmpty ? 0 : 4)
      ) { picture($0, size: 16) }
      let found = try warnings(source, calibration: calibrate(source, images: images), images: images)
      #expect(
        found.filter { $0.contains("class") }
          == (isWarned
            ? ["all 8 calibration images are of one class, class 2, of 7: what the others need may be clipped"] : []))
    }
  }

  @Test(arguments: [QuantizationSettings(), .init(method: .joint), .init(without: Set(Repair.allCases))])
  func progressAddsUpToTheUnitsThatWereTold(settings: QuantizationSettings) throws {
    let source = ExportSource(graph: .miniature(), digest: "07", name: "test.onnx") { FloatLoops.runner($0) }
    let images = CalibrationImages(count: 24, frameBytes: 256) { picture($0, size: 16) }
    let done = Mutex<[ExportPhase: Int]>([:])
    _ = try exportModel(
      source, calibration: calibrate(source, images: images), images: images, settings: settings
    ) { phase, units in done.withLock { $0[phase, default: 0] += units } }
    let all = done.withLock { $0 }
    #expect(try all.values.reduce(0, +) == exportUnits(source, images: 24, settings: settings))
    #expect(all[.measuring] == 24 && (all[.searching] != nil) == (settings.method == .joint))
  }

  @Test func aWeightThatIsNotANumberIsRefusedByName() throws {
    var graph = FloatGraph.miniature()
    let index = try #require(graph.nodes.firstIndex { $0.name == "plain/2" })
    guard case .convolution(var convolution) = graph.nodes[index].operation else { return }
    convolution.weights[9 * 16] = .nan
    graph.nodes[index].operation = .convolution(convolution)
    #expect(throws: ExportError.notFinite(layer: "plain/2", channel: 1)) { try export(graph) }
  }

  @Test func deadChannelsAndAWideRangeBetweenChannelsExport() throws {
    var graph = FloatGraph.miniature()
    let index = try #require(graph.nodes.firstIndex { $0.name == "plain/2" })
    guard case .convolution(var convolution) = graph.nodes[index].operation else { return }
    for tap in 0..<9 * 16 {
      convolution.weights[tap] = 0
      convolution.weights[9 * 16 + tap] *= 0x1p-15
      convolution.weights[2 * 9 * 16 + tap] *= 0x1p15
    }
    graph.nodes[index].operation = .convolution(convolution)
    let model = try export(graph)
    let layer = try #require(model.content.graph.operations.first { $0.name == "plain/2" })
    let weights = try #require(layer.kind.linear).weights
    #expect(weights.shifts.allSatisfy { $0 <= 31 })
    #expect(weights.raws[..<(9 * 16)].allSatisfy { $0 == 0 })
    #expect(weights.accumulatorBound < 1 << 31)
    #expect(try logitSQNR(graph, model) >= 20)
  }
}
