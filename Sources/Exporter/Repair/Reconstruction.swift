import EdgeRuntime
import Foundation
import Quantize

/// Layer after layer, in the order of execution, chooses raw weights and a bias that bring the layer's output, computed from
/// the inputs that the fixed-point layers before it make, nearest to the float layer's output.
///
/// The grids are those that plain rounding chooses. Layers whose weights come with a grid keep them.
struct Reconstruction {
  /// More images add little, and each layer runs them all.
  static let imageLimit = 512
  /// Samples of a layer's outputs for each of its taps, as far as there are pixels.
  static let samplesPerTap = 4
  static let leastSamples = 8192
  /// What samples of float outputs take at once, and patches: beyond it, the float graph runs again.
  private static let windowBytes = 96 << 20
  private static let patchBytes = 32 << 20

  /// The units of work that a reconstruction reports: an image's run through the float graph is one; a layer takes about
  /// as long as the runs of an image in 24.
  static func units(_ layers: LayerGraph, images: Int) -> Int {
    let chosen = min(images, imageLimit)
    let free = layers.layers.count { $0.operation.linear != nil && $0.grid == nil }
    return windows(layers, images: chosen).count * chosen + free * layerUnits(images: chosen)
  }

  private static func layerUnits(images: Int) -> Int { (images + 23) / 24 }

  private let source: LayerGraph
  private let histograms: [Histogram?]
  private let settings: QuantizationSettings
  private let images: CalibrationImages
  private let chosen: [Int]
  private let frames: PausedFrames
  private let cache = QuantizationCache()
  private let alternativeWidths: [Int]
  private(set) var layers: LayerGraph
  /// By index of the layer and width of its weights: the layer as it would be in the place of the one in `layers`.
  private(set) var alternatives: [Int: [Int: LayerGraph.Layer]] = [:]

  /// - Parameters:
  ///   - layers: with float weights, channels scaled.
  ///   - alternativeWidths: widths at which each layer is fitted, too, the layers before it having those of the settings.
  ///   - makeRunner: runs a graph, for each thread.
  init(
    _ layers: LayerGraph, histograms: [Histogram?], settings: QuantizationSettings, images: CalibrationImages,
    alternativeWidths: [Int] = [], makeRunner: @Sendable (FloatGraph) throws -> FloatRunner,
    progress: ExportProgress
  ) throws {
    source = layers
    self.alternativeWidths = alternativeWidths
    self.histograms = histograms
    self.settings = settings
    self.images = images
    chosen = images.spread(Self.imageLimit)
    frames = PausedFrames(images: chosen.count)
    self.layers = layers
    var fixed = try FixedGraph(layers, histograms: histograms, settings: settings, cache: cache)
    for index in layers.layers.indices { keepPlain(index, of: fixed) }
    for window in Self.windows(source, images: chosen.count) {
      let outputs = try floatOutputs(window, makeRunner, progress)
      for (position, index) in window.enumerated() where layers.layers[index].grid == nil {
        let before = self.layers.layers[index]
        try reconstruct(index, of: fixed, outputs: outputs.layer(position))
        do throws(ExportError) {
          fixed = try FixedGraph(self.layers, histograms: histograms, settings: settings, cache: cache)
        } catch {
          // The sums of other raw weights can leave 32 bits where those of plain rounding just fit.
          self.layers.layers[index] = before
        }
        progress(.rounding, Self.layerUnits(images: chosen.count))
      }
    }
  }

  /// Puts a layer's weights on the grid that plain rounding chose, so that building the graph again is cheap.
  private mutating func keepPlain(_ index: Int, of fixed: FixedGraph) {
    let layer = layers.layers[index]
    guard layer.grid == nil, let linear = fixed.operations[index].kind.linear, let plain = layer.operation.linear else {
      return
    }
    layers.layers[index] = self.layer(
      index, fractions: linear.weights.fractions, width: linear.geometry.weightWidth, (linear.weights.raws, plain.bias))
  }

  /// A layer with raw weights on a grid.
  private func layer(
    _ index: Int, fractions: [Int], width: Int, _ numbers: (raws: [Int8], bias: [Float])
  ) -> LayerGraph.Layer {
    let taps = numbers.raws.count / fractions.count
    let weights = numbers.raws.indices.map { place in
      Float(sign: .plus, exponent: -fractions[place / taps], significand: Float(numbers.raws[place]))
    }
    var layer = layers.layers[index]
    layer.operation = layer.operation.with(weights: weights, bias: numbers.bias)
    layer.grid = WeightGrid(width: width, fractions: fractions)
    return layer
  }

  // MARK: Samples

  /// The layers with weights in their order, as many together as samples of their float outputs may take memory.
  private static func windows(_ layers: LayerGraph, images: Int) -> [[Int]] {
    var windows: [[Int]] = []
    var bytes = 0
    for index in layers.layers.indices {
      guard let linear = layers.layers[index].operation.linear else { continue }
      let more = sampleCount(layers, index, images: images) * images * linear.bias.count * MemoryLayout<Float>.size
      bytes += more
      if windows.isEmpty || bytes > windowBytes {
        windows.append([])
        bytes = more
      }
      windows[windows.count - 1].append(index)
    }
    return windows
  }

  /// How many pixels of a layer's outputs are sampled on each image.
  private static func sampleCount(_ layers: LayerGraph, _ index: Int, images: Int) -> Int {
    guard let (weights, bias) = layers.layers[index].operation.linear else { return 0 }
    let shape = layers.graph.values[rawOutput(layers, index)].shape
    let wanted = max(samplesPerTap * (weights.count / bias.count), leastSamples)
    return min((wanted + images - 1) / images, shape.height * shape.width)
  }

  /// The pixels of a layer's outputs that are sampled on an image: spread over it, others on each image.
  private func places(_ index: Int, image: Int) -> [Int] {
    let shape = source.graph.values[Self.rawOutput(source, index)].shape
    let pixels = shape.height * shape.width
    let count = Self.sampleCount(source, index, images: chosen.count)
    // Steps of the golden section leave no part of the image out.
    let step = Int(Double(pixels) * 0.618) | 1
    return (0..<count).map { count == pixels ? $0 : (image * 7919 + $0 * step) % pixels }
  }

  /// The value that a layer's convolution or product makes, before its clip and pool.
  private static func rawOutput(_ layers: LayerGraph, _ index: Int) -> Int {
    layers.graph.nodes.first { $0.name == layers.layers[index].name }!.output
  }

  /// The float outputs of some layers at the sampled pixels.
  private struct FloatOutputs {
    /// For each image each layer's pixels x channels.
    var samples: [Float]
    /// Of each layer, on an image.
    var counts: [Int]

    /// A layer's, images x pixels x channels.
    func layer(_ position: Int) -> [Float] {
      let first = counts[..<position].reduce(0, +)
      return stride(from: first, to: samples.count, by: counts.reduce(0, +)).flatMap {
        samples[$0..<$0 + counts[position]]
      }
    }
  }

  private func floatOutputs(
    _ window: [Int], _ makeRunner: @Sendable (FloatGraph) throws -> FloatRunner, _ progress: ExportProgress
  ) throws -> FloatOutputs {
    let layerOf = Dictionary(uniqueKeysWithValues: window.map { (Self.rawOutput(source, $0), $0) })
    let counts = window.map { places($0, image: 0).count * source.layers[$0].operation.linear!.bias.count }
    let samples = try concurrentRows(
      chosen.count, of: counts.reduce(0, +), prepare: { try makeRunner(source.graph) }
    ) { run, image in
      var found: [Int: [Float]] = [:]
      try run(try images.pixels(chosen[image])) { value, numbers in
        guard let index = layerOf[value] else { return }
        let channels = source.shape(value).channels
        found[index] = places(index, image: image).flatMap { numbers[$0 * channels..<($0 + 1) * channels] }
      }
      progress(.rounding, 1)
      return window.flatMap { found[$0] ?? [] }
    }
    return FloatOutputs(samples: samples, counts: counts)
  }

  /// The patches of a layer's fixed-point inputs at the sampled pixels, images x pixels x (kernel h x kernel w x channels), of some of its input channels.
  private func patches(_ index: Int, _ channels: Range<Int>, of file: [UInt8]) throws -> [Float] {
    let layer = layers.layers[index]
    let (input, output) = (layers.shape(layer.inputs[0]), source.graph.values[Self.rawOutput(source, index)].shape)
    var rowCount = input.count
    if case .convolution(let convolution, _) = layer.operation {
      rowCount = places(index, image: 0).count * convolution.kernel.height * convolution.kernel.width * channels.count
    }
    return try frames.rows(file, before: index, of: rowCount, pixels: { try images.pixels(chosen[$0]) }) {
      raws, image in
      guard case .convolution(let convolution, _) = layer.operation else { return raws }
      return places(index, image: image).flatMap {
        convolution.patch(of: raws, input, channels, at: $0, width: output.width)
      }
    }
  }

  // MARK: A layer

  private mutating func reconstruct(_ index: Int, of fixed: FixedGraph, outputs: [Float]) throws {
    let operation = fixed.operations[index]
    guard let linear = operation.kind.linear, let float = source.layers[index].operation.linear else { return }
    let input = fixed.tensors[operation.inputs[0]].format
    let geometry = linear.geometry
    let taps = float.weights.count / float.bias.count
    let channels = taps / (geometry.kernelHeight * geometry.kernelWidth)
    let file = try ModelContent(draft: fixed, cache: cache).encoded()
    let groupBytes = outputs.count / float.bias.count * taps * MemoryLayout<Float>.size
    let layer = try LayerReconstruction(
      weights: float.weights, bias: float.bias, groups: geometry.groups, channels: channels,
      groupsAtOnce: max(Self.patchBytes / max(groupBytes, 1), 1), outputs: outputs, inputFraction: input.fraction,
      without: settings.without
    ) { groups in try patches(index, groups.lowerBound * channels..<groups.upperBound * channels, of: file) }
    for width in alternativeWidths where width != geometry.weightWidth {
      guard
        let plain = try? QuantizedWeights(
          weights: float.weights, bias: float.bias, width: width, input: input,
          output: fixed.tensors[operation.output].format)
      else { continue }
      alternatives[index, default: [:]][width] = self.layer(
        index, fractions: plain.fractions, width: width, try layer.solved(plain, width: width))
    }
    let width = geometry.weightWidth
    layers.layers[index] = self.layer(
      index, fractions: linear.weights.fractions, width: width, try layer.solved(linear.weights, width: width))
  }
}

extension FloatConvolution {
  /// What an output pixel sees of some channels of an image: kernel height x kernel width x channels, zeros outside.
  ///
  /// - Parameters:
  ///   - place: the output pixel's number, row by row of `width`.
  fileprivate func patch(
    of image: [Float], _ shape: Shape, _ channels: Range<Int>, at place: Int, width: Int
  ) -> [Float] {
    var patch: [Float] = []
    patch.reserveCapacity(kernel.height * kernel.width * channels.count)
    for ky in 0..<kernel.height {
      let y = place / width * stride.height - padding.top + ky * dilation.height
      for kx in 0..<kernel.width {
        let x = place % width * stride.width - padding.left + kx * dilation.width
        if 0..<shape.height ~= y && 0..<shape.width ~= x {
          let start = (y * shape.width + x) * shape.channels
          patch += image[start + channels.lowerBound..<start + channels.upperBound]
        } else {
          patch += repeatElement(0, count: channels.count)
        }
      }
    }
    return patch
  }
}
