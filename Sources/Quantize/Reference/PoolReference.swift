extension FloatPool {
  /// The greatest value of each window; padding never wins.
  func maximum<Element: BinaryFloatingPoint>(
    of image: [Element], _ imageShape: Shape, into output: inout [Element], _ outputShape: Shape
  ) {
    reduce(image, imageShape, into: &output, outputShape, from: -.infinity) { max($0, $1) }
  }

  /// The mean of each window: padding counts as zeros, the divisor is the whole kernel.
  func average<Element: BinaryFloatingPoint>(
    of image: [Element], _ imageShape: Shape, into output: inout [Element], _ outputShape: Shape
  ) {
    sum(of: image, imageShape, into: &output, outputShape)
    let divisor = Element(kernel.height * kernel.width)
    for index in output.indices { output[index] /= divisor }
  }

  /// The sum of each window: padding counts as zeros.
  func sum<Element: BinaryFloatingPoint>(
    of image: [Element], _ imageShape: Shape, into output: inout [Element], _ outputShape: Shape
  ) {
    reduce(image, imageShape, into: &output, outputShape, from: 0) { $0 + $1 }
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
    for row in 0..<outputShape.height {
      let top = row * stride.height - padding.top
      let rows = max(top, 0)..<max(min(top + kernel.height, imageShape.height), 0, top)
      for column in 0..<outputShape.width {
        let left = column * stride.width - padding.left
        let columns = max(left, 0)..<max(min(left + kernel.width, imageShape.width), 0, left)
        let target = (row * outputShape.width + column) * channels
        for channel in 0..<channels { output[target + channel] = start }
        for y in rows {
          for x in columns {
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
