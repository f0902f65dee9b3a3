import EdgeRuntime
import Foundation
import Quantize

/// Resize-11 to 19. Between pixels by any factor; by the nearest one where the places are evenly spaced: whole factors up and down,
/// whatever the coordinates mean, and others that come out even.
func importResize(_ node: ONNXNode, _ builder: inout GraphBuilder) throws(ONNXError) -> Operand {
  let (value, shape) = try builder.image(try node.activation(0), for: node)
  let mode = try node.string("mode", default: "nearest")
  guard mode == "nearest" || mode == "linear" else { throw node.reject("mode", mode, supported: "nearest, linear") }
  let extents = [1, shape.channels, shape.height, shape.width]
  let (sizes, scales) = try resizeTarget(node, extents)
  guard sizes[0] == 1, sizes[1] == shape.channels else { throw node.fail("it resizes batch or channels to \(sizes)") }
  let isSmoothed = try node.flag("antialias", default: false)
  guard !isSmoothed || scales.allSatisfy({ $0 >= 1 }) else {
    throw node.reject("antialias", 1, supported: "0 in what makes an image smaller")
  }
  let places = try ResizePlaces(node)
  if places.region != nil { return try importCrop(node, &builder, places, mode: mode, sizes: sizes) }
  if mode == "linear" {
    let output = try builder.interpolate(
      value, rows: places.linear(from: shape.height, to: sizes[2], scale: scales[2]),
      columns: places.linear(from: shape.width, to: sizes[3], scale: scales[3]),
      alignsCorners: places.alignsCorners(from: shape.height, to: sizes[2], scale: scales[2])
        && places.alignsCorners(from: shape.width, to: sizes[3], scale: scales[3]), for: node)
    return builder.asImage(output)
  }
  let rows = places.axes(from: shape.height, to: sizes[2], scale: scales[2])
  let columns = places.axes(from: shape.width, to: sizes[3], scale: scales[3])
  guard let rows, let columns else {
    throw node.fail(
      "from \(shape.height) x \(shape.width) to \(sizes[2]) x \(sizes[3]) its nearest pixels are not evenly spaced; "
        + "whole factors are supported")
  }
  let output = try builder.gather(value, rows: rows, columns: columns, for: node)
  return builder.asImage(output)
}

/// Output pixels side by side that one rule of the runtime finds.
private struct EvenPlaces {
  var axis: RearrangeParameters.Axis
  var count: Int
}

extension GraphBuilder {
  /// The image of all pixels that rows and columns name: one operation, or one for each part where the places are even in parts alone, as
  /// where they would run over an edge.
  fileprivate mutating func gather(
    _ value: Int, rows: [EvenPlaces], columns: [EvenPlaces], for node: ONNXNode
  ) throws(ONNXError) -> Int {
    let channels = shape(value).channels
    var bands: [Int] = []
    for (row, band) in rows.enumerated() {
      var parts: [Int] = []
      for (column, part) in columns.enumerated() {
        parts.append(
          try add(
            .rearrange(FloatRearrangement(rows: band.axis, columns: part.axis, repeats: true)), [value],
            shape: Shape(height: band.count, width: part.count, channels: channels), for: node,
            suffix: rows.count * columns.count == 1 ? "" : "/part\(row)\(column)"))
      }
      bands.append(parts.count == 1 ? parts[0] : try join(parts, outer: band.count, for: node))
    }
    let joined = bands.count == 1 ? bands[0] : try join(bands, outer: 1, for: node)
    let whole = Shape(
      height: rows.reduce(0) { $0 + $1.count }, width: columns.reduce(0) { $0 + $1.count }, channels: channels)
    return try view(joined, as: whole, for: node, suffix: "/image")
  }
}

/// The extents that a Resize makes of `extents`, and the scales that its places follow: by sizes or by scales, of all axes or of some.
private func resizeTarget(_ node: ONNXNode, _ extents: [Int]) throws(ONNXError) -> (sizes: [Int], scales: [Double]) {
  var axes = Array(extents.indices)
  if let given = try node.integers("axes") {
    axes = []
    for axis in given { axes.append(try node.axis(axis, rank: extents.count)) }
  }
  var (sizes, scales) = (extents, [Double](repeating: 1, count: extents.count))
  if node.optionalInput(3) != nil, try node.integers(3).count > 0 {
    let given = try node.integers(3).elements
    guard given.count == axes.count, given.allSatisfy({ (1...GraphBuilder.extentLimit).contains($0) }) else {
      throw node.fail("its sizes are \(given); \(axes.count) numbers, 1 to \(GraphBuilder.extentLimit), are supported")
    }
    for (axis, size) in zip(axes, given) {
      (sizes[axis], scales[axis]) = (size, Double(size) / Double(extents[axis]))
    }
    let policy = try node.string("keep_aspect_ratio_policy", default: "stretch")
    if policy == "stretch" { return (sizes, scales) }
    let ratios = axes.map { scales[$0] }
    guard let least = ratios.min(), let greatest = ratios.max(), ["not_larger", "not_smaller"].contains(policy) else {
      throw node.reject("keep_aspect_ratio_policy", policy, supported: "stretch, not_larger, not_smaller")
    }
    for axis in axes {
      scales[axis] = policy == "not_larger" ? least : greatest
      sizes[axis] = Int((scales[axis] * Double(extents[axis]) + 0.5).rounded(.down))
    }
    return (sizes, scales)
  }
  let given = try node.weights(2).elements.map(Double.init)
  guard given.count == axes.count, given.allSatisfy({ $0 > 0 && $0 <= 255 }) else {
    throw node.fail("its scales are \(given); \(axes.count) numbers above 0, up to 255, are supported")
  }
  for (axis, scale) in zip(axes, given) {
    (sizes[axis], scales[axis]) = (Int((Double(extents[axis]) * scale).rounded(.down)), scale)
  }
  return (sizes, scales)
}

/// A Resize of a part of the image, whose corners are those of the output (`tf_crop_and_resize`).
private func importCrop(
  _ node: ONNXNode, _ builder: inout GraphBuilder, _ places: ResizePlaces, mode: String, sizes: [Int]
) throws(ONNXError) -> Operand {
  let (value, shape) = try builder.image(try node.activation(0), for: node)
  guard mode == "linear", let region = places.region else {
    throw node.reject("mode", mode, supported: "linear in a crop")
  }
  let rows = LinearPlaces(count: sizes[2], from: region[0], of: shape.height)
  let columns = LinearPlaces(count: sizes[3], from: region[1], of: shape.width)
  guard rows.areInside(shape.height), columns.areInside(shape.width) else {
    throw node.fail(
      "it crops rows \(region[0]) and columns \(region[1]); parts inside the image, 0 to 1, are supported")
  }
  let output = try builder.interpolate(value, rows: rows, columns: columns, alignsCorners: false, for: node)
  return builder.asImage(output)
}

extension LinearPlaces {
  /// Places from one end of a part of an axis to the other, both in 0...1 of the axis's pixels' centres.
  fileprivate init(count: Int, from part: ClosedRange<Double>, of extent: Int) {
    let (first, last) = (part.lowerBound * Double(extent - 1), part.upperBound * Double(extent - 1))
    self.init(
      count: count, step: count > 1 ? (last - first) / Double(count - 1) : 0,
      first: count > 1 ? first : (first + last) / 2)
  }

  fileprivate func areInside(_ extent: Int) -> Bool {
    first >= 0 && first + step * Double(count - 1) <= Double(extent - 1)
  }
}

/// Where a Resize looks, and how it rounds.
private struct ResizePlaces {
  private var transformation: String
  private var rounding: String
  /// Of `tf_crop_and_resize`: the part of rows and of columns, 0...1.
  var region: [ClosedRange<Double>]?

  init(_ node: ONNXNode) throws(ONNXError) {
    transformation = try node.string("coordinate_transformation_mode", default: "half_pixel")
    rounding = try node.string("nearest_mode", default: "round_prefer_floor")
    let known = [
      "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_crop_and_resize",
    ]
    guard known.contains(transformation) else {
      throw node.reject("coordinate_transformation_mode", transformation, supported: known.joined(separator: ", "))
    }
    let roundings = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"]
    guard roundings.contains(rounding) else {
      throw node.reject("nearest_mode", rounding, supported: roundings.joined(separator: ", "))
    }
    if transformation == "tf_crop_and_resize" { region = try Self.region(node) }
  }

  private static func region(_ node: ONNXNode) throws(ONNXError) -> [ClosedRange<Double>] {
    let axes = try node.integers("axes") ?? [0, 1, 2, 3]
    let bounds = try node.weights(1).elements.map(Double.init)
    guard bounds.count == 2 * axes.count else {
      throw node.fail("its roi has \(bounds.count) numbers for \(axes.count) axes")
    }
    var region = [ClosedRange<Double>](repeating: 0...1, count: 4)
    for (index, axis) in axes.enumerated() {
      let (start, end) = (bounds[index], bounds[axes.count + index])
      guard start <= end else { throw node.fail("its roi runs from \(start) to \(end)") }
      region[try node.axis(axis, rank: 4)] = start...end
    }
    return Array(region[2...])
  }

  /// The rules of a runtime's axis that give every place, one for each part of the output; nil if they would be more than four.
  func axes(from count: Int, to target: Int, scale: Double) -> [EvenPlaces]? {
    var wanted = (0..<target).map { source($0, count, target, scale) }[...]
    var parts: [EvenPlaces] = []
    while !wanted.isEmpty {
      guard let part = longest(Array(wanted), from: count, to: target, scale: scale), parts.count < 4 else {
        return nil
      }
      parts.append(part)
      wanted = wanted.dropFirst(part.count)
    }
    return parts.isEmpty ? nil : parts
  }

  /// The rule that gives most of the first places.
  private func longest(_ wanted: [Int], from count: Int, to target: Int, scale: Double) -> EvenPlaces? {
    let (common, between) = (
      greatestCommonDivisor(count, target), greatestCommonDivisor(max(count - 1, 1), max(target - 1, 1))
    )
    var best: EvenPlaces?
    for (step, divisor) in [
      (count / common, target / common), (max(Int((1 / scale).rounded()), 1), max(Int(scale.rounded()), 1)),
      (max(count - 1, 1) / between, max(target - 1, 1) / between),
    ]
    where step <= 255 && divisor <= 255 {
      // The first place settles all of the offset but its remainder.
      for offset in wanted[0] * divisor..<(wanted[0] + 1) * divisor {
        let axis = RearrangeParameters.Axis(step: step, offset: offset, divisor: divisor)
        let held = wanted.indices.first { axis.source($0, of: count, repeats: true) != wanted[$0] } ?? wanted.count
        if held > best?.count ?? 0 { best = EvenPlaces(axis: axis, count: held) }
      }
    }
    return best
  }

  /// Whether the outer pixels' centres meet: the places are those of the identity.
  func alignsCorners(from count: Int, to target: Int, scale: Double) -> Bool {
    transformation == "align_corners" && target > 1 && resized(count, scale) == Double(target)
  }

  /// The extent that a scale makes before it becomes a whole number, which one of given sizes is.
  private func resized(_ count: Int, _ scale: Double) -> Double {
    let extent = Double(count) * scale
    return (extent - extent.rounded()).magnitude < 1e-6 ? extent.rounded() : extent
  }

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
    case "align_corners": target == 1 ? 0 : Double(index * (count - 1)) / (resized(count, scale) - 1)
    case "pytorch_half_pixel" where target == 1: 0
    // The output's middle at the input's, whatever its extent was rounded to.
    case "half_pixel_symmetric":
      Double(count) / 2 * (1 - Double(target) / (scale * Double(count))) + (Double(index) + 0.5) / scale - 0.5
    default: (Double(index) + 0.5) / scale - 0.5
    }
  }

  private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
}
