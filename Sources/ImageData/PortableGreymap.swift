import FoundationEssentials

extension PixelImage {
  /// Decodes a PGM picture (Netpbm, pgm(5)): `P5` (binary) or `P2` (decimal), one picture, samples of 8 bits.
  ///
  /// A sample is its share of the file's maximum, so one below 255 is scaled. Samples above it, missing samples and bytes
  /// after the last are errors.
  static func decodePGM(_ data: Data, file: String) throws(DataError) -> PixelImage {
    var cursor = ByteCursor(data, file: file, at: 2)
    let isBinary = data.starts(with: Array("P5".utf8))
    let width = try field("a width", limit: 1 << 16, &cursor)
    let height = try field("a height", limit: 1 << 16, &cursor)
    let maximum = try field("a maximum of 8 bits", limit: 255, &cursor)
    let extent = ImageExtent(width: width, height: height, channels: 1)
    guard width > 0, height > 0, maximum > 0 else { throw cursor.malformed(expected: "sizes above zero") }
    guard width <= maximumPixels / height else { throw DataError(file, .imageTooLarge(extent)) }
    let samples = try isBinary ? binary(extent.count, maximum, &cursor) : decimal(extent.count, maximum, &cursor)
    let scaled = maximum == 255 ? samples : samples.map { UInt8((Int($0) * 255 + maximum / 2) / maximum) }
    return PixelImage(extent: extent, pixels: scaled)
  }

  /// A header field: white space or comments, then a number.
  private static func field(_ what: String, limit: Int, _ cursor: inout ByteCursor) throws(DataError) -> Int {
    guard let byte = cursor.next, isSpace(byte) || byte == UInt8(ascii: "#") else {
      throw cursor.malformed(expected: "white space and \(what)")
    }
    cursor.skip(while: isSpace)
    while cursor.next == UInt8(ascii: "#") {
      cursor.skip { $0 != UInt8(ascii: "\n") }
      cursor.skip(while: isSpace)
    }
    return try cursor.number(what, limit: limit)
  }

  /// One white space, then exactly `count` bytes.
  private static func binary(_ count: Int, _ maximum: Int, _ cursor: inout ByteCursor) throws(DataError) -> [UInt8] {
    guard let byte = cursor.next, isSpace(byte) else { throw cursor.malformed(expected: "one white space") }
    let start = cursor.position + 1
    let samples = cursor.rest.dropFirst()
    guard samples.count == count else {
      throw DataError(
        cursor.file, at: .byte(start), .malformed(expected: "\(count) samples, found \(samples.count) bytes"))
    }
    if let over = samples.firstIndex(where: { $0 > maximum }) {
      let offset = start + (over - samples.startIndex)
      throw DataError(cursor.file, at: .byte(offset), .malformed(expected: "a sample of at most \(maximum)"))
    }
    return Array(samples)
  }

  /// `count` numbers between white space, and nothing more.
  private static func decimal(_ count: Int, _ maximum: Int, _ cursor: inout ByteCursor) throws(DataError) -> [UInt8] {
    var samples: [UInt8] = []
    while samples.count < count {
      samples.append(UInt8(try field("sample \(samples.count) of \(count)", limit: maximum, &cursor)))
    }
    cursor.skip(while: isSpace)
    guard cursor.next == nil else { throw cursor.malformed(expected: "the end of the file") }
    return samples
  }

  /// The white space of pgm(5): blank, tab, LF, vertical tab, form feed, CR.
  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }
}
