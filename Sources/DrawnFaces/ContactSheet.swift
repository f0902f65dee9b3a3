/// Many faces on one picture.
public enum ContactSheet {
  /// Faces 0..<count of `series` on rows of seven, one column per class, as 8-bit grey pixels.
  ///
  /// Requires `count` > 0. A last row that isn't full is filled up with white.
  public static func draw(_ series: FaceSeries, count: Int, size: Int) -> (pixels: [UInt8], width: Int, height: Int) {
    precondition(count > 0, "a contact sheet shows at least one face")
    let columns = Expression.allCases.count
    let rows = (count + columns - 1) / columns
    let width = columns * size
    var pixels = [UInt8](repeating: 255, count: width * rows * size)
    for index in 0..<count {
      let face = series[index, size: size]
      let corner = index / columns * size * width + index % columns * size
      for row in 0..<size {
        let start = corner + row * width
        pixels.replaceSubrange(start..<start + size, with: face.pixels[row * size..<(row + 1) * size])
      }
    }
    return (pixels, width, rows * size)
  }
}
