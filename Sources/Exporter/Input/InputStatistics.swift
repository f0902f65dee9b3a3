import Quantize

/// What a network's input looks like over pictures: how often each pixel value comes, and what the network gets of it.
public struct InputStatistics: Sendable {
  public struct Moments: Equatable, Sendable {
    public var mean: Double
    /// The root of the mean squared difference from the mean.
    public var deviation: Double

    public init(mean: Double, deviation: Double) {
      self.mean = mean
      self.deviation = deviation
    }
  }

  public let pictures: Int
  /// By channel, then by pixel value: how often it comes.
  public let counts: [[Int]]
  /// From pixels to what the network works with: with a scale and shift by channel that it begins with itself.
  private let preparation: InputPreparation

  /// Looks at every pixel once.
  ///
  /// - Throws: what reading images threw.
  public init(_ images: CalibrationImages, _ graph: FloatGraph) throws {
    let (channels, pixels) = (graph.values[graph.input].shape.channels, graph.values[graph.input].shape.count)
    let parts = try concurrently { thread, threads in
      var counts = [[Int]](repeating: [Int](repeating: 0, count: 256), count: channels)
      for index in stride(from: thread, to: images.count, by: threads) {
        for (place, pixel) in try images.pixels(index).prefix(pixels).enumerated() {
          counts[place % channels][Int(pixel)] += 1
        }
      }
      return counts
    }
    counts = (0..<channels).map { channel in (0..<256).map { pixel in parts.reduce(0) { $0 + $1[channel][pixel] } } }
    pictures = images.count
    preparation = graph.effectivePreparation
  }

  /// What the network gets of a pixel value.
  public func value(_ pixel: Int, channel: Int) -> Double {
    (Double(pixel) / 255 - Double(preparation.mean[channel])) / Double(preparation.standardDeviation[channel])
  }

  /// Of one channel.
  public func moments(channel: Int) -> Moments { moments(of: [channel]) }

  /// Of all channels together.
  public var moments: Moments { moments(of: Array(counts.indices)) }

  private func moments(of channels: [Int]) -> Moments {
    func mean(_ number: (Double) -> Double) -> Double {
      var (sum, count) = (0.0, 0)
      for channel in channels {
        for pixel in 0..<256 where counts[channel][pixel] > 0 {
          sum += Double(counts[channel][pixel]) * number(value(pixel, channel: channel))
          count += counts[channel][pixel]
        }
      }
      return count == 0 ? 0 : sum / Double(count)
    }
    let center = mean { $0 }
    return Moments(mean: center, deviation: mean { ($0 - center) * ($0 - center) }.squareRoot())
  }
}

extension InputStatistics {
  /// Means and deviations that networks are trained on, with room to spare: 0 and 1 are meant.
  public static let usualMeans = -1.0...1.0
  public static let usualDeviations = 0.25...4.0

  /// Whether the input is as most networks are trained on it.
  public var isUsual: Bool {
    let moments = moments
    return Self.usualMeans.contains(moments.mean) && Self.usualDeviations.contains(moments.deviation)
  }
}

extension FloatGraph {
  /// The preparation with the scale and shift by channel that a network may begin with.
  var effectivePreparation: InputPreparation {
    var preparation = preparation
    var value = input
    while let (scale, shift, next) = onlyScaling(of: value) {
      for channel in scale.indices {
        let (mean, deviation) = (preparation.mean[channel], preparation.standardDeviation[channel])
        preparation.mean[channel] = mean - shift[channel] * deviation / scale[channel]
        preparation.standardDeviation[channel] = deviation / scale[channel]
      }
      value = next
    }
    return preparation
  }

  /// The scale and shift of the only node that reads a value, as a batch-norm or as the depthwise 1x1 convolution that a pass makes
  /// of it; nil where it does something else, or loses a channel.
  private func onlyScaling(of value: Int) -> (scale: [Float], shift: [Float], output: Int)? {
    let readers = nodes.filter { $0.inputs.contains(value) }
    guard readers.count == 1, value != output else { return nil }
    let found: (scale: [Float], shift: [Float])
    switch readers[0].operation {
    case .batchNormalization(let scale, let shift): found = (scale, shift)
    case .convolution(let convolution):
      let channels = values[value].shape.channels
      guard convolution.groups == channels, convolution.weights.count == channels, convolution.bias.count == channels,
        convolution.padding == Padding(), convolution.stride == Extent(1, 1)
      else { return nil }
      found = (convolution.weights, convolution.bias)
    default: return nil
    }
    guard found.scale.allSatisfy({ $0 != 0 && $0.isFinite }) else { return nil }
    return (found.scale, found.shift, readers[0].output)
  }
}
