import EdgeRuntime

/// The numbers of a convolution or fully connected layer in fixed point.
///
/// `output = requantize(bias[oc] + sum raws[oc, tap] * x[tap], shifts[oc])`: accumulators of channel `oc` have
/// `input.fraction + fractions[oc]` fraction bits, and dropping `shifts[oc]` of them leaves those of `output`.
public struct QuantizedWeights: Equatable, Sendable {
  /// Outputs x taps, in the order of the float weights.
  public var raws: [Int8]
  /// At the accumulator's scale.
  public var bias: [Int32]
  /// 0...31 for each output channel.
  public var shifts: [UInt8]
  /// Fraction bits of each output channel's weights.
  public var fractions: [Int]
  /// The greatest magnitude that an accumulator can reach, the rounding half included; below 2^31.
  public var accumulatorBound: UInt32
  /// The format that was asked for, or one with fewer fraction bits where the accumulators have no more.
  public var output: FixedFormat

  public init(
    raws: [Int8], bias: [Int32], shifts: [UInt8], fractions: [Int], accumulatorBound: UInt32, output: FixedFormat
  ) {
    self.raws = raws
    self.bias = bias
    self.shifts = shifts
    self.fractions = fractions
    self.accumulatorBound = accumulatorBound
    self.output = output
  }
}

/// Why a layer has no fixed-point form.
public enum QuantizationError: Error, Equatable, Sendable {
  /// A weight or a bias is NaN or infinite.
  case notFinite(channel: Int)
  /// An output channel's sum can leave 32 bits at every scale that the output's format allows.
  case accumulatorOverflow(channel: Int)
  /// An output channel's sums leave 32 bits, or its shift 0...31, with weights on the grid that the source gives.
  case unreachableGrid(channel: Int)
}

extension QuantizedWeights {
  /// Quantises a layer.
  ///
  /// - Parameters:
  ///   - weights: outputs x taps.
  ///   - bias: one for each output.
  ///   - width: bits of a weight, 2...8.
  ///   - output: the wanted format. It loses fraction bits if an accumulator has fewer, which loses no information.
  public init(
    weights: [Float], bias: [Float], width: Int, input: FixedFormat, output: FixedFormat
  ) throws(QuantizationError) {
    try self.init(
      weights: weights, bias: bias, width: width, input: input, output: output, isGiven: false
    ) { weights, _ in WeightFormat.fraction(weights, width: width) }
  }

  /// Takes over weights that lie on a grid; their raw values are exact.
  ///
  /// - Parameters: as above; a fraction for each output.
  /// - Throws: also `QuantizationError.unreachableGrid`.
  public init(
    weights: [Float], bias: [Float], grid: WeightGrid, input: FixedFormat, output: FixedFormat
  ) throws(QuantizationError) {
    precondition(grid.fractions.count == bias.count, "a fraction for each output")
    try self.init(
      weights: weights, bias: bias, width: grid.width, input: input, output: output, isGiven: true
    ) { weights, channel in weights.allSatisfy { $0 == 0 } ? nil : grid.fractions[channel] }
  }

  /// - Parameters:
  ///   - isGiven: whether the fractions must be kept.
  ///   - fraction: the wanted fraction bits of an output's weights; nil if all are zero.
  private init(
    weights: [Float], bias: [Float], width: Int, input: FixedFormat, output: FixedFormat, isGiven: Bool,
    fraction: (ArraySlice<Float>, _ channel: Int) -> Int?
  ) throws(QuantizationError) {
    let outputs = bias.count
    let taps = outputs == 0 ? 0 : weights.count / outputs
    let channels = (0..<outputs).map { weights[$0 * taps..<($0 + 1) * taps] }
    for channel in 0..<outputs
    where !bias[channel].isFinite || !channels[channel].allSatisfy(\.isFinite) {
      throw .notFinite(channel: channel)
    }
    let best = channels.enumerated().map { fraction($1, $0) }
    var format = output
    for case let fraction? in best { format.fraction = min(format.fraction, input.fraction + fraction) }

    var result = QuantizedWeights(
      raws: [], bias: [], shifts: [], fractions: [], accumulatorBound: 0, output: format)
    result.raws.reserveCapacity(weights.count)
    for channel in 0..<outputs {
      let scale = ChannelScale(input: input, output: format, width: width)
      guard let quantized = scale.quantize(channels[channel], bias: bias[channel], fraction: best[channel]) else {
        throw .accumulatorOverflow(channel: channel)
      }
      if isGiven, let wanted = best[channel], wanted != quantized.fraction {
        throw .unreachableGrid(channel: channel)
      }
      result.raws += quantized.raws
      result.bias.append(quantized.bias)
      result.shifts.append(UInt8(quantized.shift))
      result.fractions.append(quantized.fraction)
      result.accumulatorBound = max(result.accumulatorBound, quantized.bound)
    }
    self = result
  }
}

/// One output channel's scale between the formats of its input and output.
private struct ChannelScale {
  struct Channel {
    var raws: [Int8]
    var bias: Int32
    var shift: Int
    var fraction: Int
    var bound: UInt32
  }

  var input: FixedFormat
  var output: FixedFormat
  var width: Int

  /// With the wanted weight fraction or, where the shift or the accumulator has no room for it, the greatest below it.
  func quantize(_ weights: ArraySlice<Float>, bias: Float, fraction: Int?) -> Channel? {
    // A channel without weights puts its bias 15 bits below the output's step.
    let wanted = (fraction ?? 15 + output.fraction - input.fraction) + input.fraction - output.fraction
    for shift in stride(from: min(wanted, 31), through: 0, by: -1) {
      let fraction = shift + output.fraction - input.fraction
      guard abs(fraction) <= 64, let channel = quantize(weights, bias: bias, fraction: fraction, shift: shift) else {
        continue
      }
      return channel
    }
    return nil
  }

  private func quantize(_ weights: ArraySlice<Float>, bias: Float, fraction: Int, shift: Int) -> Channel? {
    let accumulatorFraction = input.fraction + fraction
    guard abs(accumulatorFraction) <= 64 else { return nil }
    let accumulator = FixedFormat(width: 32, fraction: accumulatorFraction, isSigned: true)
    let rawBias = accumulator.unboundedRaw(Double(bias))
    let raws = weights.map { WeightFormat.raw($0, fraction: fraction, width: width) }
    let reach = max(-input.minimumRaw, input.maximumRaw)
    let sum = raws.reduce(Int64(0)) { $0 + Int64(abs(Int($1))) }
    let half: Int64 = shift == 0 ? 0 : 1 << Int64(shift - 1)
    let bound = abs(rawBias) + half + sum * reach
    guard bound < 1 << 31 else { return nil }
    return Channel(raws: raws, bias: Int32(rawBias), shift: shift, fraction: fraction, bound: UInt32(bound))
  }
}
