import EdgeRuntime
import Quantize

/// Which format a tensor should have. Operations that keep their input's format (max-pool, sampler) don't ask; a
/// convolution may end with fewer fraction bits than it asked for.
struct FormatSelection {
  /// Bits of theta, of outputs and of inputs of few numbers.
  static let preciseBits = 16

  let layers: LayerGraph
  /// By value of the graph.
  let histograms: [Histogram?]
  let settings: QuantizationSettings
  let cache: QuantizationCache

  /// The wanted format of a stored value.
  func format(_ value: Int) -> FixedFormat {
    let origin = layers.formatOrigin(value)
    if case .given(let format) = origin { return format }
    if let format = layers.chosenFormats[value] { return format }
    switch origin {
    case .given(let format): return format
    case .theta:
      var format = preciseFormat(value)
      format.fraction = min(max(format.fraction, 0), 15)
      return format
    case .output: return preciseFormat(value)
    case .concatenation(let output): return format(output)
    case .kept, .own:
      if layers.isShortInput(value) { return preciseFormat(value) }
      return cache.format(
        layers.storage[value], histogram(value), width: settings.activationBits(of: value, in: layers),
        isSigned: !isNonNegative(value), method: settings.method)
    }
  }

  /// The image's format: at most 8 bits, since its table holds bytes.
  func inputFormat(isSigned: Bool) -> FixedFormat {
    if let format = layers.inputFormats[layers.graph.input] ?? layers.chosenFormats[layers.graph.input] {
      return format
    }
    return cache.format(
      layers.graph.input, histogram(layers.graph.input), width: settings.inputBits, isSigned: isSigned,
      method: settings.method)
  }

  /// True if a value cannot be negative whatever the image is.
  func isNonNegative(_ value: Int) -> Bool {
    guard let layer = layers.producer(value) else {
      // What other numbers may come in is not told by those that calibration has seen.
      return layers.storage[value] == layers.graph.input && layers.graph.preparation.isNonNegative
    }
    if layer.least >= 0 || layer.format?.isSigned == false { return true }
    return switch layer.operation {
    case .maxPool, .averagePool: isNonNegative(layer.inputs[0])
    case .affineGridSample: isNonNegative(layer.inputs[0])
    case .concatenate, .add, .multiply: layer.inputs.allSatisfy(isNonNegative)
    case .rearrange(let rearrangement): rearrangement.fill >= 0 && isNonNegative(layer.inputs[0])
    case .clip: isNonNegative(layer.inputs[0])
    case .table(let function): function.isNonNegative(ofNonNegative: isNonNegative(layer.inputs[0]))
    case .convolution, .fullyConnected: false
    }
  }

  /// Sixteen signed bits that cover twice the range seen: clipping a coordinate, an output or an input costs more than its last bit.
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

extension LayerGraph {
  /// So many numbers of 16 bits, times weights of 8, sum to less than 2^30: 256 * 2^15 * 127.
  private static let mostShort = 256

  /// Whether a value is an input beside the image that is a vector of few numbers. More of them, and images, have as many bits as activations.
  func isShortInput(_ value: Int) -> Bool {
    graph.otherInputs.contains(storage[value]) && shape(storage[value]).isVector && shape(value).count <= Self.mostShort
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
