import FoundationEssentials

/// FER-2013's table: a header `emotion,pixels,Usage`, then a row for each picture with its label, its pixels as decimal
/// numbers between blanks, and `Training`, `PublicTest` or `PrivateTest`.
struct ExpressionTable: Sendable {
  struct Row: Sendable {
    /// The header's is 1.
    var line: Int
    var label: Int
    /// Bytes of the pixels in the file.
    var pixels: Range<Int>
  }

  static let header = "emotion,pixels,Usage"
  static let usages = ["Training", "PublicTest", "PrivateTest"]

  let path: String
  /// Those of the wanted usage, in the file's order.
  let rows: [Row]
  private let data: Data

  /// Finds the rows; labels and usages are checked here, pixels when a picture is read.
  ///
  /// - Parameter classes: nil for none; then labels are passed over, and all are 0.
  init(path: String, classes: Int?, usage: String?) throws(DataError) {
    try self.init(decoding: contents(of: path), file: path, classes: classes, usage: usage)
  }

  /// - Parameter path: the file's name, for messages.
  init(decoding data: Data, file path: String, classes: Int?, usage: String?) throws(DataError) {
    if let usage, !ExpressionTable.usages.contains(usage) {
      throw DataError(path, .malformed(expected: "a usage of \(ExpressionTable.usages.joined(separator: ", "))"))
    }
    var rows: [Row] = []
    var start = 0
    var line = 1
    while start < data.count {
      let end = ExpressionTable.lineEnd(data, from: start)
      let content = start..<(end > start && data[end - 1] == UInt8(ascii: "\r") ? end - 1 : end)
      if line == 1 {
        guard data[content].elementsEqual(ExpressionTable.header.utf8) else {
          throw DataError(path, at: .line(1), .malformed(expected: "the header '\(ExpressionTable.header)'"))
        }
      } else if !content.isEmpty {
        let fields = try ExpressionTable.fields(data, content, path, line)
        let label = try classes.map { classes throws(DataError) in
          try ExpressionTable.label(data[fields[0]], classes, path, line)
        }
        let rowUsage = String(decoding: data[fields[2]], as: UTF8.self)
        guard ExpressionTable.usages.contains(rowUsage) else {
          throw DataError(
            path, at: .line(line), .malformed(expected: "a usage of \(ExpressionTable.usages.joined(separator: ", "))"))
        }
        if usage == nil || usage == rowUsage { rows.append(Row(line: line, label: label ?? 0, pixels: fields[1])) }
      }
      start = end + 1
      line += 1
    }
    self.path = path
    self.data = data
    self.rows = rows
  }

  func sample(_ index: Int, extent: ImageExtent) throws(DataError) -> Sample {
    let row = rows[index]
    guard extent.channels == 1 else { throw DataError(path, .unsupported("a network of \(extent.channels) channels")) }
    var pixels: [UInt8] = []
    pixels.reserveCapacity(extent.count)
    let bytes = data.span
    // The number that is being read; a blank after the last one ends it.
    var value: Int?
    for offset in row.pixels.lowerBound...row.pixels.upperBound {
      let byte = offset < row.pixels.upperBound ? bytes[offset] : UInt8(ascii: " ")
      if byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
        value = 10 * (value ?? 0) + Int(byte - UInt8(ascii: "0"))
      } else if byte != UInt8(ascii: " ") {
        value = 256
      } else if let complete = value {
        pixels.append(UInt8(complete))
        value = nil
      }
      guard (value ?? 0) <= 255, pixels.count < extent.count || value == nil else {
        throw DataError(path, at: .line(row.line), .malformed(expected: "\(extent.count) pixels of 0 to 255"))
      }
    }
    guard pixels.count == extent.count else {
      throw DataError(
        path, at: .line(row.line), .malformed(expected: "\(extent.count) pixels (\(extent)), found \(pixels.count)"))
    }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return Sample(id: "\(name):\(row.line)", label: row.label, image: PixelImage(extent: extent, pixels: pixels))
  }

  private static func lineEnd(_ data: Data, from start: Int) -> Int {
    let bytes = data.span
    var end = start
    while end < bytes.count, bytes[end] != UInt8(ascii: "\n") { end += 1 }
    return end
  }

  /// The three fields of a row, without the quotes that may stand around each.
  private static func fields(
    _ data: Data, _ content: Range<Int>, _ path: String, _ line: Int
  ) throws(DataError) -> [Range<Int>] {
    let fields = data[content].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map {
      let quote = UInt8(ascii: "\"")
      let isQuoted = $0.count >= 2 && $0.first == quote && $0.last == quote
      return isQuoted ? $0.startIndex + 1..<$0.endIndex - 1 : $0.startIndex..<$0.endIndex
    }
    guard fields.count == 3 else {
      throw DataError(path, at: .line(line), .malformed(expected: "three fields (\(header)), found \(fields.count)"))
    }
    return fields
  }

  private static func label(_ text: Data, _ classes: Int, _ path: String, _ line: Int) throws(DataError) -> Int {
    guard let label = number(text) else {
      throw DataError(path, at: .line(line), .malformed(expected: "a label, a number from 0"))
    }
    guard label < classes else { throw DataError(path, at: .line(line), .labelOutOfRange(label, classes: classes)) }
    return label
  }

  /// One to four decimal digits.
  private static func number(_ text: Data) -> Int? {
    guard (1...4).contains(text.count) else { return nil }
    var value = 0
    for byte in text {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      value = 10 * value + Int(byte - UInt8(ascii: "0"))
    }
    return value
  }
}
