/// What a network's tensors looked like on the calibration images.
public struct Calibration: Sendable {
  /// By index of the float graph's value; nil for values that were not observed.
  public var histograms: [ChannelHistograms?]
  public var imageCount: Int

  public init(histograms: [ChannelHistograms?], imageCount: Int) {
    self.histograms = histograms
    self.imageCount = imageCount
  }
}

/// Runs a float graph on one frame and hands out its values by index: the inputs first, then each node's output. A runner is used
/// by one thread at a time.
///
/// A frame is an image's 8-bit pixels, height x width x channels, and behind them the numbers of other inputs, if there are any, in
/// the graph's order: 32-bit floats, little-endian, each input's in height x width x channels order.
public typealias FloatRunner = (_ frame: [UInt8], _ visit: (Int, [Float]) -> Void) throws -> Void

/// Why a calibration gave no result.
public enum CalibrationError: Error, Equatable, Sendable {
  case noImages
  /// A value is NaN or infinite on an image.
  case notFinite(value: Int, image: Int)
}

extension Calibration {
  /// Runs the images through the float graph and gathers a histogram of each observed value.
  ///
  /// Two threads share the images; memory does not depend on their number, nor the result on the threads' order.
  ///
  /// - Parameters:
  ///   - observed: the values to look at, by index of `valueCount`, with their channels.
  ///   - makeRunner: called once for each thread.
  ///   - image: the pixels of an image, of 0..<imageCount.
  ///   - progress: called with the number of images done.
  public static func gather(
    observed: [Int: Int], valueCount: Int, imageCount: Int, makeRunner: @Sendable () throws -> FloatRunner,
    image: @Sendable (Int) throws -> [UInt8], progress: @Sendable (Int) -> Void
  ) throws -> Calibration {
    guard imageCount > 0 else { throw CalibrationError.noImages }
    let done = Counter()
    let parts = try concurrently { thread, threads in
      var histograms = [ChannelHistograms?](repeating: nil, count: valueCount)
      for (value, channels) in observed { histograms[value] = ChannelHistograms(channels: channels) }
      let run = try makeRunner()
      for index in stride(from: thread, to: imageCount, by: threads) {
        var notFinite: Int?
        try run(try image(index)) { value, numbers in
          guard observed[value] != nil, notFinite == nil else { return }
          if histograms[value]?.record(numbers) == false { notFinite = value }
        }
        if let notFinite { throw CalibrationError.notFinite(value: notFinite, image: index) }
        progress(done.next())
      }
      return histograms
    }
    var merged = parts[0]
    for part in parts.dropFirst() {
      for (index, histogram) in part.enumerated() {
        if let histogram { merged[index]?.merge(histogram) }
      }
    }
    return Calibration(histograms: merged, imageCount: imageCount)
  }
}
