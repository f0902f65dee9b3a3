/// What export does against the loss of quantisation, each by itself: `export --without`.
public enum Repair: String, CaseIterable, Sendable, Codable {
  /// The input's raw values are the pixels less a constant; the layers that read them take up scale and offset.
  case inputAlignment = "input-alignment"
  /// Channels that share a format share its range: factors of whole octaves between layers.
  case equalisation
  /// The rest of a scale that is no power of two goes into the weights that read the channel: the scale of its weights where
  /// they are narrow, of its values where not.
  case absorption
  /// Each bias takes up the mean error of its layer's outputs.
  case biasCorrection = "bias-correction"
  /// Weights are rounded so that the layer's outputs change least.
  case adaptiveRounding = "adaptive-rounding"
}
