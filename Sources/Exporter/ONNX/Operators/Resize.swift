import EdgeRuntime
import Foundation
import Quantize

/// Resize-11 to 19. Between pixels by any factor; by the nearest one where the places are evenly spaced: whole factors up and down,
/// whatever the coordinates mean, and others that come out even.
func importResize(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let (value, shape) = try builder.image(try node.activation(0), for: node)
  let mode = try node.string("mode", default: "nearest")
  guard mode == "nearest" || mode == "linear" else { throw node.reject("mode", mode, supported: "nearest, linear") }
  guard try node.integers("axes") == nil, !(try node.flag("antialias", default: false)) else {
    throw node.fail("axes and antialias are not supported")
  }
  let policy = try node.string("keep_aspect_ratio_policy", default: "stretch")
  guard policy == "stretch" else { throw node.reject("keep_aspect_ratio_policy", policy, supported: "stretch") }
  let extents = [1, shape.channels, shape.height, shape.width]
  var (sizes, scales) = (extents, [Double](repeating: 1, count: 4))
  if node.optionalInput(3) != nil, try node.integers(3).count > 0 {
    sizes = try node.integers(3).elements
    guard sizes.count == 4, sizes.allSatisfy({ (1...GraphBuilder.extentLimit).contains($0) }) else {
      throw node.fail("its sizes are \(sizes); four numbers, 1 to \(GraphBuilder.extentLimit), are supported")
    }
    scales = zip(sizes, extents).map { Double($0) / Double($1) }
  } else {
    scales = try node.weights(2).elements.map(Double.init)
    guard scales.count == 4, scales.allSatisfy({ $0 > 0 && $0 <= 255 }) else {
      throw node.fail("its scales are \(scales); four numbers above 0, up to 255, are supported")
    }
    sizes = zip(extents, scales).map { Int((Double($0) * $1).rounded(.down)) }
  }
  guard sizes[0] == 1, sizes[1] == shape.channels else { throw node.fail("it resizes batch or channels to \(sizes)") }
  let places = try ResizePlaces(node)
  if mode == "linear" {
    let output = try builder.interpolate(
      value, rows: places.linear(from: shape.height, to: sizes[2], scale: scales[2]),
      columns: places.linear(from: shape.width, to: sizes[3], scale: scales[3]),
      alignsCorners: places.alignsCorners && sizes[2] > 1 && sizes[3] > 1, for: node)
    return builder.asImage(output)
  }
  let rows = places.axis(from: shape.height, to: sizes[2], scale: scales[2])
  let columns = places.axis(from: shape.width, to: sizes[3], scale: scales[3])
  guard let rows, let columns else {
    throw node.fail(
      "from \(shape.height) x \(shape.width) to \(sizes[2]) x \(sizes[3]) its nearest pixels are not evenly spaced; "
        + "whole factors are supported")
  }
  let output = try builder.add(
    .rearrange(FloatRearrangement(rows: rows, columns: columns, repeats: true)), [value],
    shape: Shape(height: sizes[2], width: sizes[3], channels: shape.channels), for: node)
  return builder.asImage(output)
}

/// Where a Resize looks, and how it rounds.
private struct ResizePlaces {
  private var transformation: String
  private var rounding: String

  init(_ node: ONNXNode) throws(ONNXError) {
    transformation = try node.string("coordinate_transformation_mode", default: "half_pixel")
    rounding = try node.string("nearest_mode", default: "round_prefer_floor")
    let known = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric"]
    guard known.contains(transformation) else {
      throw node.reject("coordinate_transformation_mode", transformation, supported: known.joined(separator: ", "))
    }
    let roundings = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]
    guard roundings.contains(rounding) else {
      throw node.reject("nearest_mode", rounding, supported: roundings.joined(separator: ", "))
    }
  }

  /// The rule of a runtime's axis that gives every place; nil if none does.
  func axis(from count: Int, to target: Int, scale: Double) -> RearrangeParameters.Axis? {
    guard target > 0 else { return nil }
    let wanted = (0..<target).map { source($0, count, target, scale) }
    let common = greatestCommonDivisor(count, target)
    for (step, divisor) in [
      (count / common, target / common), (max(Int((1 / scale).rounded()), 1), max(Int(scale.rounded()), 1)),
    ]
    where step <= 255 && divisor <= 255 {
      for offset in -divisor...max(step, divisor) {
        let axis = RearrangeParameters.Axis(step: step, offset: offset, divisor: divisor)
        if (0..<target).allSatisfy({ axis.source($0, of: count, repeats: true) == wanted[$0] }) { return axis }
      }
    }
    return nil
  }

  var alignsCorners: Bool { transformation == "align_corners" }

  /// ONNX's formulas before any rounding. They are linear, but for a single pixel.
  func linear(from count: Int, to target: Int, scale: Double) -> LinearPlaces {
    let first = place(0, count, target, scale)
    return LinearPlaces(count: target, step: target > 1 ? place(1, count, target, scale) - first : 0, first: first)
  }

  /// The nearest pixel by ONNX's formulas, in double precision.
  private func source(_ index: Int, _ count: Int, _ target: Int, _ scale: Double) -> Int {
    let place = place(index, count, target, scale)
    let nearest: Double =
      switch rounding {
      case "floor": place.rounded(.down)
      case "ceil": place.rounded(.up)
      case "round_prefer_ceil": (place + 0.5).rounded(.down)
      default: (place - 0.5).rounded(.up)
      }
    return min(max(Int(nearest), 0), count - 1)
  }

  private func place(_ index: Int, _ count: Int, _ target: Int, _ scale: Double) -> Double {
    switch transformation {
    case "asymmetric": Double(index) / scale
    case "align_corners": target == 1 ? 0 : Double(index * (count - 1)) / Double(target - 1)
    case "pytorch_half_pixel" where target == 1: 0
    default: (Double(index) + 0.5) / scale - 0.5
    }
  }

  private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
}
