/// A cascade as OpenCV's training leaves it: stumps over local binary patterns, in floating point.
public struct FloatCascade: Sendable {
  public struct Stage: Sendable {
    /// As OpenCV compares with it: 1e-5 below the file's.
    public var threshold: Float
    public var stumps: [Stump]
  }

  public struct Stump: Sendable {
    public var x: Int
    public var y: Int
    public var width: Int
    public var height: Int
    public var inside: Float
    public var outside: Float
    /// Bit `code % 32` of word `code / 32`.
    public var subset: [UInt32]
  }

  public var windowWidth: Int
  public var windowHeight: Int
  public var stages: [Stage]

  public var stumpCount: Int { stages.reduce(0) { $0 + $1.stumps.count } }
}
