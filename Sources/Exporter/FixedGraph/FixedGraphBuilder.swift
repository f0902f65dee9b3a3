import EdgeRuntime
import Quantize

extension FixedGraph {
  /// Chooses every format and quantises every number.
  ///
  /// - Throws: `ExportError` with the layer's name: a number that is not finite, sums that 32 bits can't hold, extents
  ///   that the file has no room for.
  public init(
    _ layers: LayerGraph, histograms: [Histogram?], settings: QuantizationSettings
  ) throws(ExportError) {
    try self.init(layers, histograms: histograms, settings: settings, cache: QuantizationCache())
  }

  /// The same, without making anew what `cache` has of another such graph.
  init(
    _ layers: LayerGraph, histograms: [Histogram?], settings: QuantizationSettings, cache: QuantizationCache
  ) throws(ExportError) {
    var builder = FixedGraphBuilder(
      layers: layers, cache: cache,
      selection: FormatSelection(layers: layers, histograms: histograms, settings: settings, cache: cache))
    if let conflict = settings.conflict(with: layers) { throw .conflict(conflict) }
    let tables = try builder.inputTables()
    for input in layers.graph.otherInputs { builder.formats[input] = builder.selection.format(input) }
    for layer in layers.layers { try builder.add(layer) }
    let (tensors, outputs) = builder.tensorsAndOutputs()
    self.init(
      tensors: tensors, operations: builder.operations, inputs: layers.graph.inputs.map { builder.tensorIndex[$0]! },
      outputs: outputs, inputTables: tables)
  }
}

/// Walks the layers in order; the formats of a layer's inputs are known when it is reached.
private struct FixedGraphBuilder {
  let layers: LayerGraph
  let cache: QuantizationCache
  let selection: FormatSelection
  /// The float graph's values that are tensors, in order: stored ones and views that something reads or that come out.
  let values: [Int]
  let tensorIndex: [Int: Int]
  /// By stored value.
  var formats: [Int: FixedFormat] = [:]
  var operations: [FixedGraph.Operation] = []

  init(layers: LayerGraph, cache: QuantizationCache, selection: FormatSelection) {
    self.layers = layers
    self.cache = cache
    self.selection = selection
    values = Set(layers.stored + layers.layers.flatMap(\.inputs) + layers.graph.outputs.map(\.value)).sorted()
    tensorIndex = Dictionary(uniqueKeysWithValues: values.enumerated().map { ($1, $0) })
  }

  func tensors() -> [FixedGraph.Tensor] {
    values.map { value in
      FixedGraph.Tensor(
        name: layers.graph.values[value].name, format: format(value), shape: layers.shape(value),
        storage: tensorIndex[layers.storage[value]]!)
    }
  }

  /// The tensors, those of listed outputs by the outputs' names. What comes out twice has another view for each further time.
  func tensorsAndOutputs() -> ([FixedGraph.Tensor], [FixedGraph.Output]) {
    var tensors = tensors()
    var outputs: [FixedGraph.Output] = []
    for output in layers.graph.outputs {
      var index = tensorIndex[output.value]!
      if outputs.contains(where: { $0.tensor == index }) {
        tensors.append(tensors[index])
        index = tensors.count - 1
      }
      if layers.graph.listsOutputs { tensors[index].name = output.name }
      outputs.append(FixedGraph.Output(tensor: index, labels: output.labels))
    }
    return (tensors, outputs)
  }

  /// A format that has been chosen.
  func format(_ value: Int) -> FixedFormat {
    guard let format = formats[layers.storage[value]] else {
      preconditionFailure("a graph's nodes stand in the order of execution")
    }
    return format
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
    guard format.width <= 8 else {
      throw .unsupported(
        layer: layers.graph.values[layers.graph.input].name,
        reason: "the network gives its input \(format.width) bits; 8 are possible")
    }
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
        convolution, hasMaxPool: hasMaxPool, weightWidth: weightWidth(of: layer), layer: layer.name)
      let linear = try quantize(layer, geometry, convolution.weights, convolution.bias)
      kind = .convolution(linear)
      output = linear.weights.output
      let image = layers.shape(layer.inputs[0])
      macs = UInt64(
        geometry.convolvedHeight(image.height) * geometry.convolvedWidth(image.width) * convolution.weights.count)
    case .fullyConnected(let weights, let bias):
      let geometry = ConvolutionParameters(
        kernelHeight: 1, kernelWidth: 1, weightWidth: weightWidth(of: layer))
      let linear = try quantize(layer, geometry, weights, bias)
      kind = .fullyConnected(linear)
      output = linear.weights.output
      macs = UInt64(weights.count)
    case .maxPool(let pool):
      kind = .maxPool(try PoolParameters(pool, layer: layer.name))
      output = input
    case .averagePool(let pool):
      output = selection.format(layer.output)
      let mean = Reciprocal(of: pool.kernel.height * pool.kernel.width, isShort: pool.countsPadding)
      // Fraction bits beyond those of the mean would hold nothing.
      output.fraction = min(output.fraction, input.fraction + mean.shift)
      let shift = min(mean.shift + input.fraction - output.fraction, 62)
      kind = .averagePool(
        try PoolParameters(pool, layer: layer.name), multiplier: mean.multiplier, shift: Int32(shift))
    case .affineGridSample(let sampler):
      try checkTheta(layer)
      kind = .affineGridSample(
        AffineGridParameters(
          source: layers.shape(layer.inputs[0]), target: layers.shape(layer.output), sampler))
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
    case .add:
      output = selection.format(layer.output)
      let (first, second) = (input, format(layer.inputs[1]))
      let sum = AdditionParameters(adding: first, second)
      // Fraction bits beyond those of the sum would hold nothing; a sum that reaches 31 bits beyond the output is none.
      let fraction = first.fraction + Int(sum.first)
      output.fraction = max(min(output.fraction, fraction), fraction - 30)
      kind = .add(AdditionParameters(first: sum.first, second: sum.second, shift: Int32(fraction - output.fraction)))
    case .table(let function):
      output = selection.format(layer.output)
      kind = .table(
        try FixedTable(
          function, from: input, to: output, within: try outputBounds(of: layer, output),
          channels: layers.shape(layer.output).channels, layer: layer.name))
    case .rearrange(let rearrangement):
      kind = .rearrange(try RearrangeParameters(rearrangement, input, layer: layer.name))
      output = input
    case .multiply:
      output = selection.format(layer.output)
      let fraction = input.fraction + format(layer.inputs[1]).fraction
      // Fraction bits beyond those of the product would hold nothing, and with more dropped nothing would be left.
      output.fraction = max(min(output.fraction, fraction), fraction - Int(Multiplication.mostShift))
      kind = .multiply(shift: Int32(fraction - output.fraction))
    case .clip:
      output = selection.format(layer.output)
      output.fraction = min(output.fraction, input.fraction + 15)
      kind = .requantize(shift: Int32(min(input.fraction - output.fraction, 31)))
    }
    let bounds = try outputBounds(of: layer, output)
    formats[layer.output] = output
    operations.append(
      FixedGraph.Operation(
        name: layer.name, kind: kind, inputs: layer.inputs.map { tensorIndex[$0]! },
        output: tensorIndex[layer.output]!, minimum: bounds.lowerBound, maximum: bounds.upperBound,
        multiplyAccumulates: macs, floatValue: layer.output))
  }

  /// The bits that a layer's weights have, by the network or by the settings.
  private func weightWidth(of layer: LayerGraph.Layer) -> Int {
    layer.grid?.width ?? selection.settings.weightBits(of: layer.name)
  }

  /// The ends of a layer's clip as raw outputs, its format's where they are infinite. Where the layer has fewer fraction
  /// bits than the network gives its output, also the ends of the format that it gives.
  ///
  /// - Throws: `ExportError.unsupported` if the network gives another format than its operation can have.
  private func outputBounds(
    of layer: LayerGraph.Layer, _ format: FixedFormat
  ) throws(ExportError) -> ClosedRange<Int32> {
    var (least, greatest) = (Double(layer.least), Double(layer.greatest))
    if let given = layer.format {
      var reached = given
      switch layer.operation {
      // It keeps its input's format. One of the same steps that reaches further changes no value.
      case .maxPool, .affineGridSample, .rearrange:
        if given.minimumRaw <= format.minimumRaw, given.maximumRaw >= format.maximumRaw {
          (reached.width, reached.isSigned) = (format.width, format.isSigned)
        }
      // Its sums have no more fraction bits.
      default: reached.fraction = min(given.fraction, format.fraction)
      }
      guard format == reached else {
        throw .unsupported(
          layer: layer.name,
          reason: "the network gives its output \(given.text), but the operation makes \(format.text)")
      }
      least = max(least, given.number(given.minimumRaw))
      greatest = min(greatest, given.number(given.maximumRaw))
    }
    return Int32(format.raw(least))...Int32(format.raw(greatest))
  }

  private func quantize(
    _ layer: LayerGraph.Layer, _ geometry: ConvolutionParameters, _ weights: [Float], _ bias: [Float]
  ) throws(ExportError) -> FixedLinear {
    do throws(QuantizationError) {
      let quantized = try cache.weights(
        layer.output,
        LinearRequest(
          weights: weights, bias: bias, grid: layer.grid, width: geometry.weightWidth, input: format(layer.inputs[0]),
          output: selection.format(layer.output)))
      var geometry = geometry
      geometry.accumulatorBound = quantized.accumulatorBound
      return FixedLinear(geometry: geometry, weights: quantized)
    } catch {
      switch error {
      case .notFinite(let channel): throw .notFinite(layer: layer.name, channel: channel)
      case .accumulatorOverflow(let channel): throw .accumulatorOverflow(layer: layer.name, channel: channel)
      case .unreachableGrid(let channel):
        throw .unsupported(
          layer: layer.name,
          reason:
            "the scale that the network gives output channel \(channel)'s weights needs a shift beyond 0...31, or sums "
            + "beyond 32 bits")
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
