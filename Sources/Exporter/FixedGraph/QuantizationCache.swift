import EdgeRuntime
import Quantize
import Synchronization

/// What was made of a network's layers before, for the many graphs of a search that differ in few of them: formats, numbers in fixed
/// point, and these packed. What it gives is what making it anew would.
///
/// Of one network, and of the histograms of one calibration. Several threads may use it.
final class QuantizationCache: Sendable {
  /// A layer as it was made last.
  private struct Made {
    var request: LinearRequest
    var weights: QuantizedWeights
    var packed: (geometry: ConvolutionParameters, inputChannels: Int, bytes: [UInt8])?
  }

  private struct FormatRequest: Hashable {
    var value: Int
    var width: Int
    var isSigned: Bool
    var method: CalibrationMethod
  }

  private let formats = Mutex<[FormatRequest: FixedFormat]>([:])
  /// By the float graph's value that the layer makes.
  private let layers = Mutex<[Int: Made]>([:])

  /// The format of a value's own numbers.
  func format(
    _ value: Int, _ histogram: Histogram, width: Int, isSigned: Bool, method: CalibrationMethod
  ) -> FixedFormat {
    let request = FormatRequest(value: value, width: width, isSigned: isSigned, method: method)
    if let known = formats.withLock({ $0[request] }) { return known }
    let format = histogram.format(width: width, isSigned: isSigned, method: method)
    formats.withLock { $0[request] = format }
    return format
  }

  /// The numbers of the layer that makes `value`.
  func weights(_ value: Int, _ request: LinearRequest) throws(QuantizationError) -> QuantizedWeights {
    // Arrays that share their memory, as those of untouched layers do, are equal at once.
    if let known = layers.withLock({ $0[value] }), known.request == request { return known.weights }
    let weights = try request.quantized()
    layers.withLock { $0[value] = Made(request: request, weights: weights) }
    return weights
  }

  /// The packed weights of an operation whose first input has so many channels.
  func packed(_ linear: FixedLinear, value: Int, inputChannels: Int) -> [UInt8] {
    let known = layers.withLock { $0[value] }
    if let known, let packed = known.packed, packed.geometry == linear.geometry, packed.inputChannels == inputChannels,
      known.weights == linear.weights
    {
      return packed.bytes
    }
    let bytes = linear.packed(inputChannels: inputChannels)
    if var known, known.weights == linear.weights {
      known.packed = (linear.geometry, inputChannels, bytes)
      layers.withLock { [known] in $0[value] = known }
    }
    return bytes
  }
}

/// A convolution's or fully connected layer's float numbers, and the formats that they are quantised for.
struct LinearRequest: Equatable, Sendable {
  /// Outputs x taps.
  var weights: [Float]
  /// One for each output.
  var bias: [Float]
  /// The grid of the weights, where the source gives one; else they have `width` bits.
  var grid: WeightGrid?
  var width: Int
  var input: FixedFormat
  /// The wanted format.
  var output: FixedFormat

  fileprivate func quantized() throws(QuantizationError) -> QuantizedWeights {
    if let grid {
      return try QuantizedWeights(weights: weights, bias: bias, grid: grid, input: input, output: output)
    }
    return try QuantizedWeights(weights: weights, bias: bias, width: width, input: input, output: output)
  }
}
