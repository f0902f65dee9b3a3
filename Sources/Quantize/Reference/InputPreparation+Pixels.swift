extension InputPreparation {
  /// Prepares one image of 8-bit pixels: `(pixel / 255 - mean) / standardDeviation`, by channel.
  ///
  /// - Parameters:
  ///   - pixels: height x width x channels.
  ///   - image: as many values, overwritten.
  public func prepare(_ pixels: [UInt8], into image: inout [Float]) {
    let channels = mean.count
    precondition(pixels.count == image.count, "an image has as many values as pixels")
    precondition(channels == standardDeviation.count && pixels.count % channels == 0, "one mean for each channel")
    for channel in 0..<channels {
      let (mean, standardDeviation) = (mean[channel], standardDeviation[channel])
      for place in stride(from: channel, to: pixels.count, by: channels) {
        image[place] = (Float(pixels[place]) / 255 - mean) / standardDeviation
      }
    }
  }

  /// One image of 8-bit pixels (height x width x channels), prepared.
  public func prepared(_ pixels: [UInt8]) -> [Float] {
    var image = [Float](repeating: 0, count: pixels.count)
    prepare(pixels, into: &image)
    return image
  }
}
