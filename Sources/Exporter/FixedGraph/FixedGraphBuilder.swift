import EdgeRuntime
import Quantize

extension FixedGraph {
  /// Chooses every format and quantises every number.
  ///
  /// - Throws: `ExportError` with the layer's name: a number that is not finite, sums that 32 bits can't hold, extents
  ///   that the file has no room for.
  public init(
    _ layers: LayerGraph, calibration: Calibration, settings: QuantizationSettings
  ) throws(ExportError) {
    var builder = FixedGraphBuilder(
      layers: layers, selection: FormatSelection(layers: layers, calibration: calibration, settings: settings))
    try builder.checkSettings()
    let tables = try builder.inputTables()
    for layer in layers.layers { try builder.add(layer) }
    self.init(
      tensors: builder.tensors(), operations: builder.operations, input: builder.tensorIndex[layers.graph.input]!,
      output: builder.tensorIndex[layers.graph.output]!, inputTables: tables, labels: layers.graph.labels)
  }
}

/// Walks the layers in order; the formats of a layer's inputs are known when it is reached.
private struct FixedGraphBuilder {
  let layers: LayerGraph
  let selection: FormatSelection
  /// The float graph's values that are tensors, in order: stored ones and flattened views that something reads.
  let values: [Int]
  let tensorIndex: [Int: Int]
  /// By stored value.
  var formats: [Int: FixedFormat] = [:]
  var operations: [FixedGraph.Operation] = []

  init(layers: LayerGraph, selection: FormatSelection) {
    self.layers = layers
    self.selection = selection
    values = Set(layers.stored + layers.layers.flatMap(\.inputs) + [layers.graph.output]).sorted()
    tensorIndex = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
  }

  func tensors() -> [FixedGraph.Tensor] {
    values.map { value in
      FixedGraph.Tensor(
        name: layers.graph.values[value].name, format: format(value), shape: layers.shape(value),
        storage: tensorIndex[layers.storage[value]]!)
    }
  }

  /// A format that has been chosen.
  func format(_ value: Int) -> FixedFormat {
    guard let format = formats[layers.storage[value]] else {
      preconditionFailure("a graph's nodes stand in the order of execution")
    }
    return format
  }

  /// Settings for a layer that isn't there are a mistake, and so are bits of weights where there are none.
  func checkSettings() throws(ExportError) {
    for (name, settings) in selection.settings.layers.sorted(by: { $0.key < $1.key }) {
      guard let layer = layers.layers.first(where: { $0.name == name }) else { throw .noSuchLayer(name) }
      switch layer.operation {
      case .convolution, .fullyConnected: break
      default:
        if settings.weightBits != nil { throw .unsupported(layer: name, reason: "it has no weights to give bits to") }
      }
    }
  }

  mutating func inputTables() throws(ExportError) -> [[Int32]] {
    let preparation = layers.graph.preparation
    var numbers: [[Double]] = []
    for channel in 0..<layers.shape(layers.graph.input).channels {
      let table = (0..<256).map { preparation.prepared(pixel: $0, channel: channel) }
      guard table.allSatisfy(\.isFinite) else { throw .notFinite(layer: "input preparation", channel: channel) }
      numbers.append(table)
    }
    let format = selection.inputFormat(isSigned: !preparation.isNonNegative)
    formats[layers.graph.input] = format
    return numbers.map { $0.map { Int32(format.raw($0)) } }
  }

  mutating func add(_ layer: LayerGraph.Layer) throws(ExportError) {
    for value in layer.inputs + [layer.output] { try checkExtents(value, of: layer) }
    let input = format(layer.inputs[0])
    let kind: FixedOperation
    var output: FixedFormat
    var macs: UInt64 = 0
    switch layer.operation {
    case .convolution(let convolution, let hasMaxPool):
      let geometry = try ConvolutionParameters(
        convolution, hasMaxPool: hasMaxPool, weightWidth: selection.settings.weightBits(of: layer.name),
        layer: layer.name)
      let linear = try quantize(layer, geometry, convolution.weights, convolution.bias)
      kind = .convolution(linear)
      output = linear.weights.output
      let image = layers.shape(layer.inputs[0])
      macs = UInt64(
        geometry.convolvedHeight(image.height) * geometry.convolvedWidth(image.width) * convolution.weights.count)
    case .fullyConnected(let weights, let bias):
      let geometry = ConvolutionParameters(
        kernelHeight: 1, kernelWidth: 1, weightWidth: selection.settings.weightBits(of: layer.name))
      let linear = try quantize(layer, geometry, weights, bias)
      kind = .fullyConnected(linear)
      output = linear.weights.output
      macs = UInt64(weights.count)
    case .maxPool(let pool):
      kind = .maxPool(try PoolParameters(pool, layer: layer.name))
      output = input
    case .averagePool(let pool):
      output = selection.format(layer.output)
      let mean = Reciprocal(of: pool.kernel.height * pool.kernel.width)
      // Fraction bits beyond those of the mean would hold nothing.
      output.fraction = min(output.fraction, input.fraction + mean.shift)
      let shift = min(mean.shift + input.fraction - output.fraction, 62)
      kind = .averagePool(
        try PoolParameters(pool, layer: layer.name), multiplier: mean.multiplier, shift: Int32(shift))
    case .affineGridSample(let alignCorners):
      try checkTheta(layer)
      kind = .affineGridSample(
        AffineGridParameters(
          source: layers.shape(layer.inputs[0]), target: layers.shape(layer.output), alignCorners: alignCorners))
      output = input
    case .concatenate:
      let inputs = layer.inputs.map { format($0) }
      guard 2...4 ~= inputs.count else {
        throw .unsupported(layer: layer.name, reason: "a concatenation of \(inputs.count) inputs; 2 to 4 can be joined")
      }
      output = selection.format(layer.output)
      // The runtime shifts left by 15 at most.
      output.fraction = min(output.fraction, inputs.map(\.fraction).min()! + 15)
      kind = .concatenate(shifts: inputs.map { Int32(min($0.fraction - output.fraction, 31)) })
    case .clip:
      output = selection.format(layer.output)
      output.fraction = min(output.fraction, input.fraction + 15)
      kind = .requantize(shift: Int32(min(input.fraction - output.fraction, 31)))
    }
    formats[layer.output] = output
    operations.append(
      FixedGraph.Operation(
        name: layer.name, kind: kind, inputs: layer.inputs.map { tensorIndex[$0]! },
        output: tensorIndex[layer.output]!, minimum: bound(layer.least, output), maximum: bound(layer.greatest, output),
        multiplyAccumulates: macs, floatValue: layer.output))
  }

  /// An end of a clip as a raw output; an infinite end is that of the format.
  private func bound(_ end: Float, _ format: FixedFormat) -> Int32 { Int32(format.raw(Double(end))) }

  private func quantize(
    _ layer: LayerGraph.Layer, _ geometry: ConvolutionParameters, _ weights: [Float], _ bias: [Float]
  ) throws(ExportError) -> FixedLinear {
    do throws(QuantizationError) {
      let quantized = try QuantizedWeights(
        weights: weights, bias: bias, width: geometry.weightWidth, input: format(layer.inputs[0]),
        output: selection.format(layer.output))
      var geometry = geometry
      geometry.accumulatorBound = quantized.accumulatorBound
      return FixedLinear(geometry: geometry, weights: quantized)
    } catch {
      switch error {
      case .notFinite(let channel): throw .notFinite(layer: layer.name, channel: channel)
      case .accumulatorOverflow(let channel): throw .accumulatorOverflow(layer: layer.name, channel: channel)
      }
    }
  }

  private func checkTheta(_ layer: LayerGraph.Layer) throws(ExportError) {
    let theta = format(layer.inputs[1])
    guard theta.width == FormatSelection.preciseBits, theta.isSigned, 0...15 ~= theta.fraction else {
      throw .unsupported(
        layer: layer.name,
        reason: "its theta can't be had with 16 signed bits and 0 to 15 fraction bits; a fully connected layer can")
    }
  }

  private func checkExtents(_ value: Int, of layer: LayerGraph.Layer) throws(ExportError) {
    let shape = layers.shape(value)
    for extent in [shape.height, shape.width, shape.channels] where !(1...Layout.maximumExtent ~= extent) {
      throw .unsupported(
        layer: layer.name,
        reason: "a tensor of \(shape.height) x \(shape.width) x \(shape.channels); extents lie in 1...65535")
    }
  }
}
