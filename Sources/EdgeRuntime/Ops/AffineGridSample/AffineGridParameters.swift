/// The constants that turn theta and an output pixel into a place in the image. docs/file-format.md, "affineGridSample".
public struct AffineGridParameters: Equatable, Sendable {
  /// Bits right of the binary point of a grid constant.
  public static let constantFraction = 16
  /// Bits right of the binary point of a coordinate: places are multiples of 1/128 pixel.
  public static let coordinateFraction = 7
  /// Coordinates saturate at this many 1/128 pixels either way, far outside any image.
  public static let coordinateLimit: Int64 = 1 << 24

  /// One axis of the source: `a0 + a1 * column` weighs theta's first value, `b0 + b1 * row` the second, `c` the third;
  /// `d` is added. Pixels, 16 fraction bits.
  public struct Axis: Equatable, Sendable {
    public var a0: Int32
    public var a1: Int32
    public var b0: Int32
    public var b1: Int32
    public var c: Int32
    public var d: Int32

    public init(a0: Int32, a1: Int32, b0: Int32, b1: Int32, c: Int32, d: Int32) {
      self.a0 = a0
      self.a1 = a1
      self.b0 = b0
      self.b1 = b1
      self.c = c
      self.d = d
    }
  }

  public var x: Axis
  public var y: Axis

  public init(x: Axis, y: Axis) {
    self.x = x
    self.y = y
  }
}
