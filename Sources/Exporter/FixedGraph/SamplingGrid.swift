import EdgeRuntime
import Quantize

extension AffineGridParameters {
  /// The constants for sampling an image of `source`'s extents into one of `target`'s.
  ///
  /// With s in -1...1 the coordinate that theta makes of a target pixel's, the source pixel is `(s + 1) * (size - 1) / 2` with
  /// aligned corners, where -1 and 1 are the centres of the outer pixels, and `((s + 1) * size - 1) / 2` without, where
  /// they are the outer edges (ONNX AffineGrid-20 and GridSample-20).
  public init(source: Shape, target: Shape, _ sampler: FloatSampler) {
    func axis(_ size: Int) -> Axis {
      let reach = Double(sampler.sourceAlignsCorners ? size - 1 : size) / 2
      let columns = Self.coordinates(target.width, alignCorners: sampler.targetAlignsCorners)
      let rows = Self.coordinates(target.height, alignCorners: sampler.targetAlignsCorners)
      return Axis(
        a0: Self.constant(columns.first * reach), a1: Self.constant(columns.step * reach),
        b0: Self.constant(rows.first * reach), b1: Self.constant(rows.step * reach), c: Self.constant(reach),
        d: Self.constant(Double(size - 1) / 2))
    }
    self.init(
      interpolation: sampler.interpolation, outside: sampler.outside, x: axis(source.width), y: axis(source.height))
  }

  /// The first of `count` evenly spaced target coordinates and the distance between two.
  private static func coordinates(_ count: Int, alignCorners: Bool) -> (first: Double, step: Double) {
    let count = Double(count)
    guard alignCorners else { return (1 / count - 1, 2 / count) }
    // A single pixel stands in the middle, as in PyTorch's affine_grid.
    return count == 1 ? (0, 0) : (-1, 2 / (count - 1))
  }

  private static func constant(_ number: Double) -> Int32 {
    Int32(FixedFormat(width: 32, fraction: constantFraction, isSigned: true).raw(number))
  }
}
