/// Which windows a detector looks at, and how many of them make a face.
public struct DetectorSettings: Equatable, Sendable {
  /// Fraction bits of factors.
  public static let factorBits = 32

  /// The least width and height of a window, pixels of the frame.
  public var minimumSize = 0
  /// From a window's size to the next, of `factorBits` fraction bits; 1.01 to 4.
  public var scaleFactor: UInt64 = (11 << 32 + 5) / 10
  /// A face is where more windows than so many agree; 0 for every window by itself.
  public var neighbours = 3
  /// The most windows that are kept before they are grouped, 1...65535.
  public var capacity = 2048

  public static let scaleFactors: ClosedRange<UInt64> = (101 << 32) / 100...4 << 32

  public init() {}

  /// A decimal fraction such as 1.1, of at most seven digits, rounded to the nearest.
  ///
  /// - Parameters:
  ///   - count: of its characters.
  ///   - byte: a character, ASCII.
  /// - Returns: nil for what is no such fraction or lies outside `scaleFactors`.
  public static func factor(decimal count: Int, _ byte: (Int) -> UInt8) -> UInt64? {
    var (value, scale, digits, seenPoint) = (UInt64(0), UInt64(1), 0, false)
    for index in 0..<count {
      let character = byte(index)
      if character == UInt8(ascii: "."), !seenPoint, digits > 0 {
        seenPoint = true
        continue
      }
      guard case UInt8(ascii: "0")...UInt8(ascii: "9") = character, digits < 7 else { return nil }
      value = 10 * value + UInt64(character - UInt8(ascii: "0"))
      digits += 1
      if seenPoint { scale *= 10 }
    }
    guard digits > 0 else { return nil }
    // Below 10^7, so that 32 more bits fit 64.
    let factor = (value << 32 + scale / 2) / scale
    return scaleFactors ~= factor ? factor : nil
  }
}

/// A size of windows: the frame reduced so that such a window has the cascade's size.
public struct DetectorLevel: Equatable, Sendable {
  /// From the reduced frame to the frame, of `DetectorSettings.factorBits` fraction bits.
  public var factor: UInt64
  /// Of the reduced frame.
  public var width: Int
  public var height: Int
  /// Of a window, in pixels of the frame.
  public var windowWidth: Int
  public var windowHeight: Int
  /// From a window to the next, pixels of the reduced frame.
  public var step: Int
}

/// The levels of a frame, the smallest windows first: factors 1, s, s^2 ... as in OpenCV's `detectMultiScale` (cascadedetect.cpp), there
/// in floating point.
struct DetectorLevels {
  let windowWidth: Int
  let windowHeight: Int
  let frameWidth: Int
  let frameHeight: Int
  let settings: DetectorSettings
  private var factor: UInt64 = 1 << 32

  init(windowWidth: Int, windowHeight: Int, frameWidth: Int, frameHeight: Int, _ settings: DetectorSettings) {
    (self.windowWidth, self.windowHeight) = (windowWidth, windowHeight)
    (self.frameWidth, self.frameHeight) = (frameWidth, frameHeight)
    self.settings = settings
  }

  mutating func next() -> DetectorLevel? {
    while true {
      let (width, height) = (scaled(windowWidth, by: factor), scaled(windowHeight, by: factor))
      guard width <= frameWidth, height <= frameHeight else { return nil }
      let current = factor
      // A window of 3 pixels and more within 4096: factors stay below 2^11, and the product below 2^14.
      let product = factor.multipliedFullWidth(by: settings.scaleFactor)
      factor = product.high << 32 | product.low >> 32 + (product.low >> 31 & 1)
      guard width >= settings.minimumSize, height >= settings.minimumSize else { continue }
      let level = DetectorLevel(
        factor: current, width: reduced(frameWidth, by: current), height: reduced(frameHeight, by: current),
        windowWidth: width, windowHeight: height, step: current >= 2 << 32 ? 1 : 2)
      // Rounding can leave a frame that no window fits into.
      guard level.width >= windowWidth, level.height >= windowHeight else { continue }
      return level
    }
  }
}

/// `value * factor`, rounded half to even.
func scaled(_ value: Int, by factor: UInt64) -> Int {
  roundedHalfToEven(UInt64(value) * factor, over: 1 << 32)
}

/// `value / factor`, rounded half to even.
func reduced(_ value: Int, by factor: UInt64) -> Int { roundedHalfToEven(UInt64(value) << 32, over: factor) }

/// A quotient rounded to the nearest whole number, halves to the even one, as IEEE 754 and OpenCV's `cvRound` do.
func roundedHalfToEven(_ numerator: UInt64, over denominator: UInt64) -> Int {
  let quotient = numerator / denominator
  let rest = numerator - quotient * denominator
  let isUp = rest > denominator - rest || (rest == denominator - rest && quotient & 1 == 1)
  return Int(quotient) + (isUp ? 1 : 0)
}
