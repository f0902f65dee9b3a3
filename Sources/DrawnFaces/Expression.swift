/// The seven classes, in FER-2013's order: the raw value is the index of the network's logit.
public enum Expression: Int, CaseIterable, Sendable {
  case angry, disgust, fear, happy, sad, surprise, neutral

  /// The class name as data folders carry it, such as `happy`.
  public var name: String { "\(self)" }
}
