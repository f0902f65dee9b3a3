/// The distributions of one tensor's channels, gathered image by image in constant memory.
///
/// Bins are a power of two wide, as each channel needs, and doubled as larger values arrive: the result does not depend on the
/// order of the images, and two parts merge exactly. Zeros are counted apart. Channels can be scaled afterwards, so that one
/// gathering serves every choice of factors.
public struct ChannelHistograms: Sendable, Equatable {
  /// Bins on either side of zero.
  public static let binsPerSide = 128
  /// Points of a bin that its values are spread over when they become part of a tensor's histogram.
  static let pointsPerBin = 8
  private static let bins = 2 * binsPerSide

  public private(set) var channels: Int
  /// By channel: a bin is `2^exponent` wide; `Int32.min` before the first value that is not zero.
  public internal(set) var exponents: [Int32]
  /// Channels x bins.
  public internal(set) var counts: [UInt64]
  public internal(set) var zeros: [UInt64]
  /// The least and greatest value of each channel; `+infinity` and `-infinity` where there is none.
  public internal(set) var minima: [Float]
  public internal(set) var maxima: [Float]

  public init(channels: Int) {
    self.channels = channels
    exponents = Array(repeating: .min, count: channels)
    counts = Array(repeating: 0, count: channels * Self.bins)
    zeros = Array(repeating: 0, count: channels)
    minima = Array(repeating: .infinity, count: channels)
    maxima = Array(repeating: -.infinity, count: channels)
  }

  /// The greatest magnitude of each channel; 0 without values.
  public var reach: [Float] {
    zip(minima, maxima).map { $0 <= $1 ? max($0.magnitude, $1.magnitude) : 0 }
  }

  /// What was recorded of one channel.
  public struct Channel: Sendable, Equatable {
    public var exponent: Int32
    public var minimum: Float
    public var maximum: Float
    public var zeros: UInt64
    /// By bin.
    public var counts: [UInt64]

    public init(exponent: Int32, minimum: Float, maximum: Float, zeros: UInt64, counts: [UInt64]) {
      self.exponent = exponent
      self.minimum = minimum
      self.maximum = maximum
      self.zeros = zeros
      self.counts = counts
    }
  }

  /// What was recorded of a channel.
  public subscript(channel: Int) -> Channel {
    Channel(
      exponent: exponents[channel], minimum: minima[channel], maximum: maxima[channel], zeros: zeros[channel],
      counts: Array(counts[channel * Self.bins..<(channel + 1) * Self.bins]))
  }

  /// Takes over what another calibration recorded of a channel.
  ///
  /// - Parameter values: how many were recorded, zeros included; one at least.
  /// - Returns: false, with nothing changed, if no recording of so many values looks like that.
  public mutating func set(_ channel: Int, _ record: Channel, values: UInt64) -> Bool {
    let reach = max(record.minimum.magnitude, record.maximum.magnitude)
    var total = record.zeros
    for count in record.counts {
      let (sum, isTooLarge) = total.addingReportingOverflow(count)
      if isTooLarge { return false }
      total = sum
    }
    guard record.counts.count == Self.bins, total == values, reach.isFinite, record.minimum <= record.maximum else {
      return false
    }
    if reach == 0 {
      guard record.exponent == .min, record.zeros == values else { return false }
    } else {
      guard record.exponent == Self.exponent(for: reach) else { return false }
    }
    exponents[channel] = record.exponent
    (minima[channel], maxima[channel], zeros[channel]) = (record.minimum, record.maximum, record.zeros)
    counts.replaceSubrange(channel * Self.bins..<(channel + 1) * Self.bins, with: record.counts)
    return true
  }

  /// For each channel the greatest magnitude that a format of its own would hold: clipping what lies beyond costs as much
  /// as finer steps gain. 0 without values.
  ///
  /// - Parameter levels: steps from 0 to the greatest magnitude.
  public func clippedReach(levels: Double) -> [Float] {
    let reach = reach
    return (0..<channels).map { channel in
      guard exponents[channel] != .min else { return reach[channel] }
      let row = channel * Self.bins
      // By magnitude, in units of a bin.
      let sides = (0..<Self.binsPerSide).map {
        Double(counts[row + Self.binsPerSide + $0] + counts[row + Self.binsPerSide - 1 - $0])
      }
      let all = sides.reduce(0, +)
      var (best, least) = (Self.binsPerSide, Double.infinity)
      // Sums over the bins beyond: of counts, of centres, of their squares.
      var beyond = (0.0, 0.0, 0.0)
      for edge in stride(from: Self.binsPerSide, to: 0, by: -1) {
        let clip = Double(edge)
        let clipped = beyond.2 - 2 * clip * beyond.1 + clip * clip * beyond.0
        let error = clipped + (all - beyond.0) * clip * clip / (12 * levels * levels)
        if error < least { (best, least) = (edge, error) }
        let (count, centre) = (sides[edge - 1], clip - 0.5)
        beyond = (beyond.0 + count, beyond.1 + count * centre, beyond.2 + count * centre * centre)
      }
      let clip = Float(sign: .plus, exponent: Int(exponents[channel]), significand: Float(best))
      return min(clip, reach[channel])
    }
  }

  /// How many values of each channel are not zero.
  public var nonzeros: [UInt64] {
    (0..<channels).map { counts[$0 * Self.bins..<($0 + 1) * Self.bins].reduce(0, +) }
  }

  /// The mean squared distance of a channel's values from a range that holds 0.
  public func clippingError(_ channel: Int, to range: ClosedRange<Double>) -> Double {
    guard exponents[channel] != .min else { return 0 }
    let width = Double(sign: .plus, exponent: Int(exponents[channel]), significand: 1)
    var (sum, count) = (0.0, Double(zeros[channel]))
    for bin in 0..<Self.bins {
      let values = Double(counts[channel * Self.bins + bin])
      let centre = (Double(bin - Self.binsPerSide) + 0.5) * width
      let beyond = max(centre - range.upperBound, range.lowerBound - centre, 0)
      sum += values * beyond * beyond
      count += values
    }
    return sum / max(count, 1)
  }

  /// From the least to the greatest value, 0 included.
  public var range: ClosedRange<Double> {
    min(Double(minima.min() ?? 0), 0)...max(Double(maxima.max() ?? 0), 0)
  }

  /// True if no two recorded values of any channel differ.
  public var isConstant: Bool { zip(minima, maxima).allSatisfy { $0 >= $1 } }

  public var total: UInt64 { counts.reduce(zeros.reduce(0, +), +) }

  /// Adds an image's values, pixels x channels.
  ///
  /// - Returns: false, with nothing recorded, if a value is not finite.
  public mutating func record(_ values: [Float]) -> Bool {
    precondition(values.count % max(channels, 1) == 0, "pixels of as many channels")
    var (low, high) = (minima, maxima)
    var finite: Float = 0
    for start in stride(from: 0, to: values.count, by: channels) {
      for channel in 0..<channels {
        let value = values[start + channel]
        low[channel] = min(low[channel], value)
        high[channel] = max(high[channel], value)
        finite += value * 0  // NaN as soon as one value is NaN or infinite
      }
    }
    guard finite == 0 else { return false }
    guard !values.isEmpty else { return true }
    (minima, maxima) = (low, high)
    var scales = [Float](repeating: 0, count: channels)
    for channel in 0..<channels {
      widen(channel, to: max(low[channel].magnitude, high[channel].magnitude))
      if exponents[channel] != .min {
        scales[channel] = Float(sign: .plus, exponent: -Int(exponents[channel]), significand: 1)
      }
    }
    for start in stride(from: 0, to: values.count, by: channels) {
      for channel in 0..<channels {
        let value = values[start + channel]
        if value == 0 {
          zeros[channel] += 1
        } else {
          // Below binsPerSide in magnitude by `widen`; the floor of a negative one is its truncation less one.
          let position = (value * scales[channel]).rounded(.down)
          counts[channel * Self.bins + Self.binsPerSide + Int(position)] += 1
        }
      }
    }
    return true
  }

  /// Adds what another has recorded of the same tensor.
  public mutating func merge(_ other: ChannelHistograms) {
    precondition(channels == other.channels, "histograms of the same tensor")
    var other = other
    for channel in 0..<channels {
      let common = max(exponents[channel], other.exponents[channel])
      if common != .min {
        widen(channel, toExponent: common)
        other.widen(channel, toExponent: common)
      }
      zeros[channel] += other.zeros[channel]
      minima[channel] = min(minima[channel], other.minima[channel])
      maxima[channel] = max(maxima[channel], other.maxima[channel])
    }
    for index in counts.indices { counts[index] += other.counts[index] }
  }

  /// The tensor's histogram with each channel's values multiplied by a factor. Counts are `pointsPerBin` times the
  /// number of values.
  ///
  /// - Parameter factors: one for each channel, positive; nil for 1.
  public func tensor(scaledBy factors: [Float]? = nil) -> Histogram {
    var (minimum, maximum) = (Float.infinity, -Float.infinity)
    for channel in 0..<channels where minima[channel] <= maxima[channel] {
      let factor = factors?[channel] ?? 1
      (minimum, maximum) = (min(minimum, minima[channel] * factor), max(maximum, maxima[channel] * factor))
    }
    var histogram = Histogram(minimum: minimum, maximum: maximum)
    let points = Self.pointsPerBin
    for channel in 0..<channels {
      let factor = Double(factors?[channel] ?? 1)
      histogram.addZeros(zeros[channel] * UInt64(points))
      guard exponents[channel] != .min else { continue }
      let width = Double(sign: .plus, exponent: Int(exponents[channel]), significand: factor)
      for bin in 0..<Self.bins where counts[channel * Self.bins + bin] > 0 {
        let start = Double(bin - Self.binsPerSide)
        for point in 0..<points {
          let place = (start + (Double(point) + 0.5) / Double(points)) * width
          histogram.add(place, count: counts[channel * Self.bins + bin])
        }
      }
    }
    return histogram
  }

  private mutating func widen(_ channel: Int, to magnitude: Float) {
    guard magnitude > 0 else { return }
    widen(channel, toExponent: Self.exponent(for: magnitude))
  }

  /// The exponent of the bins of a channel whose values reach up to a magnitude.
  private static func exponent(for magnitude: Float) -> Int32 {
    // magnitude < 2^(e+1), and binsPerSide = 2^7 bins of 2^(e+1-7) reach just there. A subnormal's scale must be finite.
    Int32(max(Int(magnitude.exponent), -118) + 1 - binsPerSide.trailingZeroBitCount)
  }

  private mutating func widen(_ channel: Int, toExponent wanted: Int32) {
    if exponents[channel] == .min {
      exponents[channel] = wanted
      return
    }
    let row = channel * Self.bins
    while exponents[channel] < wanted {
      exponents[channel] += 1
      for side in [0, 1] {
        // Away from zero in steps of two, so that no bin is read after it was written.
        for index in 0..<Self.binsPerSide {
          let (near, far) =
            side == 1
            ? (row + Self.binsPerSide + index, row + Self.binsPerSide + 2 * index)
            : (row + Self.binsPerSide - 1 - index, row + Self.binsPerSide - 1 - 2 * index)
          let sum =
            2 * index < Self.binsPerSide ? counts[far] + counts[side == 1 ? far + 1 : far - 1] : 0
          counts[near] = sum
        }
      }
    }
  }
}
