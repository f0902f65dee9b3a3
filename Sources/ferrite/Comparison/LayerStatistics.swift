import EdgeRuntime

/// What quantisation did to the tensors on one picture: the input, then each operation's output.
///
/// Sums of fractions depend on their order: they are kept by picture and added up in the pictures' order.
struct LayerSample: Equatable, Codable, Sendable {
  /// Position of the picture among all that are compared.
  var position: Int
  var tensors: [LayerError]
}

/// Sums over a tensor's values on one picture. Nothing is recorded without a counterpart in the reference.
struct LayerError: Equatable, Codable, Sendable {
  /// The reference against the model.
  var all = SignalToNoise()
  /// The layer in float, from the inputs that it has in the model, against the model: what the layer itself adds.
  var own = SignalToNoise()
  /// The reference against the layer in float from the model's inputs: what it inherits from the layers before.
  var inherited = SignalToNoise()
  var cosine = CosineSimilarity()

  /// - Parameters:
  ///   - exact: the reference's values; empty without a counterpart.
  ///   - alone: what the layer makes in float of the inputs that it has in the model; nil where it is unknown.
  ///   - values: the model's.
  init(exact: [Double], alone: [Double]?, values: [Double]) {
    for (number, value) in zip(exact, values) {
      all.record(exact: number, approximate: value)
      cosine.record(exact: number, approximate: value)
    }
    guard let alone else { return }
    for (number, value) in zip(alone, values) { own.record(exact: number, approximate: value) }
    for (number, value) in zip(exact, alone) { inherited.record(exact: number, approximate: value) }
  }

  init() {}

  mutating func merge(_ other: LayerError) {
    all.merge(other.all)
    own.merge(other.own)
    inherited.merge(other.inherited)
    cosine.merge(other.cosine)
  }

  var isSound: Bool { all.isSound && own.isSound && inherited.isSound && cosine.isSound }
}

/// What of the tensors adds up in any order, over all pictures that layers are compared on.
struct LayerCounts: Equatable, Codable, Sendable {
  /// In the model's scale.
  private(set) var greatestError = 0.0
  private(set) var range: RangeUse

  init(octaves: Int) { range = RangeUse(octaves: octaves) }

  mutating func record(exact: [Double], values: [Double], _ format: FixedFormat) {
    for value in values { range.record(value, format) }
    for (number, value) in zip(exact, values) { greatestError = max(greatestError, abs(number - value)) }
  }

  mutating func merge(_ other: LayerCounts) {
    greatestError = max(greatestError, other.greatestError)
    range.merge(other.range)
  }

  func isSound(octaves: Int) -> Bool {
    greatestError.isFinite && greatestError >= 0 && range.isSound(octaves: octaves)
  }
}
