import EdgeRuntime
import Foundation
import Quantize

/// An input whose raw values are the pixels themselves, less a constant for each channel: `raw = pixel - zero`.
///
/// Any other step rounds pixels, which are integers already, a second time. The network stays the same function but for
/// the zeros that paddings add, which stand for the pixel `zero` in place of the mean.
struct InputAlignment: Sendable, Equatable, Encodable {
  /// The input's fraction bits: a pixel counts `2^-fraction`.
  let fraction: Int
  /// By channel, the pixel that becomes 0.
  let zero: [Int]
  /// By channel, what the prepared input of the source is multiplied with, and what is added then.
  let scale: [Float]
  let offset: [Float]

  init(_ preparation: InputPreparation, fraction: Int, zero: [Int]) {
    self.fraction = fraction
    self.zero = zero
    let step = exp2(Double(-fraction))
    scale = preparation.standardDeviation.map { Float(255 * Double($0) * step) }
    offset = zip(preparation.mean, zero).map { Float((255 * Double($0) - Double($1)) * step) }
  }

  var format: FixedFormat { FixedFormat(width: 8, fraction: fraction, isSigned: zero.contains { $0 > 0 }) }
}

extension InputAlignment {
  /// The alignment that costs least; nil where plain rounding costs less, or a reader can't take up the change.
  ///
  /// Errors are compared in squared pixels: a rounding costs 1/12 of its step's square, and so does a mean that is moved,
  /// which only the borders feel; pixels beyond the format are clipped.
  ///
  /// - Parameters:
  ///   - seen: the prepared input on the calibration images.
  ///   - width: bits that the input may have.
  init?(_ graph: FloatGraph, seen: ChannelHistograms, width: Int) {
    guard width == 8, graph.alignableInput != nil else { return nil }
    let preparation = graph.preparation
    let channels = preparation.mean.indices
    let levels = channels.map { 255 * Double(preparation.standardDeviation[$0]) }
    guard levels.allSatisfy({ $0 > 0 && $0.isFinite }) else { return nil }
    let octaves = levels.reduce(0) { $0 + log2($1) } / Double(levels.count)
    guard -32...32 ~= octaves else { return nil }

    func cost(_ zero: Int, _ channel: Int) -> Double {
      let mean = Double(preparation.mean[channel])
      let ends = (zero == 0 ? 0...255 : zero - 128...zero + 127)
      func prepared(_ pixel: Int) -> Double { (Double(pixel) / 255 - mean) * 255 / levels[channel] }
      let clipped = seen.clippingError(channel, to: prepared(ends.lowerBound)...prepared(ends.upperBound))
      let moved = 255 * mean - Double(zero)
      return clipped * levels[channel] * levels[channel] + moved * moved / 12
    }
    let centred = channels.map { channel in
      (1...255).map { (zero: $0, cost: cost($0, channel)) }.min { $0.cost < $1.cost }!
    }
    let plain = FixedFormat.covering(seen.range, width: 8, isSigned: seen.range.lowerBound < 0)
    let rounding = levels.reduce(0) { $0 + pow(plain.step * $1, 2) / 12 }
    let signed = centred.reduce(0) { $0 + $1.cost }
    let unsigned = channels.reduce(0) { $0 + cost(0, $1) }
    guard min(signed, unsigned) < rounding else { return nil }
    self.init(
      preparation, fraction: Int(octaves.rounded()),
      zero: unsigned <= signed ? channels.map { _ in 0 } : centred.map(\.zero))
  }
}

extension FloatGraph {
  /// The link of an input to which a constant can be added, too; nil if there is none.
  fileprivate var alignableInput: ChannelLink? {
    guard let link = linkOfInput() else { return nil }
    let touched = Set(link.values.map(\.value))
    for node in nodes where touched.contains(node.inputs[0]) {
      switch node.operation {
      case .clip, .pointwise, .rearrange: return nil
      case .averagePool(let pool): if pool.countsPadding, pool.padding != Padding() { return nil }
      default: break
      }
    }
    return link
  }

  /// Makes `alignment` the preparation of the graph's pixels, which the readers' weights and biases undo.
  ///
  /// - Returns: by value that the input flows through, a factor and then an offset for each of its channels; nil, with
  ///   nothing changed, if the graph's input can't be aligned so.
  mutating func align(_ alignment: InputAlignment) -> [(value: Int, factors: [Float], offsets: [Float])]? {
    guard let link = alignableInput, alignment.zero.count == preparation.mean.count else { return nil }
    scale(link, by: alignment.scale)
    shift(link, by: alignment.offset)
    let step = exp2(Double(-alignment.fraction))
    preparation = InputPreparation(
      mean: alignment.zero.map { Float(Double($0) / 255) },
      standardDeviation: alignment.zero.map { _ in Float(1 / (255 * step)) })
    return link.values.map { value, channels in
      (value, channels.map { $0 < 0 ? 1 : alignment.scale[$0] }, channels.map { $0 < 0 ? 0 : alignment.offset[$0] })
    }
  }
}
