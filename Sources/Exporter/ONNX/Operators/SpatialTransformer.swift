import Quantize

/// AffineGrid-20 in two dimensions.
func importAffineGrid(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let theta = try builder.linearForm(try node.input(0), for: node)
  let size = try node.integers(1).elements
  let alignCorners = try node.flag("align_corners", default: false)
  guard theta.array.dims == [1, 2, 3] else {
    throw node.fail("theta has dims \(theta.array.dims); [1, 2, 3] is supported")
  }
  guard size.count == 4, size[0] == 1, size[2...].allSatisfy({ (1...GraphBuilder.extentLimit).contains($0) }),
    elementCount(size) != nil
  else { throw node.fail("its size is \(size); [1, channels, height, width] is supported") }
  let base = BaseGrid(height: size[2], width: size[3], alignCorners: alignCorners)
  var elements: [LinearTerm] = []
  for row in 0..<base.height {
    for column in 0..<base.width {
      let (x, y) = (base.x(column), base.y(row))
      for first in [0, 3] {
        let terms = theta.array.elements
        elements.append(x * terms[first] + y * terms[first + 1] + terms[first + 2])
      }
    }
  }
  return .linear(LinearForm(value: theta.value, array: NDArray([1, base.height, base.width, 2], elements)))
}

/// GridSample-16 to 22 of an affine grid: both become one operation. Of a constant grid: a fully connected layer.
func importGridSample(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  var sampler = try importSampler(node)
  if case .floats = try node.input(1) { return try importConstantGrid(node, &builder, sampler, try node.weights(1)) }
  let (image, shape) = try builder.image(try node.activation(0), for: node)
  guard case .linear(let grid) = try node.input(1), builder.shape(grid.value) == .vector(6) else {
    throw node.fail("its grid (\"\(node.inputNames[1])\") is not an affine grid of six values")
  }
  let dims = grid.array.dims
  guard dims.count == 4, dims[0] == 1, dims[3] == 2, dims[1] > 0, dims[2] > 0 else {
    throw node.fail("its grid has dims \(dims); [1, height, width, 2] is supported")
  }
  // A single pixel stands in the middle by either convention: the sampler's own comes first.
  guard
    let alignsCorners = [sampler.sourceAlignsCorners, !sampler.sourceAlignsCorners].first(where: {
      BaseGrid(height: dims[1], width: dims[2], alignCorners: $0).makes(grid.array)
    })
  else { throw node.fail("its grid is not the affine grid of theta for \(dims[1]) x \(dims[2]) pixels") }
  sampler.targetAlignsCorners = alignsCorners
  let output = try builder.add(
    .affineGridSample(sampler), [image, grid.value],
    shape: Shape(height: dims[1], width: dims[2], channels: shape.channels), for: node)
  return builder.asImage(output)
}

/// The attributes of a GridSample; its grid's convention is taken to be its own.
private func importSampler(_ node: ONNXNode) throws(ONNXError) -> FloatSampler {
  let alignCorners = try node.flag("align_corners", default: false)
  var sampler = FloatSampler(alignCorners: alignCorners)
  let mode = try node.string("mode", default: "linear")
  switch mode {
  case "linear", "bilinear": sampler.interpolation = .bilinear
  case "nearest": sampler.interpolation = .nearest
  default: throw node.reject("mode", mode, supported: "linear, bilinear, nearest")
  }
  let padding = try node.string("padding_mode", default: "zeros")
  switch padding {
  case "zeros": sampler.outside = .zeros
  case "border": sampler.outside = .border
  case "reflection": sampler.outside = alignCorners ? .reflectionAtCentres : .reflectionAtEdges
  default: throw node.reject("padding_mode", padding, supported: "zeros, border, reflection")
  }
  return sampler
}

/// The pixels' centres in -1...1, which an affine grid multiplies with theta.
private struct BaseGrid {
  var height: Int
  var width: Int
  /// Whether -1 and 1 are the centres of the outermost pixels or the image's edges.
  var alignCorners: Bool

  func x(_ column: Int) -> Float { coordinate(column, of: width) }
  func y(_ row: Int) -> Float { coordinate(row, of: height) }

  private func coordinate(_ index: Int, of extent: Int) -> Float {
    if !alignCorners { return Float(2 * index + 1) / Float(extent) - 1 }
    return extent == 1 ? 0 : Float(2 * index) / Float(extent - 1) - 1
  }

  /// Whether a form of dims [1, height, width, 2] is this grid times theta, up to the rounding of coordinates: far less
  /// than the 1 / extent by which the two conventions differ.
  func makes(_ form: NDArray<LinearTerm>) -> Bool {
    let tolerance: Float = 1e-5
    for row in 0..<height {
      for column in 0..<width {
        let place = (row * width + column) * 2
        let (x, y) = (x(column), y(row))
        let expected: [SIMD8<Float>] = [[x, y, 1, 0, 0, 0, 0, 0], [0, 0, 0, x, y, 1, 0, 0]]
        for axis in 0...1 {
          let difference = form.elements[place + axis].factors - expected[axis]
          // Written so that a NaN is no match.
          guard (0..<8).allSatisfy({ difference[$0].magnitude <= tolerance }) else { return false }
        }
      }
    }
    return true
  }
}

extension GraphBuilder {
  /// An operand as sums of a small vector's values.
  func linearForm(_ operand: Operand, for node: ONNXNode) throws(ONNXError) -> LinearForm {
    if case .linear(let form) = operand { return form }
    guard case .activation(let activation) = operand, shape(activation.value).count <= LinearForm.valueLimit else {
      throw node.fail("dims \(operand.dims): only a sampling grid can be computed so")
    }
    return LinearForm(activation, shape(activation.value))
  }
}
