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
  /// Samples for each tap from which on a layer can learn to make up for the errors in its inputs.
  static let manySamplesPerTap = 12
  static let leastSamples = 8192

  /// The units of work that a reconstruction reports: an image's run through the float graph is one; a layer takes about
  /// as long as the runs of an image in 24.
  static func units(_ layers: LayerGraph, images: Int) -> Int {
    let chosen = min(images, imageLimit)
    let free = layers.layers.count { $0.operation.linear != nil && $0.grid == nil }
    return chosen + free * layerUnits(images: chosen)
  }

  private static func layerUnits(images: Int) -> Int { (images + 23) / 24 }

  private let source: LayerGraph
  private let histograms: [Histogram?]
  private let settings: QuantizationSettings
  private let images: CalibrationImages
  private let chosen: [Int]
  private(set) var layers: LayerGraph

  /// - Parameters:
  ///   - layers: with float weights, channels scaled.
  ///   - makeRunner: runs a graph, for each thread.
  init(
    _ layers: LayerGraph, histograms: [Histogram?], settings: QuantizationSettings, images: CalibrationImages,
    makeRunner: @Sendable (FloatGraph) throws -> FloatRunner, progress: ExportProgress
  ) throws {
    source = layers
    self.histograms = histograms
    self.settings = settings
    self.images = images
    chosen = images.spread(Self.imageLimit)
    self.layers = layers
    var fixed = try FixedGraph(layers, histograms: histograms, settings: settings)
    for index in layers.layers.indices { keepPlain(index, of: fixed) }
    let outputs = try floatOutputs(makeRunner, progress)
    for index in layers.layers.indices where layers.layers[index].grid == nil {
      guard let target = outputs[index] else { continue }
      let before = self.layers.layers[index]
      try reconstruct(index, of: fixed, outputs: target)
      do throws(ExportError) {
        fixed = try FixedGraph(self.layers, histograms: histograms, settings: settings)
      } catch {
        // The sums of other raw weights can leave 32 bits where those of plain rounding just fit.
        self.layers.layers[index] = before
      }
      progress(.rounding, Self.layerUnits(images: chosen.count))
    }
  }

  /// Puts a layer's weights on the grid that plain rounding chose, so that building the graph again is cheap.
  private mutating func keepPlain(_ index: Int, of fixed: FixedGraph) {
    let layer = layers.layers[index]
    guard layer.grid == nil, let linear = fixed.operations[index].kind.linear, let plain = layer.operation.linear else {
      return
    }
    set(
      index, raws: linear.weights.raws, fractions: linear.weights.fractions, width: linear.geometry.weightWidth,
      bias: plain.bias)
  }

  private mutating func set(_ index: Int, raws: [Int8], fractions: [Int], width: Int, bias: [Float]) {
    let taps = raws.count / fractions.count
    let weights = raws.indices.map { place in
      Float(sign: .plus, exponent: -fractions[place / taps], significand: Float(raws[place]))
    }
    layers.layers[index].operation = layers.layers[index].operation.with(weights: weights, bias: bias)
    layers.layers[index].grid = WeightGrid(width: width, fractions: fractions)
  }

  // MARK: Samples

  /// The pixels of a layer's outputs that are sampled on an image: spread over it, others on each image.
  private func places(_ index: Int, image: Int) -> [Int] {
    let layer = source.layers[index]
    guard let (weights, bias) = layer.operation.linear else { return [] }
    let shape = source.graph.values[rawOutput(index)].shape
    let pixels = shape.height * shape.width
    let wanted = max(Self.samplesPerTap * (weights.count / bias.count), Self.leastSamples)
    let count = min((wanted + chosen.count - 1) / chosen.count, pixels)
    // Steps of the golden section leave no part of the image out.
    let step = Int(Double(pixels) * 0.618) | 1
    return (0..<count).map { count == pixels ? $0 : (image * 7919 + $0 * step) % pixels }
  }

  /// The value that a layer's convolution or product makes, before its clip and pool.
  private func rawOutput(_ index: Int) -> Int {
    source.graph.nodes.first { $0.name == source.layers[index].name }!.output
  }

  /// By layer the float outputs at the sampled pixels, images x pixels x channels; nil for layers without weights.
  private func floatOutputs(
    _ makeRunner: @Sendable (FloatGraph) throws -> FloatRunner, _ progress: ExportProgress
  ) throws -> [[Float]?] {
    let linear = source.layers.indices.filter { source.layers[$0].operation.linear != nil }
    let layerOf = Dictionary(uniqueKeysWithValues: linear.map { (rawOutput($0), $0) })
    let found = try concurrentMap(chosen.count, prepare: { try makeRunner(source.graph) }) { run, image in
      var samples: [Int: [Float]] = [:]
      try run(try images.pixels(chosen[image])) { value, numbers in
        guard let index = layerOf[value] else { return }
        let channels = source.shape(value).channels
        samples[index] = places(index, image: image).flatMap { numbers[$0 * channels..<($0 + 1) * channels] }
      }
      progress(.rounding, 1)
      return samples
    }
    return source.layers.indices.map { index in
      layerOf.values.contains(index) ? found.flatMap { $0[index] ?? [] } : nil
    }
  }

  /// The patches of a layer's fixed-point inputs at the sampled pixels: images x pixels x (kernel h x kernel w x channels).
  private func patches(_ index: Int, of fixed: FixedGraph) throws -> [Float] {
    let file = try ModelContent(draft: fixed).encoded()
    let layer = layers.layers[index]
    let (input, output) = (layers.shape(layer.inputs[0]), source.graph.values[rawOutput(index)].shape)
    var rowCount = input.count
    if case .convolution(let convolution, _) = layer.operation {
      rowCount = places(index, image: 0).count * convolution.kernel.height * convolution.kernel.width * input.channels
    }
    return try concurrentRows(
      chosen.count, of: rowCount, prepare: { try ModelRunner(file, instructionSet: .fastest) }
    ) { runner, image in
      let raws = runner.input(of: index, try images.pixels(chosen[image]))
      guard case .convolution(let convolution, _) = layer.operation else { return raws }
      return places(index, image: image).flatMap { convolution.patch(of: raws, input, at: $0, width: output.width) }
    }
  }

  // MARK: A layer

  private mutating func reconstruct(_ index: Int, of fixed: FixedGraph, outputs: [Float]) throws {
    let operation = fixed.operations[index]
    guard let linear = operation.kind.linear, let (weights, bias) = source.layers[index].operation.linear else {
      return
    }
    let patches = try patches(index, of: fixed)
    var groups = 1
    if case .convolution(let convolution, _) = source.layers[index].operation { groups = convolution.groups }
    let inputFraction = fixed.tensors[operation.inputs[0]].format.fraction
    let taps = weights.count / bias.count
    let perGroup = bias.count / groups
    var raws: [Int8] = []
    var corrected = bias
    for group in 0..<groups {
      let rows = group * perGroup..<(group + 1) * perGroup
      var samples = LayerSamples(
        inputs: groups == 1
          ? patches : columns(of: patches, group: group, of: groups, channels: linear.geometry.channels(taps: taps)),
        outputs: groups == 1
          ? outputs
          : stride(from: 0, to: outputs.count, by: bias.count).flatMap {
            outputs[$0 + rows.lowerBound..<$0 + rows.upperBound]
          },
        taps: taps, channels: perGroup)
      // In units of the sums: a raw input times a raw weight.
      let fractions = linear.weights.fractions[rows]
      let scales = fractions.map { Float(sign: .plus, exponent: inputFraction + $0, significand: 1) }
      for place in samples.outputs.indices { samples.outputs[place] *= scales[place % perGroup] }
      var own = Array(linear.weights.raws[rows.lowerBound * taps..<rows.upperBound * taps])
      let correctsBias = !settings.without.contains(.biasCorrection)
      var means: (inputs: [Double], outputs: [Double])?
      if correctsBias {
        means = samples.centre()
      } else {
        for place in samples.outputs.indices {
          samples.outputs[place] -= bias[rows.lowerBound + place % perGroup] * scales[place % perGroup]
        }
      }
      if !settings.without.contains(.adaptiveRounding) {
        own = try rounded(
          samples, Array(weights[rows.lowerBound * taps..<rows.upperBound * taps]), Array(fractions),
          width: linear.geometry.weightWidth)
      }
      if let means {
        for row in 0..<perGroup {
          var made = 0.0
          for tap in 0..<taps { made += Double(own[row * taps + tap]) * means.inputs[tap] }
          corrected[rows.lowerBound + row] = Float((means.outputs[row] - made) / Double(scales[row]))
        }
      }
      raws += own
    }
    set(index, raws: raws, fractions: linear.weights.fractions, width: linear.geometry.weightWidth, bias: corrected)
  }

  /// The patches' channels of one group, of `channels` each.
  private func columns(of patches: [Float], group: Int, of groups: Int, channels: Int) -> [Float] {
    stride(from: group * channels, to: patches.count, by: groups * channels).flatMap { patches[$0..<$0 + channels] }
  }

  private func rounded(
    _ samples: LayerSamples, _ weights: [Float], _ fractions: [Int], width: Int
  ) throws -> [Int8] {
    let taps = samples.taps
    // Few samples tell what a rounding costs, but too little to make up for the errors of the layers before.
    let isFew = samples.count < Self.manySamplesPerTap * taps
    let rounding = CoordinateRounding(gram: try samples.gram(), taps: taps, ridge: isFew ? 0.1 : 0.01)
    let targets = isFew ? nil : try samples.targets()
    let limit = Float((1 << (width - 1)) - 1)
    let rows = try concurrentMap(fractions.count, prepare: {}) { _, row in
      let scale = Float(sign: .plus, exponent: fractions[row], significand: 1)
      return rounding.round(
        weights[row * taps..<(row + 1) * taps].map { $0 * scale },
        target: targets.map { Array($0[row * taps..<(row + 1) * taps]) }, limit: limit)
    }
    return Array(rows.joined())
  }
}

extension ConvolutionParameters {
  /// Input channels of a group whose filters have this many taps.
  fileprivate func channels(taps: Int) -> Int { taps / (kernelHeight * kernelWidth) }
}

extension FloatConvolution {
  /// What an output pixel sees of an image: kernel height x kernel width x channels, zeros outside.
  ///
  /// - Parameters:
  ///   - place: the output pixel's number, row by row of `width`.
  fileprivate func patch(of image: [Float], _ shape: Shape, at place: Int, width: Int) -> [Float] {
    var patch: [Float] = []
    patch.reserveCapacity(kernel.height * kernel.width * shape.channels)
    for ky in 0..<kernel.height {
      let y = place / width * stride.height - padding.top + ky * dilation.height
      for kx in 0..<kernel.width {
        let x = place % width * stride.width - padding.left + kx * dilation.width
        if 0..<shape.height ~= y && 0..<shape.width ~= x {
          let start = (y * shape.width + x) * shape.channels
          patch += image[start..<start + shape.channels]
        } else {
          patch += repeatElement(0, count: shape.channels)
        }
      }
    }
    return patch
  }
}
