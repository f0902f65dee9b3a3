import EdgeRuntime
import Quantize

/// Moves the binary points of the tensors, one at a time, as long as the outputs come nearer to the float network's.
///
/// What is best for a tensor by itself need not be so for the answer: an error may matter to no class, or be made up for by
/// another. Coordinate descent on the sum of squared differences of the outputs' values, of several outputs each against
/// its own signal; a point moves by one bit at a time.
struct JointSearch {
  static let imageLimit = 96
  static let sweeps = 2
  /// A move must bring the error below this share of what it was: less is chance on so few images.
  static let gain = 0.98

  /// Of a move: it runs all images, but in integers.
  private static let unitsPerMove = imageLimit / 4

  private(set) var layers: LayerGraph

  /// The units of work that a search reports, those that it then spares included: an input that is aligned isn't moved.
  static func units(_ layers: LayerGraph) -> Int {
    var unaligned = layers
    unaligned.inputFormats[layers.graph.input] = nil
    return sweeps * layers.stored.count { unaligned.canChoose($0) } * 2 * unitsPerMove
  }

  /// - Parameters:
  ///   - layers: with all weights on grids.
  ///   - makeRunner: runs the layers' graph, for each thread.
  init(
    _ layers: LayerGraph, histograms: [Histogram?], settings: QuantizationSettings, images: CalibrationImages,
    makeRunner: @Sendable () throws -> FloatRunner, progress: ExportProgress
  ) throws {
    self.layers = layers
    var left = Self.units(layers)
    defer { progress(.searching, left) }
    let chosen = images.spread(Self.imageLimit)
    let wanted = try OutputReference(
      layers.graph, count: chosen.count, image: { try images.pixels(chosen[$0]) }, makeRunner)
    let cache = QuantizationCache()
    guard var least = try Self.cost(layers, histograms, settings, chosen, images, wanted, cache) else { return }
    let built = try FixedGraph(layers, histograms: histograms, settings: settings, cache: cache)
    var formats: [Int: FixedFormat] = [:]
    for operation in built.operations { formats[operation.floatValue] = built.tensors[operation.output].format }
    for (value, input) in zip(layers.graph.inputs, built.inputs) { formats[value] = built.tensors[input].format }
    for _ in 0..<Self.sweeps {
      var isMoved = false
      for value in layers.stored where layers.canChoose(value) {
        for step in [1, -1] {
          progress(.searching, Self.unitsPerMove)
          left -= Self.unitsPerMove
          guard var format = formats[value], -63...63 ~= format.fraction else { continue }
          format.fraction += step
          var candidate = self.layers
          candidate.chosenFormats[value] = format
          guard let found = try Self.cost(candidate, histograms, settings, chosen, images, wanted, cache),
            found < Self.gain * least
          else {
            continue
          }
          (self.layers, least, isMoved) = (candidate, found, true)
          formats[value] = format
        }
      }
      if !isMoved { break }
    }
  }

  /// Nil for formats that a layer can't have.
  private static func cost(
    _ layers: LayerGraph, _ histograms: [Histogram?], _ settings: QuantizationSettings, _ chosen: [Int],
    _ images: CalibrationImages, _ wanted: OutputReference, _ cache: QuantizationCache
  ) throws -> Double? {
    guard let graph = try? FixedGraph(layers, histograms: histograms, settings: settings, cache: cache) else {
      return nil
    }
    let file = try ModelContent(draft: graph, cache: cache).encoded()
    let parts = try concurrently { thread, threads in
      let runner = try ModelRunner(file, instructionSet: .fastest)
      var sums = wanted.noSums
      for index in stride(from: thread, to: chosen.count, by: threads) {
        wanted.add(runner.outputs(try images.pixels(chosen[index])), of: graph, image: index, to: &sums)
      }
      return sums
    }
    return wanted.error(parts)
  }
}

extension LayerGraph {
  /// True for a stored value whose binary point is free: not given, not kept from an input, not theta's, an output's or that of an input
  /// beside the image, of which other numbers may come in.
  fileprivate func canChoose(_ value: Int) -> Bool {
    if isOutput(value) { return false }
    guard let layer = producer(value) else { return value == graph.input && inputFormats[value] == nil }
    if layer.format != nil || consumers(value).contains(where: { $0.isTheta(value, in: self) }) { return false }
    return switch layer.operation {
    case .maxPool, .affineGridSample, .rearrange: false
    default: true
    }
  }
}
