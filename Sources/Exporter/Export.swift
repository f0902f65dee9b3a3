import EdgeRuntime
import Foundation
import Quantize

/// A trained network, as calibration needs it.
public struct ExportSource: Sendable {
  public var graph: FloatGraph
  /// BLAKE2b-256 of the file that the graph was read from, hexadecimal: for the model's provenance.
  public var digest: String
  /// The file's name, without folders.
  public var name: String
  /// What a user said of the input, which the graph follows already: for the model's provenance.
  public var settings = InputSettings()
  /// Makes one runner of a graph (this one, or one that was made of it) for each thread.
  public var makeRunner: @Sendable (FloatGraph) throws -> FloatRunner

  public init(
    graph: FloatGraph, digest: String, name: String, makeRunner: @escaping @Sendable (FloatGraph) throws -> FloatRunner
  ) {
    self.graph = graph
    self.digest = digest
    self.name = name
    self.makeRunner = makeRunner
  }
}

extension ExportSource {
  /// Names the numbers that a calibration is about, 32 bytes in hexadecimal: the network's file, and what the user said of its input.
  var calibrationDigest: String {
    get throws {
      guard settings.changesNumbers else { return digest }
      var said = settings
      said.resize = nil
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      let text = Array(digest.utf8) + (try encoder.encode(said))
      let found = Digest.of { digest in unsafe text.withUnsafeBytes { unsafe digest.update($0) } }
      return (0..<Layout.digestBytes).map { found[$0] }[...].hexadecimal
    }
  }
}

/// A model file and what was found on the way to it.
public struct ExportedModel: Sendable {
  public var content: ModelContent
  /// The file.
  public var bytes: [UInt8]
  /// What the user should know although the model is sound.
  public var warnings: [String]

  /// The digest in the file's header, as hexadecimal digits.
  public var digest: String { bytes[Layout.digestOffset..<Layout.digestOffset + Layout.digestBytes].hexadecimal }
}

/// Runs the pictures through the float network once: what every export of it needs, whatever the settings are.
///
/// - Parameters:
///   - progress: called with the number of calibration images done, from several threads.
/// - Throws: `ExportError`, or what reading images or running the float graph threw.
public func calibrate(
  _ source: ExportSource, images: CalibrationImages, progress: @Sendable (Int) -> Void = { _ in }
) throws -> Calibration {
  let layers = try LayerGraph(fusing: source.graph)
  do {
    return try Calibration.gather(
      observed: Dictionary(layers.stored.map { ($0, layers.shape($0).channels) }) { first, _ in first },
      valueCount: layers.graph.values.count, imageCount: images.count,
      makeRunner: { try source.makeRunner(source.graph) }, image: images.pixels, progress: progress)
  } catch let error as CalibrationError {
    switch error {
    case .noImages: throw ExportError.noCalibrationImages
    case .notFinite(let value, let image):
      throw ExportError.notFiniteOnImage(tensor: layers.graph.values[value].name, image: image)
    }
  }
}

/// From a float network to a model file. The same arguments give the same bytes.
///
/// - Parameters:
///   - calibration: what `calibrate` found of the same source on the same images.
///   - progress: called with what each phase has done, `exportUnits` in sum.
/// - Throws: `ExportError`, or what reading images or running the float graph threw.
public func exportModel(
  _ source: ExportSource, calibration: Calibration, images: CalibrationImages, settings: QuantizationSettings,
  progress: ExportProgress = { _, _ in }
) throws -> ExportedModel {
  let network = try QuantizedNetwork(
    source, calibration: calibration, images: images, settings: settings, progress: progress)
  return try exportModel(
    network, of: source, calibration: calibration, images: images, settings: settings, progress: progress)
}

/// The file of a network that has been quantised with these arguments.
func exportModel(
  _ network: QuantizedNetwork, of source: ExportSource, calibration: Calibration, images: CalibrationImages,
  settings: QuantizationSettings, progress: ExportProgress = { _, _ in }
) throws -> ExportedModel {
  let draft = try ModelContent(
    draft: network.graph,
    provenance: try Provenance(source, images: images, settings: settings, equalised: network.equalised).json)
  let content = try proven(draft, images, progress) { try source.makeRunner(network.equalised.graph) }
  let bytes = try content.encoded()
  // What a device will do first: the loader checks the file that is about to be written.
  _ = try ModelRunner(bytes, instructionSet: .scalar)
  let original = try LayerGraph(fusing: source.graph)
  return ExportedModel(
    content: content, bytes: bytes, warnings: source.graph.notes + (try warnings(original, calibration, images)))
}

/// The model with what only running it can tell: each operation's noise, and test vectors.
private func proven(
  _ draft: ModelContent, _ images: CalibrationImages, _ progress: ExportProgress,
  makeRunner: @Sendable () throws -> FloatRunner
) throws -> ModelContent {
  let file = try draft.encoded()
  var content = draft
  content.sqnrCentibels = try NoiseMeasurement(
    draft.graph, file: file, images: images, makeRunner: makeRunner, progress: progress
  ).centibels
  // The scalar reference alone defines what every machine must find.
  let chosen = images.spread(draft.graph.testVectors)
  content.vectors = try concurrentMap(
    chosen.count, prepare: { try ModelRunner(file, instructionSet: .scalar) }
  ) { runner, position in
    let frame = try images.pixels(chosen[position])
    return TestVector(pixels: runner.inputs.raw(frame), values: runner.outputs(frame))
  }
  return content
}
