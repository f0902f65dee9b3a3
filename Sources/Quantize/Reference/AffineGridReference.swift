/// Where each target pixel looks in the source (Jaderberg et al. 2015, equation 1; ONNX AffineGrid-20).
///
/// Coordinates run from -1 to 1 over the image: between the centres of the outer pixels with aligned corners, else between
/// their outer edges.
struct AffineGrid<Element: BinaryFloatingPoint> {
  /// Six values, `t00 t01 t02 t10 t11 t12`, target to source, x first.
  let theta: [Element]
  let target: Shape
  let alignCorners: Bool

  /// Samples with bilinear weights `max(0, 1 - |x - m|) * max(0, 1 - |y - n|)` (the paper's equation 5; ONNX
  /// GridSample-20); what lies outside the image is zero, as is a place that is not a number.
  ///
  /// - Parameters:
  ///   - image: source height x width x channels.
  ///   - output: target height x width x channels, overwritten.
  func sample(_ image: [Element], _ source: Shape, into output: inout [Element]) {
    let channels = source.channels
    for row in 0..<target.height {
      let v = coordinate(row, of: target.height)
      for column in 0..<target.width {
        let u = coordinate(column, of: target.width)
        let x = place(theta[0] * u + theta[1] * v + theta[2], source.width)
        let y = place(theta[3] * u + theta[4] * v + theta[5], source.height)
        let pixel = (row * target.width + column) * channels
        for channel in 0..<channels { output[pixel + channel] = 0 }
        for n in taps(at: y, of: source.height) {
          for m in taps(at: x, of: source.width) {
            let weight = max(0, 1 - abs(x - Element(m))) * max(0, 1 - abs(y - Element(n)))
            let tap = (n * source.width + m) * channels
            for channel in 0..<channels { output[pixel + channel] += weight * image[tap + channel] }
          }
        }
      }
    }
  }

  /// The coordinate of pixel `index` of `count`; a single pixel stands in the middle.
  private func coordinate(_ index: Int, of count: Int) -> Element {
    if alignCorners { return count == 1 ? 0 : 2 * Element(index) / Element(count - 1) - 1 }
    return Element(2 * index + 1) / Element(count) - 1
  }

  /// A coordinate in pixels of a source of `count`.
  private func place(_ coordinate: Element, _ count: Int) -> Element {
    alignCorners ? (coordinate + 1) / 2 * Element(count - 1) : ((coordinate + 1) * Element(count) - 1) / 2
  }

  /// The pixels of 0..<count that can have a weight at a place: the one before it and the one after.
  private func taps(at place: Element, of count: Int) -> Range<Int> {
    // Also false for NaN; what remains converts to Int.
    guard place > -1 && place < Element(count) else { return 0..<0 }
    let first = Int(place.rounded(.down))
    return max(first, 0)..<min(first + 2, count)
  }
}
