extension Features {
  /// The ways in which an expression is drawn, at full strength.
  ///
  /// Brows, lids and mouths follow the action units that the Facial Action Coding System lists for each emotion
  /// (Ekman and Friesen, 1978), as a cartoonist exaggerates them.
  static func variants(of expression: Expression) -> [Features] {
    switch expression {
    case .angry: [glaring, shouting]
    case .disgust: [sneering, revolted]
    case .fear: [frightened, screaming]
    case .happy: [smiling, grinning, laughing]
    case .sad: [sorrowful, weeping]
    case .surprise: [astonished, startled]
    case .neutral: [Features()]
    }
  }

  /// Lips pressed, brows low and drawn together.
  private static let glaring = Features(
    browHeight: -0.1, browTilt: 0.48, browArch: -0.01, browPinch: 0.06, upperLid: 0.62, lowerLid: 0.7, lidTilt: -0.3,
    cheekFold: 0.3, mouthWidth: 0.2, mouthCurve: -0.07)

  /// The same above bared teeth.
  private static let shouting = Features(
    browHeight: -0.09, browTilt: 0.5, browArch: 0, browPinch: 0.06, upperLid: 0.75, lowerLid: 0.75, lidTilt: -0.32,
    iris: 0.85, cheekFold: 0.5, mouthWidth: 0.24, mouthCurve: -0.06, mouthOpening: 0.19, mouthSquareness: 0.85,
    upperTeeth: 0.36, lowerTeeth: 0.3)

  /// Nose wrinkled, upper lip pulled up on one side, eyes narrowed.
  private static let sneering = Features(
    browHeight: -0.07, browTilt: 0.2, browArch: 0.01, browPinch: 0.03, upperLid: 0.45, lowerLid: 0.32, lidTilt: -0.05,
    noseWrinkle: 1, cheekFold: 0.9, mouthWidth: 0.22, mouthCurve: -0.06, mouthOpening: 0.06, upperTeeth: 0.9,
    sneer: 0.085, mouthSkew: 0.035)

  /// Tongue out.
  private static let revolted = Features(
    browHeight: -0.05, browTilt: 0.15, browArch: 0.02, browPinch: 0.03, upperLid: 0.38, lowerLid: 0.25, lidTilt: 0,
    noseWrinkle: 1, cheekFold: 0.7, mouthWidth: 0.2, mouthCurve: -0.08, mouthOpening: 0.1, sneer: 0.04, mouthSkew: 0.03,
    tongue: 1)

  /// Brows up and slanted, eyes wide, mouth drawn sideways.
  private static let frightened = Features(
    browHeight: 0.1, browTilt: -0.38, browArch: 0, browPinch: 0.05, upperLid: 1.25, lowerLid: 1.1, iris: 0.68,
    mouthWidth: 0.27, mouthCurve: -0.06, mouthOpening: 0.11, mouthSquareness: 0.8, upperTeeth: 0.5, lowerTeeth: 0.5)

  private static let screaming = Features(
    browHeight: 0.11, browTilt: -0.42, browArch: 0, browPinch: 0.05, upperLid: 1.3, lowerLid: 1.15, iris: 0.6,
    mouthWidth: 0.24, mouthCurve: -0.06, mouthOpening: 0.2, mouthSquareness: 0.6, upperTeeth: 0.26)

  private static let smiling = Features(
    browHeight: 0.02, browArch: 0.06, upperLid: 0.78, lowerLid: 0.55, cheekFold: 0.5, mouthWidth: 0.28,
    mouthCurve: 0.13, blush: 0.7)

  private static let grinning = Features(
    browHeight: 0.04, browArch: 0.07, upperLid: 0.85, lowerLid: 0.55, cheekFold: 0.4, mouthWidth: 0.29,
    mouthCurve: 0.12, mouthOpening: 0.17, upperTeeth: 0.42, blush: 0.7)

  /// Eyes shut with laughter.
  private static let laughing = Features(
    browHeight: 0.06, browArch: 0.08, upperLid: 0.6, lowerLid: -0.45, cheekFold: 0.4, mouthWidth: 0.29,
    mouthCurve: 0.11, mouthOpening: 0.24, upperTeeth: 0.3, tongue: 0.25, blush: 1)

  /// Inner ends of the brows up, lids and corners of the mouth hanging.
  private static let sorrowful = Features(
    browHeight: 0.01, browTilt: -0.42, browArch: -0.02, browPinch: 0.02, upperLid: 0.5, lowerLid: 0.8, lidTilt: 0.32,
    mouthWidth: 0.18, mouthCurve: -0.11, tear: 0.9)

  private static let weeping = Features(
    browHeight: 0, browTilt: -0.45, browArch: -0.01, browPinch: 0.03, upperLid: 0.2, lowerLid: 0.45, lidTilt: 0.34,
    mouthWidth: 0.2, mouthCurve: -0.13, mouthOpening: 0.07, tear: 1)

  /// Brows arched high, mouth round.
  private static let astonished = Features(
    browHeight: 0.14, browArch: 0.1, upperLid: 1.25, lowerLid: 1.1, iris: 0.82, mouthWidth: 0.12, mouthCurve: 0,
    mouthOpening: 0.27, mouthRoundness: 1)

  private static let startled = Features(
    browHeight: 0.12, browArch: 0.11, upperLid: 1.2, lowerLid: 1.05, iris: 0.75, mouthWidth: 0.09, mouthCurve: 0.01,
    mouthOpening: 0.16, mouthRoundness: 1)
}
