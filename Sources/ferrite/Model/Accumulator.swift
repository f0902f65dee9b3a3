import EdgeRuntime

/// The integers that a layer adds up in, and how far its sums can go: no input takes them further.
struct Accumulator {
  /// 32 or 64, the sign included.
  var bits: Int
  /// The greatest magnitude of a sum, the rounding half included.
  var bound: UInt64

  /// Bits at the top, beside the sign, that no sum needs.
  var spareBits: Int { bits - 1 - (UInt64.bitWidth - bound.leadingZeroBitCount) }
}

extension ModelReport.Layer {
  /// nil where nothing is added up.
  var accumulator: Accumulator? {
    let format = inputs[0].format
    let reach = UInt64(max(format.maximumRaw, -format.minimumRaw))
    switch operation {
    // From the actual weights: the exporter refuses a layer whose sums could leave 32 bits.
    case .conv2D(let parameters), .fullyConnected(let parameters):
      return Accumulator(bits: 32, bound: UInt64(parameters.accumulatorBound))
    case .averagePool2D(let pool, let multiplier, let shift):
      let half: UInt64 = shift == 0 ? 0 : 1 << UInt64(shift - 1)
      let taps = UInt64(pool.kernelHeight * pool.kernelWidth)
      // The multiplier of fewer taps may be rounded up by a half.
      let rounded = pool.countsPadding ? 0 : (taps + 1) / 2
      return Accumulator(bits: 64, bound: (taps * UInt64(multiplier.magnitude) + rounded) * reach + half)
    // Weights that sum to 2^14.
    case .affineGridSample: return Accumulator(bits: 32, bound: reach << 14 + 1 << 13)
    case .add(let parameters):
      return Accumulator(bits: 32, bound: UInt64(parameters.bound(inputs[0].format, inputs[1].format)))
    case .multiply(let shift):
      let second = UInt64(max(inputs[1].format.maximumRaw, -inputs[1].format.minimumRaw))
      return Accumulator(bits: 64, bound: reach * second + (shift == 0 ? 0 : 1 << UInt64(shift - 1)))
    case .maxPool2D, .concatenate, .requantize, .table, .rearrange: return nil
    }
  }
}
