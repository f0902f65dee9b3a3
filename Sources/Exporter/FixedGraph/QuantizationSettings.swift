import Quantize

/// What the user decides about the numbers of a model.
public struct QuantizationSettings: Equatable, Sendable {
  public static let weightBits = 2...8
  public static let activationBits = 2...16

  /// What one layer has in place of the model's settings; nil is the model's.
  public struct Layer: Equatable, Encodable, Sendable {
    public var weightBits: Int?
    /// Of the layer's output.
    public var activationBits: Int?

    public init(weightBits: Int? = nil, activationBits: Int? = nil) {
      self.weightBits = weightBits
      self.activationBits = activationBits
    }
  }

  /// 2...8.
  public var weightBits: Int
  /// 2...16. The input has at most 8, theta and outputs always 16.
  public var activationBits: Int
  public var method: CalibrationMethod
  /// By the layer's name. A max-pool, a sampler and what only a concatenation reads keep to their neighbour's format, theta
  /// and outputs to 16 bits: export refuses other widths for them.
  public var layers: [String: Layer]
  /// Repairs that are left out.
  public var without: Set<Repair>

  public init(
    weightBits: Int = 8, activationBits: Int = 8, method: CalibrationMethod = .squaredError,
    layers: [String: Layer] = [:], without: Set<Repair> = []
  ) {
    for bits in [weightBits] + layers.values.compactMap(\.weightBits) {
      precondition(Self.weightBits ~= bits, "weights have 2...8 bits")
    }
    for bits in [activationBits] + layers.values.compactMap(\.activationBits) {
      precondition(Self.activationBits ~= bits, "activations have 2...16 bits")
    }
    self.weightBits = weightBits
    self.activationBits = activationBits
    self.method = method
    self.layers = layers
    self.without = without
  }

  /// Whether layers are fitted to the float network's one after the other.
  var repairsLayers: Bool { !without.isSuperset(of: [.adaptiveRounding, .biasCorrection]) }

  /// The bits of a layer's weights.
  func weightBits(of layer: String) -> Int { layers[layer]?.weightBits ?? weightBits }

  /// The bits of the input, whose table holds bytes.
  var inputBits: Int { min(activationBits, 8) }

  /// The bits that a stored value has by the network and these settings.
  func activationBits(of value: Int, in graph: LayerGraph) -> Int {
    switch graph.formatOrigin(value) {
    case .given(let format): format.width
    case .theta, .output: FormatSelection.preciseBits
    case .kept(let input): activationBits(of: input, in: graph)
    case .concatenation(let output): activationBits(of: output, in: graph)
    case .own:
      if let layer = graph.producer(value) {
        layers[layer.name]?.activationBits ?? activationBits
      } else if graph.isShortInput(value) {
        FormatSelection.preciseBits
      } else {
        graph.storage[value] == graph.graph.input ? inputBits : activationBits
      }
    }
  }
}
