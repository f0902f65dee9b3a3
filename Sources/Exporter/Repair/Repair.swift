/// What export does against the loss of quantisation, each by itself: `export --without`.
public enum Repair: String, CaseIterable, Sendable, Codable {
  /// Channels that share a format share its range: factors of whole octaves between layers.
  case equalisation
  /// The rest of a channel's best weight scale that is no power of two goes into the weights that read the channel.
  case absorption
  /// Each bias takes up the mean error of its layer's outputs.
  case biasCorrection = "bias-correction"
  /// Weights are rounded so that the layer's outputs change least.
  case adaptiveRounding = "adaptive-rounding"
}
