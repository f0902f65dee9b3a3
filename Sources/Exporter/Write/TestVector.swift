/// A frame and the raw values that every machine must find for it.
public struct TestVector: Sendable, Equatable {
  /// How many a model file carries, where there are as many calibration images.
  public static let count = 8
  /// Files that list their outputs carry fewer where those of more than this many values would make most of the file; one at least.
  static let mostValues = 1 << 16

  /// 8-bit pixels, height x width x channels, and behind them the raw values of other inputs, as a session takes them.
  public var pixels: [UInt8]
  /// Of all outputs, one after the other, each in height x width x channels order.
  public var values: [Int32]

  public init(pixels: [UInt8], values: [Int32]) {
    self.pixels = pixels
    self.values = values
  }
}

extension FixedGraph {
  /// How many test vectors a file of it carries at most.
  var testVectors: Int {
    listsOutputs ? min(max(TestVector.mostValues / outputValues, 1), TestVector.count) : TestVector.count
  }
}
