/// A spatial transformer's affine grid and sampler in one (Jaderberg et al. 2015, equations 1 and 5; ONNX AffineGrid-20 and
/// GridSample-20, linear and nearest, with each padding mode). docs/file-format.md holds the formula; this file is its
/// specification.
public enum AffineGridSample {}

/// One sampler's memory; the loader has proved that it fits.
@unsafe
public struct AffineGridSampleArguments {
  public var parameters: AffineGridParameters
  /// Raw values, height x width x channels, of `format.elementBytes` each.
  public var image: UnsafeRawPointer
  public var imageHeight: Int
  public var imageWidth: Int
  public var channels: Int
  /// The format of image and output alike.
  public var format: FixedFormat
  /// Six raw values, `t00 t01 t02 t10 t11 t12`, target to source.
  public var theta: UnsafePointer<Int16>
  /// 0...15 fraction bits of theta.
  public var thetaFraction: Int
  /// Raw values, height x width x channels; never overlaps the image.
  public var output: UnsafeMutableRawPointer
  public var outputHeight: Int
  public var outputWidth: Int
  /// Least and greatest raw output; the interpolation is convex, so they bind only where a clip was fused.
  public var minimum: Int32
  public var maximum: Int32
  /// The rows of the output to compute: all unless narrowed.
  public var rows: Range<Int>

  public init(
    parameters: AffineGridParameters, image: UnsafeRawPointer, imageHeight: Int, imageWidth: Int, channels: Int,
    format: FixedFormat, theta: UnsafePointer<Int16>, thetaFraction: Int, output: UnsafeMutableRawPointer,
    outputHeight: Int, outputWidth: Int, minimum: Int32, maximum: Int32
  ) {
    unsafe self.parameters = parameters
    unsafe self.image = image
    unsafe self.imageHeight = imageHeight
    unsafe self.imageWidth = imageWidth
    unsafe self.channels = channels
    unsafe self.format = format
    unsafe self.theta = theta
    unsafe self.thetaFraction = thetaFraction
    unsafe self.output = output
    unsafe self.outputHeight = outputHeight
    unsafe self.outputWidth = outputWidth
    unsafe self.minimum = minimum
    unsafe self.maximum = maximum
    unsafe rows = 0..<outputHeight
  }

  /// A share of the output's rows.
  func part(_ share: WorkShare) -> AffineGridSampleArguments {
    var part = unsafe self
    unsafe part.rows = share.range(of: rows.count)
    return unsafe part
  }
}

/// A place in the image, in 1/128 pixels.
public struct SamplePlace: Equatable, Sendable {
  public var x: Int
  public var y: Int

  public init(x: Int, y: Int) {
    self.x = x
    self.y = y
  }

  /// The pixel left of (above) the place, and how far right of (below) it the place lies: 0...127.
  public var column: Int { x >> AffineGridParameters.coordinateFraction }
  public var row: Int { y >> AffineGridParameters.coordinateFraction }
  public var u: Int32 { Int32(truncatingIfNeeded: x & 127) }
  public var v: Int32 { Int32(truncatingIfNeeded: y & 127) }
}

extension AffineGridSample {
  /// Where output pixel (`row`, `column`) looks, once the nearest pixel and the way back into the image have been found.
  public static func place(_ a: AffineGridSampleArguments, row: Int, column: Int) -> SamplePlace {
    let (p, theta) = unsafe (a.parameters, a.theta)
    let x = unsafe coordinate(p.x, (theta[0], theta[1], theta[2]), a.thetaFraction, row, column)
    let y = unsafe coordinate(p.y, (theta[3], theta[4], theta[5]), a.thetaFraction, row, column)
    return unsafe SamplePlace(x: p.settled(x, size: a.imageWidth), y: p.settled(y, size: a.imageHeight))
  }

  /// `t0 * (a0 + a1*column) + t1 * (b0 + b1*row) + t2 * c + d`, rounded (RND) to 1/128 pixel.
  ///
  /// No overflow: the loader has bounded theta's factors by 2^33.
  @inline(__always)
  static func coordinate(
    _ axis: AffineGridParameters.Axis, _ theta: (Int16, Int16, Int16), _ thetaFraction: Int, _ row: Int, _ column: Int
  ) -> Int64 {
    let alongRow = Int64(axis.a0) + Int64(axis.a1) * Int64(column)
    let alongColumn = Int64(axis.b0) + Int64(axis.b1) * Int64(row)
    let sum =
      Int64(theta.0) &* alongRow &+ Int64(theta.1) &* alongColumn &+ Int64(theta.2) &* Int64(axis.c)
      &+ Int64(axis.d) << Int64(thetaFraction)
    let shift = AffineGridParameters.constantFraction + thetaFraction - AffineGridParameters.coordinateFraction
    return Rounding.rnd.shiftRight(sum, by: shift)
  }

  public static func reference(_ a: AffineGridSampleArguments) {
    let size = unsafe (height: a.imageHeight, width: a.imageWidth, channels: a.channels)
    func tap(_ row: Int, _ column: Int, _ channel: Int) -> Int32 {
      if row < 0 || row >= size.height || column < 0 || column >= size.width { return 0 }
      return unsafe a.image.element((row * size.width + column) * size.channels + channel, a.format)
    }
    for row in unsafe a.rows {
      for column in unsafe 0..<a.outputWidth {
        let place = unsafe place(a, row: row, column: column)
        let (u, v) = (place.u, place.v)
        for channel in 0..<size.channels {
          let upper = (128 - u) * tap(place.row, place.column, channel) + u * tap(place.row, place.column + 1, channel)
          let lower =
            (128 - u) * tap(place.row + 1, place.column, channel) + u * tap(place.row + 1, place.column + 1, channel)
          // 16-bit taps times weights that sum to 2^14: below 2^30.
          let raw = unsafe requantize((128 - v) * upper + v * lower, shift: 14, minimum: a.minimum, maximum: a.maximum)
          unsafe a.output.setElement((row * a.outputWidth + column) * size.channels + channel, raw, a.format)
        }
      }
    }
  }
}
