import Quantize

/// The spatial transformer in its ONNX forms: AffineGrid and GridSample, and the affine grid as a product of a constant base
/// grid with a transposed map (what graph-capturing exporters write), summed by MatMul or by Mul and ReduceSum.
extension Importer {
  func affineGrid(_ c: Context) throws(ONNXError) -> ImportedValue {
    guard case .theta(let theta) = try c.input(0) else {
      throw c.attributes.operands("its map must be [1, 2, 3], not \(try c.input(0).name)")
    }
    let size = try c.integers(1)
    guard size.count == 4, size[0] == 1, size[2] > 0, size[3] > 0 else {
      throw c.attributes.operands("its size \(size) is not [1, C, H, W]")
    }
    return .grid(
      theta: theta, height: size[2], width: size[3],
      alignCorners: c.attributes.integer("align_corners", default: 0) == 1)
  }

  mutating func gridSample(_ c: Context) throws(ONNXError) -> ImportedValue {
    let image = try c.image(0)
    guard case .grid(let theta, let height, let width, let gridAligns) = try c.input(1) else {
      throw c.attributes.operands("its grid must come from an affine map, not be \(try c.input(1).name)")
    }
    let mode = c.attributes.string("mode", default: "linear")
    guard mode == "linear" || mode == "bilinear" else {
      throw c.attributes.unsupported("mode", found: mode, supported: "linear, bilinear")
    }
    let outside = c.attributes.string("padding_mode", default: "zeros")
    guard outside == "zeros" else { throw c.attributes.unsupported("padding_mode", found: outside, supported: "zeros") }
    let aligns = c.attributes.integer("align_corners", default: 0) == 1
    guard aligns == gridAligns else {
      throw c.attributes.unsupported("align_corners", found: "\(aligns ? 1 : 0)", supported: "that of the affine grid")
    }
    let output = Shape(height: height, width: width, channels: shape(image).channels)
    return .image(append(.affineGridSample(alignCorners: aligns), [image, theta], output, named: c.attributes))
  }

  func transpose(_ c: Context) throws(ONNXError) -> ImportedValue {
    guard case .theta(let theta) = try c.input(0), c.attributes.integers("perm") == [0, 2, 1] else {
      throw c.attributes.operands("it is supported on affine maps only ([1, 2, 3], perm [0, 2, 1])")
    }
    return .transposedTheta(theta)
  }

  func unsqueeze(_ c: Context) throws(ONNXError) -> ImportedValue {
    guard case .transposedTheta = try c.input(0) else {
      throw c.attributes.operands("it is supported on constants and affine maps only")
    }
    return try c.input(0)
  }

  /// The sum over the three terms of `base * theta`.
  func reduceSum(_ c: Context) throws(ONNXError) -> ImportedValue {
    guard case .gridProduct(let theta, let base) = try c.input(0) else {
      throw c.attributes.operands("it is supported as a step of an affine grid only")
    }
    let axes = try c.optional(1) == nil ? c.attributes.integers("axes") ?? [] : c.integers(1)
    guard axes == [-2] || axes == [2] else {
      throw c.attributes.unsupported("axes", found: "\(axes)", supported: "[-2] as a step of an affine grid")
    }
    return .flatGrid(theta: theta, base: base)
  }

  /// Recognises a base grid by its values: (x, y, 1) of every output pixel, in either corner convention.
  func grid(
    _ theta: Int, _ base: ConstantTensor, height: Int, width: Int, _ attributes: NodeAttributes
  ) throws(ONNXError) -> ImportedValue {
    guard let values = base.floats, values.count == height * width * 3 else {
      throw attributes.operands("a base grid of shape \(base.dimensions) does not have \(height)x\(width) places")
    }
    for alignCorners in [false, true] {
      func coordinate(_ index: Int, _ extent: Int) -> Float {
        if alignCorners { return extent == 1 ? 0 : 2 * Float(index) / Float(extent - 1) - 1 }
        return Float(2 * index + 1) / Float(extent) - 1
      }
      let matches = (0..<height * width).allSatisfy { pixel in
        abs(values[3 * pixel] - coordinate(pixel % width, width)) < 1e-4
          && abs(values[3 * pixel + 1] - coordinate(pixel / width, height)) < 1e-4 && values[3 * pixel + 2] == 1
      }
      if matches { return .grid(theta: theta, height: height, width: width, alignCorners: alignCorners) }
    }
    throw attributes.operands("its base grid is neither convention of an affine grid of \(height)x\(width)")
  }
}
