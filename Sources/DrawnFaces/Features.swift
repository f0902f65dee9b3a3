/// What an expression changes in a face. Lengths are in units of the face (the drawing's square is 2 wide); the values of
/// `neutral` are the middle from which the others depart.
struct Features {
  /// How far the brows are raised (down is negative).
  var browHeight = 0.0
  /// Slope of the brows: positive draws the inner ends down, as anger does; negative up, as sorrow does.
  var browTilt = 0.0
  /// Height of the brows' arch.
  var browArch = 0.04
  /// How far the brows are drawn together.
  var browPinch = 0.0

  /// Opening of the upper and of the lower lid; 1 is wide awake, 0 is shut.
  var upperLid = 0.82
  var lowerLid = 0.85
  /// Slope of the lids: positive lets the outer corner droop.
  var lidTilt = 0.0
  /// Size of the iris; fright and surprise show white all around it.
  var iris = 1.0

  /// Creases across the bridge of the nose, and from its wings to the corners of the mouth: 0...1.
  var noseWrinkle = 0.0
  var cheekFold = 0.0

  var mouthWidth = 0.2
  /// How far the corners stand above the middle; negative for corners that hang.
  var mouthCurve = 0.01
  /// Distance between the lips in the middle.
  var mouthOpening = 0.0
  /// 0 for an opening pointed at the corners, 1 for a nearly rectangular one.
  var mouthSquareness = 0.0
  /// 1 for an ellipse, as of a mouth that says "oh".
  var mouthRoundness = 0.0
  /// How much of the opening each row of teeth covers.
  var upperTeeth = 0.0
  var lowerTeeth = 0.0
  /// How far the upper lip is pulled up on one side (positive: the viewer's right).
  var sneer = 0.0
  /// How far one corner stands above the other.
  var mouthSkew = 0.0
  /// How far the tongue shows: 0...1.
  var tongue = 0.0

  /// Tears and reddened cheeks: 0...1.
  var tear = 0.0
  var blush = 0.0

  /// The features of `expression` with a random strength, variant and unevenness.
  ///
  /// Weak expressions come near to neutral, and neutral faces are not quite so: neighbouring classes meet, rarely overlap.
  static func random(_ expression: Expression, from random: inout RandomSource) -> Features {
    let strength = random.uniform(0.7...1.15)
    let target = random.pick(variants(of: expression))
    var features = Features()
    for field in fields {
      features[keyPath: field.path] = blend(features[keyPath: field.path], target[keyPath: field.path], strength)
      features[keyPath: field.path] += random.jitter(field.unevenness)
    }
    let side = random.chance(0.5) ? 1.0 : -1.0
    features.sneer *= side
    features.mouthSkew *= side
    features.tear = random.chance(0.6) ? features.tear : 0
    return features
  }

  /// The fields that an expression sets, each with the reach of its random unevenness.
  private static var fields: [(path: WritableKeyPath<Features, Double>, unevenness: Double)] {
    [
      (\.browHeight, 0.03), (\.browTilt, 0.09), (\.browArch, 0.025), (\.browPinch, 0.015),
      (\.upperLid, 0.1), (\.lowerLid, 0.1), (\.lidTilt, 0.06), (\.iris, 0.08),
      (\.noseWrinkle, 0), (\.cheekFold, 0),
      (\.mouthWidth, 0.025), (\.mouthCurve, 0.02), (\.mouthOpening, 0), (\.mouthSquareness, 0),
      (\.mouthRoundness, 0),
      (\.upperTeeth, 0), (\.lowerTeeth, 0), (\.sneer, 0), (\.mouthSkew, 0.02), (\.tongue, 0),
      (\.tear, 0), (\.blush, 0),
    ]
  }
}
