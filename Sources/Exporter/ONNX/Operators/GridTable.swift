import EdgeRuntime
import Quantize

/// GridSample by a grid that is constant: every output pixel is a sum of the same pixels in every frame, which a fully connected layer
/// computes.
///
/// - Parameter grid: [1, height, width, 2] of the output, x before y.
func importConstantGrid(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ sampler: FloatSampler, _ grid: NDArray<Float>
) throws(ONNXError) -> Operand {
  let (image, source) = try builder.image(try node.activation(0), for: node)
  guard grid.dims.count == 4, grid.dims[0] == 1, grid.dims[3] == 2 else {
    throw node.fail("its grid has dims \(grid.dims); [1, height, width, 2] is supported")
  }
  let target = Shape(height: grid.dims[1], width: grid.dims[2], channels: source.channels)
  guard source.count > 0, target.count > 0, source.count * target.count <= mostGridWeights else {
    throw node.fail(
      "its grid is constant, which takes \(source.count) x \(target.count) weights; up to \(mostGridWeights) are supported"
    )
  }
  let plane = Shape(height: source.height, width: source.width, channels: 1)
  var weights = [Float](repeating: 0, count: source.count * target.count)
  for place in 0..<target.height * target.width {
    let (x, y) = (grid.elements[2 * place], grid.elements[2 * place + 1])
    for (pixel, share) in sampler.shares(of: plane, x: Double(x), y: Double(y)).enumerated() where share != 0 {
      for channel in 0..<source.channels {
        let row = place * source.channels + channel
        weights[row * source.count + pixel * source.channels + channel] = Float(share)
      }
    }
  }
  let flat = try builder.vector(image, for: node)
  let sums = try builder.add(
    .fullyConnected(weights: weights, bias: Array(repeating: 0, count: target.count)), [flat],
    shape: .vector(target.count), for: node)
  let output = try builder.view(sums, as: target, for: node, suffix: "/image")
  return builder.asImage(output)
}

/// As many as a small layer has.
private let mostGridWeights = 1 << 16

extension FloatSampler {
  /// What each of an image's pixels adds to the pixel that is sampled at a place: the sampler's answer for an image that is 1 at that pixel alone.
  ///
  /// - Parameters:
  ///   - x, y: -1...1 inside the image, by the sampler's own corner convention.
  fileprivate func shares(of image: Shape, x: Double, y: Double) -> [Double] {
    var single = [Double](repeating: 0, count: image.count)
    return single.indices.map { pixel in
      single[pixel] = 1
      defer { single[pixel] = 0 }
      // A theta that ignores the grid of its one output pixel.
      return DoubleArithmetic().sample(single, image, theta: [0, 0, x, 0, 0, y], self, outputShape: .vector(1))[0]
    }
  }
}
