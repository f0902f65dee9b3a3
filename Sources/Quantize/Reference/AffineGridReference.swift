/// Where each target pixel looks in the source (Jaderberg et al. 2015, equation 1; ONNX AffineGrid-20), and what it sees there
/// (ONNX GridSample-20).
///
/// Coordinates run from -1 to 1 over the image: between the centres of the outer pixels with aligned corners, else between
/// their outer edges.
struct AffineGrid<Element: BinaryFloatingPoint> {
  /// Six values, `t00 t01 t02 t10 t11 t12`, target to source, x first.
  let theta: [Element]
  let target: Shape
  let sampler: FloatSampler

  /// Samples with bilinear weights `max(0, 1 - |x - m|) * max(0, 1 - |y - n|)` (the paper's equation 5), or the nearest pixel.
  /// A place that is not a number is zero.
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
        let x = settled(place(theta[0] * u + theta[1] * v + theta[2], source.width), source.width)
        let y = settled(place(theta[3] * u + theta[4] * v + theta[5], source.height), source.height)
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
    if sampler.targetAlignsCorners { return count == 1 ? 0 : 2 * Element(index) / Element(count - 1) - 1 }
    return Element(2 * index + 1) / Element(count) - 1
  }

  /// A coordinate in pixels of a source of `count`.
  private func place(_ coordinate: Element, _ count: Int) -> Element {
    sampler.sourceAlignsCorners
      ? (coordinate + 1) / 2 * Element(count - 1) : ((coordinate + 1) * Element(count) - 1) / 2
  }

  /// A place brought to the nearest of the pixels (which go on outside the image), then into the image, where the sampler
  /// says so. What is no number stays none.
  private func settled(_ place: Element, _ count: Int) -> Element {
    let place = sampler.interpolation == .nearest ? place.rounded(.toNearestOrEven) : place
    let last = Element(count - 1)
    switch sampler.outside {
    case .zeros: return place
    case .border: return min(max(place, 0), last)
    case .reflectionAtEdges:
      return min(max(mirrored(place + 0.5, within: Element(count)) - 0.5, 0), last)
    case .reflectionAtCentres: return count == 1 && place.isFinite ? 0 : mirrored(place, within: last)
    }
  }

  /// A number mirrored at 0 and at `length` until it lies between them; NaN for one that is not finite.
  private func mirrored(_ number: Element, within length: Element) -> Element {
    let rest = number.magnitude.truncatingRemainder(dividingBy: 2 * length)
    return min(rest, 2 * length - rest)
  }

  /// The pixels of 0..<count that can have a weight at a place: the one before it and the one after.
  private func taps(at place: Element, of count: Int) -> Range<Int> {
    // Also false for NaN; what remains converts to Int.
    guard place > -1 && place < Element(count) else { return 0..<0 }
    let first = Int(place.rounded(.down))
    return max(first, 0)..<min(first + 2, count)
  }
}
