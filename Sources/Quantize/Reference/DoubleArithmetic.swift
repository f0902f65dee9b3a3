/// The layers' arithmetic in 64-bit floats. It is exact for numbers on the grids of fixed-point layers, whose sums lie below
/// 2^53 steps: the same loops then tell what a layer makes with rounding and what it would make without.
///
/// Images are height x width x channels. For one thread at a time.
public struct DoubleArithmetic {
  private var workspace = ConvolutionWorkspace<Double>()

  public init() { _ = FloatReference.oneThread }

  /// - Parameters:
  ///   - geometry: its own weights and bias are not used.
  ///   - weights: outputs x kernel height x kernel width x (input channels / groups).
  ///   - bias: one for each output.
  ///   - outputShape: what the geometry makes of `shape`.
  public mutating func convolve(
    _ image: [Double], _ shape: Shape, _ geometry: FloatConvolution, weights: [Double], bias: [Double],
    outputShape: Shape
  ) -> [Double] {
    precondition(
      weights.count == outputShape.channels * geometry.kernel.height * geometry.kernel.width * shape.channels
        / geometry.groups && bias.count == outputShape.channels && image.count == shape.count,
      "weights and images of the shapes")
    var output = [Double](repeating: 0, count: outputShape.count)
    geometry.apply(weights: weights, bias: bias, to: image, shape, into: &output, outputShape, &workspace)
    return output
  }

  /// The greatest value of each window.
  public func maximum(_ image: [Double], _ shape: Shape, _ pool: FloatPool, outputShape: Shape) -> [Double] {
    var output = [Double](repeating: 0, count: outputShape.count)
    pool.maximum(of: image, shape, into: &output, outputShape)
    return output
  }

  /// The sum of each window, padding as zeros.
  public func sum(_ image: [Double], _ shape: Shape, _ pool: FloatPool, outputShape: Shape) -> [Double] {
    var output = [Double](repeating: 0, count: outputShape.count)
    pool.sum(of: image, shape, into: &output, outputShape)
    return output
  }

  /// Samples an image where theta says, without rounding of places.
  public func sample(
    _ image: [Double], _ shape: Shape, theta: [Double], _ sampler: FloatSampler, outputShape: Shape
  ) -> [Double] {
    var output = [Double](repeating: 0, count: outputShape.count)
    AffineGrid(theta: theta, target: outputShape, sampler: sampler).sample(image, shape, into: &output)
    return output
  }

  /// The product of pairs; an extent of 1 of the second serves the whole axis.
  public func multiply(_ first: [Double], _ shape: Shape, by second: [Double], _ secondShape: Shape) -> [Double] {
    var output = [Double](repeating: 0, count: shape.count)
    multiplyPairs(first, second, secondShape, into: &output, shape)
    return output
  }

  /// The values at other places.
  public func rearrange(
    _ image: [Double], _ shape: Shape, _ rearrangement: FloatRearrangement, outputShape: Shape
  ) -> [Double] {
    var output = [Double](repeating: 0, count: outputShape.count)
    rearrangement.apply(to: image, shape, into: &output, outputShape)
    return output
  }

  /// Joins images of `pixels` pixels each along their channels.
  public func concatenate(_ images: [[Double]], pixels: Int) -> [Double] {
    var output = [Double](repeating: 0, count: images.reduce(0) { $0 + $1.count })
    joinChannels(of: images, pixels: pixels, into: &output)
    return output
  }
}
