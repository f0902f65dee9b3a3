import EdgeRuntime
import Quantize

/// What one layer's weights and bias are fitted to, whatever width the weights have: samples of its fixed-point inputs and
/// of the float layer's outputs, summed up.
struct LayerReconstruction {
  /// Samples for each tap from which on a layer can learn to make up for the errors in its inputs.
  static let manySamplesPerTap = 12

  private struct Group: Sendable {
    /// Its output channels.
    var rows: Range<Int>
    /// nil without adaptive rounding.
    var rounding: CoordinateRounding?
    /// Sums of products of inputs and outputs, outputs x taps; nil where few samples tell what a rounding costs, but too
    /// little to make up for the errors of the layers before.
    var targets: [Float]?
    /// Of the inputs and of the outputs; nil without bias correction.
    var means: (inputs: [Double], outputs: [Double])?

    /// - Parameter bias: of the whole layer.
    init(rows: Range<Int>, _ samples: consuming LayerSamples, bias: [Float], without: Set<Repair>) throws {
      self.rows = rows
      if without.contains(.biasCorrection) {
        for place in samples.outputs.indices {
          samples.outputs[place] -= bias[rows.lowerBound + place % rows.count]
        }
      } else {
        means = samples.centre()
      }
      if !without.contains(.adaptiveRounding) {
        let isFew = samples.count < LayerReconstruction.manySamplesPerTap * samples.taps
        rounding = CoordinateRounding(gram: try samples.gram(), taps: samples.taps, ridge: isFew ? 0.1 : 0.01)
        targets = isFew ? nil : try samples.targets()
      }
    }
  }

  private let weights: [Float]
  private let bias: [Float]
  private let taps: Int
  private let inputFraction: Int
  private let groups: [Group]

  /// - Parameters:
  ///   - weights: of the float layer, outputs x taps.
  ///   - groups: of a convolution; 1 otherwise.
  ///   - channels: input channels of a group.
  ///   - groupsAtOnce: how many groups' patches may lie in memory.
  ///   - outputs: of the float layer, samples x outputs.
  ///   - inputFraction: fraction bits of the raw inputs.
  ///   - patches: raw inputs of some groups, samples x (kernel height x kernel width x those groups' channels).
  init(
    weights: [Float], bias: [Float], groups: Int, channels: Int, groupsAtOnce: Int, outputs: [Float],
    inputFraction: Int,
    without: Set<Repair>, patches: (Range<Int>) throws -> [Float]
  ) throws {
    self.weights = weights
    self.bias = bias
    self.inputFraction = inputFraction
    let taps = weights.count / bias.count
    self.taps = taps
    let perGroup = bias.count / groups
    if groups == 1 {
      let samples = LayerSamples(inputs: try patches(0..<1), outputs: outputs, taps: taps, channels: perGroup)
      self.groups = [try Group(rows: bias.indices, samples, bias: bias, without: without)]
      return
    }
    var found: [Group] = []
    for first in stride(from: 0, to: groups, by: groupsAtOnce) {
      let together = first..<min(first + groupsAtOnce, groups)
      let inputs = try patches(together)
      let blocks = (together.count + groupsAtATime - 1) / groupsAtATime
      found += try concurrentMap(blocks, prepare: {}) { _, number in
        let start = together.lowerBound + number * groupsAtATime
        let block = start..<min(start + groupsAtATime, together.upperBound)
        let parts = (
          inputs: columns(
            block.count, from: start - first, of: channels, in: inputs, width: together.count * channels),
          outputs: columns(block.count, from: start, of: perGroup, in: outputs, width: bias.count)
        )
        return try block.indices.map { group in
          let samples = LayerSamples(
            inputs: parts.inputs[group - start], outputs: parts.outputs[group - start], taps: taps, channels: perGroup)
          return try Group(
            rows: group * perGroup..<(group + 1) * perGroup, samples, bias: bias, without: without)
        }
      }.joined()
    }
    self.groups = found
  }

  /// The raw weights that bring the outputs nearest, and the bias that takes up the mean error that is left.
  ///
  /// - Parameters:
  ///   - plain: the layer by plain rounding, whose grid is kept.
  ///   - width: of the weights.
  func solved(_ plain: QuantizedWeights, width: Int) throws -> (raws: [Int8], bias: [Float]) {
    var raws = plain.raws
    var corrected = bias
    for group in groups {
      let own = group.rows.lowerBound * taps..<group.rows.upperBound * taps
      if let rounding = group.rounding {
        raws.replaceSubrange(own, with: try rounded(group, rounding, plain.fractions, width: width))
      }
      guard let means = group.means else { continue }
      for (index, row) in group.rows.enumerated() {
        let made = (0..<taps).reduce(0.0) { $0 + Double(raws[row * taps + $1]) * means.inputs[$1] }
        let scale = scale(plain.fractions[row])
        corrected[row] = Float((means.outputs[index] * Double(scale) - made) / Double(scale))
      }
    }
    return (raws, corrected)
  }

  private func rounded(
    _ group: Group, _ rounding: CoordinateRounding, _ fractions: [Int], width: Int
  ) throws -> [Int8] {
    let limit = Float((1 << (width - 1)) - 1)
    let rows = try concurrentMap(group.rows.count, prepare: {}) { _, index in
      let row = group.rows.lowerBound + index
      let step = Float(sign: .plus, exponent: fractions[row], significand: 1)
      return rounding.round(
        weights[row * taps..<(row + 1) * taps].map { $0 * step },
        target: group.targets.map { targets in
          targets[index * taps..<(index + 1) * taps].map { $0 * scale(fractions[row]) }
        }, limit: limit)
    }
    return Array(rows.joined())
  }

  /// From numbers to units of a channel's sums: a raw input times a raw weight.
  private func scale(_ fraction: Int) -> Float {
    Float(sign: .plus, exponent: inputFraction + fraction, significand: 1)
  }
}

/// A cache line of a depthwise layer's samples: each group alone would read all lines for one number of each.
private let groupsAtATime = 16

/// Neighbouring bands of a matrix's columns, each as a matrix of its own.
///
/// - Parameters:
///   - first: the number of the first band, counted from the first column.
///   - columns: of a band.
///   - width: of the matrix, a whole number of bands.
private func columns(
  _ bands: Int, from first: Int, of columns: Int, in matrix: [Float], width: Int
) -> [[Float]] {
  if columns == width { return [matrix] }
  let rows = matrix.count / width
  precondition((first + bands) * columns <= width && rows * width == matrix.count, "bands of the matrix")
  let parts = unsafe [Float](unsafeUninitializedCapacity: bands * rows * columns) { parts, initialized in
    unsafe matrix.withUnsafeBufferPointer { matrix in
      // In blocks of rows whose lines stay cached for all bands.
      for start in stride(from: 0, to: rows, by: 64) {
        for band in 0..<bands {
          for row in start..<min(start + 64, rows) {
            // Within the bands' parts, each rows x columns, and the matrix, by the condition above.
            let (to, from) = ((band * rows + row) * columns, row * width + (first + band) * columns)
            for column in 0..<columns { unsafe parts[to + column] = matrix[from + column] }
          }
        }
      }
    }
    initialized = bands * rows * columns
  }
  return (0..<bands).map { Array(parts[$0 * rows * columns..<($0 + 1) * rows * columns]) }
}
