import EdgeRuntime
import ImageData
import Quantize

/// What covering each place of a picture does to the probability of its class (Zeiler and Fergus 2014, section 4.2).
///
/// A square of `window` pixels, filled with the picture's mean in each channel, is centred on every pixel in turn and cut
/// off at the borders; the network runs once for each.
struct OcclusionMap: Sendable {
  var width: Int
  var height: Int
  /// The class, and its probability on the whole picture.
  var index: Int
  var probability: Double
  /// The class's probability with the square centred on row, column; rows from the top.
  var covered: [Double]

  /// The place whose covering lowers the probability most; the first of equals.
  var weakest: (row: Int, column: Int) {
    let place = covered.indices.min { covered[$0] < covered[$1] } ?? 0
    return (place / width, place % width)
  }

  /// - Parameters:
  ///   - index: the class to explain; the network's answer if nil.
  ///   - window: side of the square, pixels, at least 1.
  static func measure(
    _ image: PixelImage, _ model: LoadedModel, index: Int?, window: Int, threads: Int, instructionSet: InstructionSet
  ) throws -> OcclusionMap {
    let whole = try Classifier(model, instructionSet: instructionSet)
    whole.run(image.pixels)
    let index = index ?? whole.classIndex
    let cover = Cover(image, window: window)
    let height = image.extent.height
    let shares = try concurrently(threads: threads) { thread, threads in
      let classifier = try Classifier(model, instructionSet: instructionSet)
      return stride(from: thread, to: height, by: threads).map { row in
        (0..<image.extent.width).map { column in
          classifier.run(cover.pixels(row: row, column: column))
          return classifier.probabilities[index]
        }
      }
    }
    return OcclusionMap(
      width: image.extent.width, height: height, index: index, probability: whole.probabilities[index],
      covered: (0..<height).flatMap { shares[$0 % threads][$0 / threads] })
  }
}

/// A picture of which a square is covered.
private struct Cover: Sendable {
  private let image: PixelImage
  private let window: Int
  /// One value for each channel.
  private let mean: [UInt8]

  init(_ image: PixelImage, window: Int) {
    self.image = image
    self.window = window
    let channels = image.extent.channels
    let count = image.extent.width * image.extent.height
    mean = (0..<channels).map { channel in
      let sum = stride(from: channel, to: image.pixels.count, by: channels).reduce(0) { $0 + Int(image.pixels[$1]) }
      return UInt8((sum + count / 2) / count)
    }
  }

  func pixels(row: Int, column: Int) -> [UInt8] {
    var pixels = image.pixels
    let (width, channels) = (image.extent.width, image.extent.channels)
    let rows = max(0, row - window / 2)..<min(image.extent.height, row - window / 2 + window)
    let columns = max(0, column - window / 2)..<min(width, column - window / 2 + window)
    for y in rows {
      for x in columns {
        for channel in 0..<channels { pixels[(y * width + x) * channels + channel] = mean[channel] }
      }
    }
    return pixels
  }
}
