import EdgeRuntime
import Quantize

extension GraphBuilder {
  /// Makes an image of another size whose pixels lie between those of the first: the sampler of an affine grid whose theta is constant,
  /// so that neither the file nor a kernel has to know of it. Outside is the nearest pixel, as in ONNX.
  ///
  /// - Parameters:
  ///   - places: where each output pixel of rows and of columns looks.
  ///   - alignsCorners: whether the outer pixels' centres meet along both axes: then theta is the identity.
  mutating func interpolate(
    _ value: Int, rows: LinearPlaces, columns: LinearPlaces, alignsCorners: Bool, for node: ONNXNode
  ) throws(ONNXError) -> Int {
    let shape = shape(value)
    guard max(shape.height, shape.width) <= Self.sampledExtentLimit else {
      throw node.fail(
        "it interpolates an image of \(shape.height) x \(shape.width); up to \(Self.sampledExtentLimit) are supported")
    }
    let (x, y) = (columns.theta(from: shape.width), rows.theta(from: shape.height))
    let theta: [Float] = alignsCorners ? [1, 0, 0, 0, 1, 0] : [x.scale, 0, x.shift, 0, y.scale, y.shift]
    // A layer that weighs a pixel with zero gives its biases.
    let pixel = try add(.rearrange(FloatRearrangement()), [value], shape: .vector(1), for: node, suffix: "/pixel")
    let constant = try add(
      .fullyConnected(weights: Array(repeating: 0, count: theta.count), bias: theta), [pixel], shape: .vector(6),
      for: node, suffix: "/theta")
    let sampler = FloatSampler(
      outside: .border, targetAlignsCorners: alignsCorners, sourceAlignsCorners: alignsCorners)
    return try add(
      .affineGridSample(sampler), [value, constant],
      shape: Shape(height: rows.count, width: columns.count, channels: shape.channels), for: node)
  }

  /// The longest side that a sampler reads (docs/file-format.md).
  private static var sampledExtentLimit: Int { 32_767 }
}

/// Evenly spaced places along an axis: `i * step + first` in pixels of the input, whose first has its centre at 0.
struct LinearPlaces {
  var count: Int
  var step: Double
  var first: Double

  /// What takes coordinates of the output to those of the input, both -1...1 from edge to edge: pixel i of n is at `(2 i + 1) / n - 1`.
  func theta(from extent: Int) -> (scale: Float, shift: Float) {
    let (count, extent) = (Double(count), Double(extent))
    return (Float(step * count / extent), Float((step * (count - 1) + 2 * first + 1) / extent - 1))
  }
}
