extension FloatPool {
  /// The greatest value of each window; padding never wins.
  func maximum<Element: BinaryFloatingPoint>(
    of image: [Element], _ imageShape: Shape, into output: inout [Element], _ outputShape: Shape
  ) {
    reduce(image, imageShape, into: &output, outputShape, from: -.infinity) { max($0, $1) }
  }

  /// The mean of each window.
  func average<Element: BinaryFloatingPoint>(
    of image: [Element], _ imageShape: Shape, into output: inout [Element], _ outputShape: Shape
  ) {
    sum(of: image, imageShape, into: &output, outputShape)
    for (place, divisor) in divisors(imageShape, outputShape).enumerated() {
      for channel in 0..<outputShape.channels { output[place * outputShape.channels + channel] /= Element(divisor) }
    }
  }

  /// The sum of each window: padding counts as zeros.
  func sum<Element: BinaryFloatingPoint>(
    of image: [Element], _ imageShape: Shape, into output: inout [Element], _ outputShape: Shape
  ) {
    reduce(image, imageShape, into: &output, outputShape, from: 0) { $0 + $1 }
  }

  /// What the sum of each window is divided by for its mean: output height x width.
  public func divisors(_ image: Shape, _ output: Shape) -> [Int] {
    if countsPadding { return Array(repeating: kernel.height * kernel.width, count: output.height * output.width) }
    return (0..<output.height).flatMap { row in
      (0..<output.width).map { column in rows(row, image).count * columns(column, image).count }
    }
  }

  /// The rows of an image that a row of windows holds.
  private func rows(_ row: Int, _ image: Shape) -> [Int] {
    Self.taps(row * stride.height - padding.top, kernel.height, dilation.height, image.height)
  }

  private func columns(_ column: Int, _ image: Shape) -> [Int] {
    Self.taps(column * stride.width - padding.left, kernel.width, dilation.width, image.width)
  }

  private static func taps(_ first: Int, _ count: Int, _ dilation: Int, _ extent: Int) -> [Int] {
    (0..<count).map { first + $0 * dilation }.filter { (0..<extent).contains($0) }
  }

  /// Joins the values of each window that lie inside the image.
  ///
  /// - Parameters:
  ///   - image: input height x width x channels.
  ///   - output: output height x width x channels, overwritten.
  @inline(__always)
  private func reduce<Element: BinaryFloatingPoint>(
    _ image: [Element], _ imageShape: Shape, into output: inout [Element], _ outputShape: Shape, from start: Element,
    _ join: (Element, Element) -> Element
  ) {
    let channels = imageShape.channels
    let columns = (0..<outputShape.width).map { self.columns($0, imageShape) }
    for row in 0..<outputShape.height {
      let rows = rows(row, imageShape)
      for column in 0..<outputShape.width {
        let target = (row * outputShape.width + column) * channels
        for channel in 0..<channels { output[target + channel] = start }
        for y in rows {
          for x in columns[column] {
            let source = (y * imageShape.width + x) * channels
            for channel in 0..<channels {
              output[target + channel] = join(output[target + channel], image[source + channel])
            }
          }
        }
      }
    }
  }
}
