/// How a picture of another size becomes one of the network's.
public enum Resize: String, CaseIterable, Sendable {
  /// The greatest rectangle of the network's proportions in the picture's middle; what lies beside it is lost. A square network gets the
  /// central square, as on a board.
  case crop
  /// The whole picture, each axis by a factor of its own.
  case stretch

  /// The part of a picture that is kept. All extents are at least 1.
  func part(of picture: ImageExtent, for wanted: ImageExtent) -> PictureArea {
    let whole = PictureArea(x: 0, y: 0, width: picture.width, height: picture.height)
    guard self == .crop else { return whole }
    // Proportions as products: nothing is divided before it has to be.
    if picture.width * wanted.height > picture.height * wanted.width {
      let width = share(picture.height, wanted.width, of: wanted.height)
      return PictureArea(x: (picture.width - width) / 2, y: 0, width: width, height: picture.height)
    }
    let height = share(picture.width, wanted.height, of: wanted.width)
    return PictureArea(x: 0, y: (picture.height - height) / 2, width: picture.width, height: height)
  }

  /// `extent * part / whole`, rounded to the nearest, at least 1.
  private func share(_ extent: Int, _ part: Int, of whole: Int) -> Int { max(1, (extent * part + whole / 2) / whole) }
}

/// A rectangle of a picture, in pixels.
struct PictureArea: Equatable, Sendable {
  var x: Int
  var y: Int
  var width: Int
  var height: Int
}

extension PixelImage {
  /// The picture at another size, with the channels that it has.
  ///
  /// A pixel of the result is the mean of what it covers, rounded half up: pixel i of an axis covers i...i+1, and so many of them make the
  /// area's width or height. Of a square it is what `SquareReduction` makes on a board, bit for bit.
  public func resized(to wanted: ImageExtent, _ resize: Resize) -> PixelImage {
    precondition(wanted.channels == extent.channels, "a picture keeps its channels")
    let area = resize.part(of: extent, for: wanted)
    let channels = extent.channels
    // At most 2^26 pixels of 255, each as often as its area says: sums stay below 2^34.
    let pixelsOfArea = area.width * area.height
    var result: [UInt8] = []
    result.reserveCapacity(wanted.count)
    var columns = [Int](repeating: 0, count: area.width * channels)
    for row in 0..<wanted.height {
      for column in columns.indices { columns[column] = 0 }
      forEachCovered(by: row, of: wanted.height, in: area.height) { y, weight in
        let line = ((area.y + y) * extent.width + area.x) * channels
        for column in columns.indices { columns[column] += weight * Int(pixels[line + column]) }
      }
      for column in 0..<wanted.width {
        for channel in 0..<channels {
          var sum = 0
          forEachCovered(by: column, of: wanted.width, in: area.width) { x, weight in
            sum += weight * columns[x * channels + channel]
          }
          result.append(UInt8((sum + pixelsOfArea / 2) / pixelsOfArea))
        }
      }
    }
    return PixelImage(extent: wanted, pixels: result)
  }
}

/// The pixels of an axis of `side` that the pixel `index` of `count` covers, in `count`ths of a pixel each: they sum to `side`.
private func forEachCovered(by index: Int, of count: Int, in side: Int, _ body: (_ pixel: Int, _ weight: Int) -> Void) {
  let end = (index + 1) * side
  var place = index * side
  while place < end {
    let pixel = place / count
    let next = min((pixel + 1) * count, end)
    body(pixel, next - place)
    place = next
  }
}
