/// The encoding of 8-bit grey images.
public enum GreyImage {
  /// Binary PGM ("P5"). `pixels` holds `width * height` values, row by row.
  public static func pgm(_ pixels: [UInt8], width: Int, height: Int) -> [UInt8] {
    precondition(pixels.count == width * height, "an image has width * height pixels")
    return Array("P5\n\(width) \(height)\n255\n".utf8) + pixels
  }
}
