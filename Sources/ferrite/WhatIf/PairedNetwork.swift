import EdgeRuntime
import Exporter
import Quantize

/// A model with the float network that it was made of beside it, layer by layer: what each operation computes with, and what
/// it would compute with in float.
///
/// Numbers are real, in the model's scale: float weights and biases take up what export has made of the channels.
struct PairedNetwork: Sendable {
  /// In the order of execution: the model's operations.
  let layers: [PairedLayer]
  let input: TensorRecord
  private let preparation: InputPreparation
  private let inputMap: ChannelMap

  /// - Parameter graph: as the importer read it.
  /// - Throws: `BadData` naming the first layer that is not the network's.
  init(_ model: LoadedModel, _ graph: FloatGraph, path: String) throws {
    let source: LayerGraph
    do {
      source = try LayerGraph(fusing: Passes.all(graph))
    } catch {
      throw BadData("\(path): \(error)")
    }
    let maps = ChannelMaps(model)
    inputMap = maps.input
    input = model.file.tensor(model.file.inputTensor)
    preparation = source.graph.preparation
    var layers: [PairedLayer] = []
    for index in 0..<min(model.file.operationCount, source.layers.count) {
      let producers = source.layers[index].inputs.map { value in
        source.layers.firstIndex { $0.output == source.storage[value] }
      }
      guard
        let layer = PairedLayer(
          model, index, source, producers: producers,
          inputMap: producers[0].map { maps.outputs[$0] } ?? maps.input, outputMap: maps.outputs[index])
      else {
        let name = model.name(model.file.operation(index).name)
        throw BadData("\(model.path): layer \(name) was not made of \(path)'s layer \(source.layers[index].name)")
      }
      layers.append(layer)
    }
    if model.file.operationCount > source.layers.count {
      let name = model.name(model.file.operation(source.layers.count).name)
      throw BadData("\(model.path): \(path) has no layer for its layer \(name)")
    }
    if source.layers.count > model.file.operationCount {
      throw BadData("\(model.path): has no layer for \(path)'s layer \(source.layers[layers.count].name)")
    }
    self.layers = layers
  }

  /// The network's input for an image of 8-bit pixels, without rounding.
  func prepared(_ pixels: [UInt8]) -> [Double] {
    inputMap.applied(to: preparation.prepared(pixels).map(Double.init))
  }
}

/// A model's operation and the float layer that it was made of.
struct PairedLayer: Sendable {
  /// Weights (outputs x taps) and a bias for each output.
  struct Linear: Sendable {
    var weights: [Double]
    var bias: [Double]
  }

  let name: String
  let kind: EdgeRuntime.Operation
  /// Its geometry; its weights are in `float`.
  let source: LayerOperation
  /// Layers that make its inputs; nil is the network's input.
  let producers: [Int?]
  let inputShapes: [Shape]
  let outputShape: Shape
  /// Fraction bits of each input.
  let inputFractions: [Int]
  /// The model's weights; nil for layers without.
  let fixed: Linear?
  /// The network's.
  let float: Linear?
  /// The network's, in 16 bits with a binary point for each output.
  let wide: Linear?
  let format: FixedFormat
  /// Raw.
  let bounds: ClosedRange<Int32>
  /// A fused clip; infinite ends where there is none.
  let clip: (least: Double, greatest: Double)

  /// Whether the operation rounds. A max-pool and a concatenation of equal formats move values only.
  var rounds: Bool {
    switch kind {
    case .maxPool2D, .rearrange: false
    case .concatenate(let shifts): producers.indices.contains { shifts[$0] != 0 }
    default: true
    }
  }
}

extension PairedLayer {
  /// - Returns: nil for a float layer of another name, kind or size.
  init?(
    _ model: LoadedModel, _ index: Int, _ graph: LayerGraph, producers: [Int?], inputMap: ChannelMap,
    outputMap: ChannelMap
  ) {
    let (record, layer) = (model.file.operation(index), graph.layers[index])
    let inputs = (0..<record.inputCount).map { [all = record.inputs] in model.file.tensor(all[$0]) }
    let output = model.file.tensor(record.output)
    guard model.name(record.name) == layer.name, inputs.map(Shape.init) == layer.inputs.map(graph.shape),
      Shape(output) == graph.shape(layer.output), record.operation.isSame(as: layer.operation)
    else { return nil }
    name = layer.name
    kind = record.operation
    self.producers = producers
    inputShapes = inputs.map(Shape.init)
    outputShape = Shape(output)
    inputFractions = inputs.map(\.format.fraction)
    format = output.format
    bounds = record.minimum...record.maximum
    clip = (Double(layer.least), Double(layer.greatest))
    source = layer.operation.with(weights: [], bias: [])
    guard let parameters = record.operation.convolution, let (weights, bias) = layer.operation.linear else {
      (fixed, float, wide) = (nil, nil, nil)
      return
    }
    let scaled = Linear(
      weights: weights, bias: bias, inputMap: inputMap, outputMap: outputMap, groups: parameters.groups)
    float = scaled
    wide = scaled.rounded(to: 16)
    fixed = Linear(model.file, parameters, input: inputs[0], output: output)
    guard fixed?.weights.count == scaled.weights.count else { return nil }
  }
}

extension EdgeRuntime.Operation {
  fileprivate func isSame(as layer: LayerOperation) -> Bool {
    switch (self, layer) {
    case (.conv2D(let own), .convolution(let convolution, let hasMaxPool)):
      own.hasMaxPool == hasMaxPool && own.groups == convolution.groups
        && Extent(own.kernelHeight, own.kernelWidth) == convolution.kernel
        && Extent(own.strideHeight, own.strideWidth) == convolution.stride
        && Extent(own.dilationHeight, own.dilationWidth) == convolution.dilation
        && Padding(
          top: own.paddingTop, left: own.paddingLeft, bottom: own.paddingBottom, right: own.paddingRight)
          == convolution.padding
    case (.maxPool2D(let own), .maxPool(let pool)), (.averagePool2D(let own, _, _), .averagePool(let pool)):
      Extent(own.kernelHeight, own.kernelWidth) == pool.kernel
        && Extent(own.strideHeight, own.strideWidth) == pool.stride
        && Extent(own.dilationHeight, own.dilationWidth) == pool.dilation
        && Padding(
          top: own.paddingTop, left: own.paddingLeft, bottom: own.paddingBottom, right: own.paddingRight)
          == pool.padding
        && own.countsPadding == pool.countsPadding
    case (.affineGridSample(let own), .affineGridSample(let sampler)):
      own.interpolation == sampler.interpolation && own.outside == sampler.outside
    case (.fullyConnected, .fullyConnected), (.concatenate, .concatenate), (.requantize, .clip),
      (.add, .add), (.table, .table), (.multiply, .multiply),
      (.rearrange, .rearrange):
      true
    default: false
    }
  }
}

extension PairedLayer.Linear {
  /// The network's weights in the model's scale.
  ///
  /// - Parameters:
  ///   - inputMap: by channel of the input, repeated where the input is a flattened image.
  ///   - outputMap: of factors alone.
  fileprivate init(
    weights: [Float], bias: [Float], inputMap: ChannelMap, outputMap: ChannelMap, groups: Int
  ) {
    let taps = weights.count / bias.count
    let perGroup = bias.count / groups
    let (factors, offsets) = (inputMap.factors, inputMap.offsets)
    let channels = max(factors.count / groups, 1)
    self.weights = []
    self.bias = []
    for output in bias.indices {
      let scale = outputMap.factors[output % outputMap.factors.count]
      var constant = Double(bias[output]) * scale
      for tap in 0..<taps {
        let input = (output / perGroup * channels + tap % channels) % factors.count
        let weight = Double(weights[output * taps + tap]) * scale / factors[input]
        self.weights.append(weight)
        constant -= weight * offsets[input % offsets.count]
      }
      self.bias.append(constant)
    }
  }

  /// What a model's file holds.
  fileprivate init(
    _ file: borrowing ModelFile, _ parameters: ConvolutionParameters, input: TensorRecord, output: TensorRecord
  ) {
    let perGroup = input.channels / parameters.groups
    weights = []
    bias = []
    for channel in 0..<output.channels {
      // Sums have the fraction bits of the output, and those that the shift drops.
      let sums = output.format.fraction + file.shift(parameters, outputChannel: channel)
      let step = Double(sign: .plus, exponent: input.format.fraction - sums, significand: 1)
      for row in 0..<parameters.kernelHeight {
        for tap in 0..<parameters.kernelWidth * perGroup {
          let index = parameters.packedIndex(output: channel, row: row, tap: tap, inputChannels: input.channels)
          let raw = file.weight(parameters, index)
          weights.append(Double(raw) * step)
        }
      }
      let biasStep = Double(sign: .plus, exponent: -sums, significand: 1)
      bias.append(Double(file.bias(parameters, outputChannel: channel)) * biasStep)
    }
  }

  /// Each output's weights in the format of `width` bits that covers them; biases stay.
  fileprivate func rounded(to width: Int) -> Self {
    let taps = weights.count / max(bias.count, 1)
    var rounded = self
    for channel in bias.indices {
      let own = channel * taps..<(channel + 1) * taps
      let reach = weights[own].reduce(0) { max($0, abs($1)) }
      let format = FixedFormat.covering(-reach...reach, width: width, isSigned: true)
      for index in own { rounded.weights[index] = format.number(format.raw(weights[index])) }
    }
    return rounded
  }
}

extension Shape {
  init(_ tensor: TensorRecord) { self.init(height: tensor.height, width: tensor.width, channels: tensor.channels) }
}
