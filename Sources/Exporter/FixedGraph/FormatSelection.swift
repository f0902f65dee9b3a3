import EdgeRuntime
import Quantize

/// Which format a tensor should have. Operations that keep their input's format (max-pool, sampler) don't ask; a
/// convolution may end with fewer fraction bits than it asked for.
struct FormatSelection {
  /// Bits of theta and of the logits.
  static let preciseBits = 16

  let layers: LayerGraph
  /// By value of the graph.
  let histograms: [Histogram?]
  let settings: QuantizationSettings

  /// The wanted format of a stored value.
  func format(_ value: Int) -> FixedFormat {
    if let format = givenFormat(value) ?? layers.chosenFormats[value] { return format }
    let consumers = layers.consumers(value)
    if consumers.contains(where: { $0.isTheta(value, in: layers) }) {
      var format = preciseFormat(value)
      format.fraction = min(max(format.fraction, 0), 15)
      return format
    }
    if layers.storage[layers.graph.output] == value { return preciseFormat(value) }
    // What only a concatenation reads is rounded to its format sooner or later: once is better than twice.
    if consumers.count == 1, case .concatenate = consumers[0].operation,
      consumers[0].inputs.filter({ layers.storage[$0] == value }).count == 1
    {
      return format(consumers[0].output)
    }
    let bits = layers.producer(value).flatMap { settings.layers[$0.name]?.activationBits } ?? settings.activationBits
    return histogram(value).format(
      width: bits, isSigned: !isNonNegative(value), method: settings.method)
  }

  /// The format that the network gives a stored value; nil where it is ours to choose.
  ///
  /// What only a max-pool or a sampler reads has that one's format, and a concatenation that of its inputs where all agree.
  private func givenFormat(_ value: Int) -> FixedFormat? {
    guard let layer = layers.producer(value) else { return layers.inputFormat }
    if let format = layer.format { return format }
    if case .concatenate = layer.operation {
      let formats = Set(layer.inputs.map { layers.producer($0).map(\.format) ?? layers.inputFormat })
      if formats.count == 1, let format = formats.first { return format }
    }
    let consumers = layers.consumers(value)
    guard consumers.count == 1, layers.storage[layers.graph.output] != value else { return nil }
    switch consumers[0].operation {
    case .maxPool: return givenFormat(consumers[0].output)
    case .affineGridSample where !consumers[0].isTheta(value, in: layers): return givenFormat(consumers[0].output)
    default: return nil
    }
  }

  /// The input's format: at most 8 bits, since its table holds bytes.
  func inputFormat(isSigned: Bool) -> FixedFormat {
    if let format = layers.inputFormat ?? layers.chosenFormats[layers.graph.input] { return format }
    return histogram(layers.graph.input).format(
      width: min(settings.activationBits, 8), isSigned: isSigned, method: settings.method)
  }

  /// True if a value cannot be negative whatever the image is.
  func isNonNegative(_ value: Int) -> Bool {
    guard let layer = layers.producer(value) else { return layers.graph.preparation.isNonNegative }
    if layer.least >= 0 || layer.format?.isSigned == false { return true }
    return switch layer.operation {
    case .maxPool, .averagePool: isNonNegative(layer.inputs[0])
    case .affineGridSample: isNonNegative(layer.inputs[0])
    case .concatenate: layer.inputs.allSatisfy(isNonNegative)
    case .clip: isNonNegative(layer.inputs[0])
    case .convolution, .fullyConnected: false
    }
  }

  /// Sixteen signed bits that cover twice the range seen: clipping a coordinate or a logit costs more than its last bit.
  private func preciseFormat(_ value: Int) -> FixedFormat {
    let seen = histogram(value).range
    return FixedFormat.covering(
      2 * seen.lowerBound...2 * seen.upperBound, width: Self.preciseBits, isSigned: true)
  }

  private func histogram(_ value: Int) -> Histogram {
    guard let histogram = histograms[layers.storage[value]] else {
      preconditionFailure("a stored value was not observed")
    }
    return histogram
  }
}

extension LayerGraph.Layer {
  /// True if the layer is a sampler that takes its theta from `value`.
  func isTheta(_ value: Int, in layers: LayerGraph) -> Bool {
    guard case .affineGridSample = operation else { return false }
    return layers.storage[inputs[1]] == layers.storage[value]
  }
}

extension FixedFormat {
  /// For messages: `Q(8, 6, unsigned)`.
  var text: String { "Q(\(width), \(fraction), \(isSigned ? "signed" : "unsigned"))" }
}

extension InputPreparation {
  /// The network's input for an 8-bit pixel.
  func prepared(pixel: Int, channel: Int) -> Double {
    (Double(pixel) / 255 - Double(mean[channel])) / Double(standardDeviation[channel])
  }

  var isNonNegative: Bool {
    mean.indices.allSatisfy { prepared(pixel: 0, channel: $0) >= 0 && prepared(pixel: 255, channel: $0) >= 0 }
  }
}
