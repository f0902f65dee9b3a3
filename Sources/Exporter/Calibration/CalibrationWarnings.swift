import Foundation
import Quantize

/// What the user should know of a calibration although it can be exported from.
///
/// - Throws: what reading images threw.
public func warnings(
  _ source: ExportSource, calibration: Calibration, images: CalibrationImages
) throws -> [String] {
  try warnings(try LayerGraph(fusing: source.graph), calibration, images)
}

func warnings(_ layers: LayerGraph, _ calibration: Calibration, _ images: CalibrationImages) throws -> [String] {
  var warnings = [oneClass(images, layers.graph.labels)] + layers.layers.map(loneWeight)
  if try images.areAllAlike() {
    // What never changes and never fires then says nothing about the network.
    let isBlack = try images.pixels(0).allSatisfy { $0 == 0 }
    warnings.append(
      images.count == 1
        ? "one calibration image only, so formats are a guess"
        : "all \(images.count) calibration images are \(isBlack ? "black" : "the same"), so formats are a guess")
  } else {
    warnings += [constantTensors(layers, calibration), deadChannels(layers, calibration)]
  }
  return warnings.compactMap { $0 }
}

/// Refuses tensors that no format covers.
func checkRange(_ layers: LayerGraph, _ calibration: Calibration) throws(ExportError) {
  for value in layers.stored {
    let reach = calibration.histograms[value]?.reach.max() ?? 0
    guard reach <= 0x1p64 else { throw .outOfRange(tensor: layers.graph.values[value].name, reach: reach) }
  }
}

/// Several classes, but pictures of one alone.
private func oneClass(_ images: CalibrationImages, _ labels: [String]) -> String? {
  guard images.count > 1, labels.count > 1, images.classCounts.count == labels.count,
    let label = images.classCounts.firstIndex(of: images.count)
  else { return nil }
  return "all \(images.count) calibration images are of one class, \(labels[label]), of \(labels.count): "
    + "what the others need may be clipped"
}

/// Tensors whose values never changed: their formats rest on one value.
private func constantTensors(_ layers: LayerGraph, _ calibration: Calibration) -> String? {
  let names = layers.stored.filter { !layers.isOfResize($0) && calibration.histograms[$0]?.isConstant == true }
  guard !names.isEmpty else { return nil }
  return "constant on all \(calibration.imageCount) calibration images, so formats are a guess: "
    + list(names.map { layers.graph.values[$0].name })
}

/// Channels of layers with weights that are 0 whatever the picture is, those of constant tensors left out: they take time and
/// bytes for nothing, or the pictures lack what they are there for.
private func deadChannels(_ layers: LayerGraph, _ calibration: Calibration) -> String? {
  let dead = layers.layers.compactMap { layer -> String? in
    guard layer.operation.linear != nil, let histograms = calibration.histograms[layer.output], !histograms.isConstant
    else { return nil }
    let count = histograms.reach.count { $0 == 0 }
    return count == 0 ? nil : "\(count) of \(histograms.channels) of \(layer.name)"
  }
  guard !dead.isEmpty else { return nil }
  return "channels that are 0 on all \(calibration.imageCount) calibration images: \(list(dead))"
}

/// A weight so much greater than a layer's others that it must be a mistake: it leaves them no bits.
private func loneWeight(_ layer: LayerGraph.Layer) -> String? {
  guard let (weights, bias) = layer.operation.linear else { return nil }
  let magnitudes = weights.map(\.magnitude).filter { $0 > 0 }.sorted()
  guard let greatest = magnitudes.last, greatest / 0x1p20 > magnitudes[magnitudes.count / 2] else { return nil }
  let place = weights.firstIndex { $0.magnitude == greatest } ?? 0
  let channel = place / (weights.count / bias.count)
  return "layer \(layer.name): a weight of output channel \(channel) is \(weights[place]), "
    + "over a million times the layer's median: is it damaged?"
}

/// The first four, and how many more there are.
private func list(_ names: [String]) -> String {
  names.prefix(4).joined(separator: ", ") + (names.count > 4 ? " and \(names.count - 4) more" : "")
}

extension LayerGraph {
  /// Whether a stored value is the theta of a linear Resize, which never changes, or the pixel that the layer of theta weighs with zero: their
  /// formats are no guess.
  fileprivate func isOfResize(_ value: Int) -> Bool {
    if let layer = producer(value), layer.isConstantOfOneValue(in: self) {
      return consumers(value).contains { $0.isTheta(value, in: self) }
    }
    let consumers = consumers(value)
    return shape(value).count == 1 && !consumers.isEmpty
      && consumers.allSatisfy { $0.isConstantOfOneValue(in: self) && isOfResize($0.output) }
  }
}

extension LayerGraph.Layer {
  /// Whether it weighs a single value with zero, which leaves its biases.
  fileprivate func isConstantOfOneValue(in layers: LayerGraph) -> Bool {
    guard case .fullyConnected(let weights, _) = operation else { return false }
    return layers.shape(inputs[0]).count == 1 && weights.allSatisfy { $0 == 0 }
  }
}
