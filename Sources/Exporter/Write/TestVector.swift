/// An image and the raw logits that every machine must find for it.
public struct TestVector: Sendable, Equatable {
  /// How many a model file carries, where there are as many calibration images.
  public static let count = 8

  /// 8-bit pixels, height x width x channels.
  public var pixels: [UInt8]
  public var logits: [Int32]

  public init(pixels: [UInt8], logits: [Int32]) {
    self.pixels = pixels
    self.logits = logits
  }
}
