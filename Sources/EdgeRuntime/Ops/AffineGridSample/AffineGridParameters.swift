/// The constants that turn theta and an output pixel into a place in the image, and what is read there.
/// docs/file-format.md, "affineGridSample".
public struct AffineGridParameters: Equatable, Sendable {
  /// Bits right of the binary point of a grid constant.
  public static let constantFraction = 16
  /// Bits right of the binary point of a coordinate: places are multiples of 1/128 pixel.
  public static let coordinateFraction = 7
  /// Coordinates saturate at this many 1/128 pixels either way, far outside any image.
  public static let coordinateLimit: Int64 = 1 << 24

  /// What is read at a place between pixels. The raw values are those of the file.
  public enum Interpolation: UInt32, Sendable {
    /// The four pixels around it, by their distance.
    case bilinear
    /// The nearest pixel; half way between two, the one whose index is even.
    case nearest
  }

  /// What is read outside the image. The raw values are those of the file.
  public enum Outside: UInt32, Sendable {
    case zeros
    /// The nearest pixel of the image.
    case border
    /// The image mirrored at its outer edges, again and again: `b a | a b c | c b`.
    case reflectionAtEdges
    /// The image mirrored at the centres of its outer pixels, again and again: `c b | a b c | b a`.
    case reflectionAtCentres

    /// What a place outside would find by mirroring.
    public var reflects: Bool { self == .reflectionAtEdges || self == .reflectionAtCentres }
  }

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

  public var interpolation: Interpolation
  public var outside: Outside
  public var x: Axis
  public var y: Axis

  public init(interpolation: Interpolation = .bilinear, outside: Outside = .zeros, x: Axis, y: Axis) {
    self.interpolation = interpolation
    self.outside = outside
    self.x = x
    self.y = y
  }
}

extension AffineGridParameters.Axis {
  /// Whether theta's factors stay within 2^33 for an output of `height` x `width`: twice what an image of 32767 pixels asks
  /// for, and little enough for sums of 64 bits.
  func isBounded(height: Int, width: Int) -> Bool {
    let alongRow = Int64(a0.magnitude) + Int64(a1.magnitude) * Int64(width)
    let alongColumn = Int64(b0.magnitude) + Int64(b1.magnitude) * Int64(height)
    return max(alongRow, alongColumn) <= 1 << 33
  }
}

extension AffineGridParameters {
  /// Where reflection turns before the first pixel's centre, in 1/128 pixel.
  var turningOffset: Int64 { outside == .reflectionAtEdges ? 64 : 0 }

  /// After how many 1/128 pixels a reflected image of `size` pixels repeats: to its end and back.
  func period(_ size: Int) -> Int64 {
    // One pixel mirrored at its centre is the same at any place.
    max(Int64(outside == .reflectionAtEdges ? size : size - 1), 1) << Int64(Self.coordinateFraction + 1)
  }
}

extension AffineGridParameters {
  /// A coordinate in 1/128 pixel, brought to the nearest of the pixels (which go on outside the image), then into an image of
  /// `size` pixels where the parameters say so, and saturated.
  public func settled(_ coordinate: Int64, size: Int) -> Int {
    var place = coordinate
    if interpolation == .nearest {
      place = Rounding.rndConv.shiftRight(place, by: Self.coordinateFraction) << Int64(Self.coordinateFraction)
    }
    if outside.reflects {
      let period = period(size)
      let rest = (place + turningOffset) % period
      let turned = rest < 0 ? rest + period : rest
      place = min(turned, period - turned) - turningOffset
    }
    if outside == .zeros { return Int(min(max(place, -Self.coordinateLimit), Self.coordinateLimit)) }
    return Int(min(max(place, 0), Int64(size - 1) << Int64(Self.coordinateFraction)))
  }
}
