import FoundationEssentials

/// An array of numbers in a NumPy file (`.npy`, versions 1.0 and 2.0), mapped.
///
/// Source: the NPY format's own description, numpy.lib.format. Strict: the header is the dictionary of its three keys,
/// the order is C's, and the file ends with the last element.
struct NumPyArray: Sendable {
  /// Element types that pictures, labels and other inputs' numbers come in, little-endian.
  enum Element: String, Sendable, CustomStringConvertible {
    case uint8 = "|u1"
    case int32 = "<i4"
    case int64 = "<i8"
    case float32 = "<f4"
    case float64 = "<f8"

    var bytes: Int {
      switch self {
      case .uint8: 1
      case .int32, .float32: 4
      case .int64, .float64: 8
      }
    }

    var description: String {
      switch self {
      case .uint8: "uint8"
      case .int32: "int32"
      case .int64: "int64"
      case .float32: "float32"
      case .float64: "float64"
      }
    }
  }

  let path: String
  let element: Element
  let shape: [Int]
  private let data: Data
  private let start: Int

  /// No extent, and no product of extents, is larger: 2^40 elements.
  private static let maximumCount = 1 << 40

  init(path: String) throws(DataError) { try self.init(decoding: contents(of: path), file: path) }

  /// - Parameter path: the file's name, for messages.
  init(decoding data: Data, file path: String) throws(DataError) {
    self.path = path
    self.data = data
    var cursor = ByteCursor(data, file: path, at: 0)
    guard data.starts(with: [0x93] + Array("NUMPY".utf8)), data.count >= 12 else {
      throw cursor.malformed(expected: "an NPY file")
    }
    guard (data[6] == 1 || data[6] == 2) && data[7] == 0 else {
      throw DataError(path, at: .byte(6), .unsupported("NPY version \(data[6]).\(data[7])"))
    }
    let lengthBytes = data[6] == 1 ? 2 : 4
    var length = 0
    for index in (0..<lengthBytes).reversed() { length = length << 8 | Int(data[8 + index]) }
    start = 8 + lengthBytes + length
    guard start <= data.count else {
      throw DataError(path, at: .byte(8), .malformed(expected: "a header inside the file, \(length) bytes"))
    }
    cursor = ByteCursor(data[..<start], file: path, at: 8 + lengthBytes)
    (element, shape) = try NumPyArray.header(&cursor)

    var bytes = element.bytes
    for extent in shape {
      guard extent == 0 || bytes <= NumPyArray.maximumCount / extent else {
        throw DataError(path, .unsupported("a shape of \(shape)"))
      }
      bytes *= extent
    }
    guard data.count - start == bytes else {
      throw DataError(
        path, at: .byte(start), .malformed(expected: "\(bytes) bytes for \(shape), found \(data.count - start)"))
    }
  }

  /// The elements from `first` on; those of a uint8 array.
  func bytes(from first: Int, count: Int) -> Data {
    precondition(element == .uint8, "only bytes are read as bytes")
    return data[start + first..<start + first + count]
  }

  /// An element of an array of integers.
  func integer(_ index: Int) -> Int {
    let bits = bits(index)
    return switch element {
    case .float32, .float64: preconditionFailure("only integers are read as integers")
    case .uint8: Int(bits)
    case .int32: Int(Int32(truncatingIfNeeded: bits))
    case .int64: Int(Int64(bitPattern: bits))
    }
  }

  /// An element of an array of floats, those of 64 bits rounded.
  func float(_ index: Int) -> Float {
    switch element {
    case .float32: Float(bitPattern: UInt32(truncatingIfNeeded: bits(index)))
    case .float64: Float(Double(bitPattern: bits(index)))
    case .uint8, .int32, .int64: preconditionFailure("only floats are read as floats")
    }
  }

  private func bits(_ index: Int) -> UInt64 {
    let at = start + index * element.bytes
    return (0..<element.bytes).reversed().reduce(0) { $0 << 8 | UInt64(data[at + $1]) }
  }
}

// MARK: - The header's dictionary

extension NumPyArray {
  /// `{'descr': '|u1', 'fortran_order': False, 'shape': (3589, 48, 48), }`, its keys in any order, then blanks and LF.
  private static func header(_ cursor: inout ByteCursor) throws(DataError) -> (Element, [Int]) {
    var element: Element?
    var shape: [Int]?
    var isRowMajor = false
    try cursor.expect("{")
    blanks(&cursor)
    while !cursor.accept("}") {
      if element == nil, cursor.accept("'descr':") {
        element = try descriptor(&cursor)
      } else if shape == nil, cursor.accept("'shape':") {
        shape = try tuple(&cursor)
      } else if !isRowMajor {
        try cursor.expect("'fortran_order':")
        blanks(&cursor)
        let place = cursor.position
        guard !cursor.accept("True") else {
          throw DataError(cursor.file, at: .byte(place), .unsupported("Fortran order"))
        }
        try cursor.expect("False")
        isRowMajor = true
      } else {
        throw cursor.malformed(expected: "the keys descr, fortran_order and shape, once each")
      }
      blanks(&cursor)
      if !cursor.accept(",") {
        try cursor.expect("}")
        break
      }
      blanks(&cursor)
    }
    cursor.skip { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    guard cursor.next == nil else { throw cursor.malformed(expected: "the header's end") }
    guard let element, let shape, isRowMajor else {
      throw cursor.malformed(expected: "the keys descr, fortran_order and shape")
    }
    return (element, shape)
  }

  private static func descriptor(_ cursor: inout ByteCursor) throws(DataError) -> Element {
    blanks(&cursor)
    try cursor.expect("'")
    let place = cursor.position
    let text = String(decoding: cursor.rest.prefix { $0 != UInt8(ascii: "'") }, as: UTF8.self)
    guard let element = Element(rawValue: text) else {
      throw DataError(cursor.file, at: .byte(place), .unsupported("elements of type '\(text)'"))
    }
    try cursor.expect("\(text)'")
    return element
  }

  /// `(7,)`, `(3589, 48, 48)`: one to four extents.
  private static func tuple(_ cursor: inout ByteCursor) throws(DataError) -> [Int] {
    var extents: [Int] = []
    blanks(&cursor)
    try cursor.expect("(")
    repeat {
      blanks(&cursor)
      guard extents.isEmpty || cursor.next != UInt8(ascii: ")") else { break }
      guard extents.count < 4 else { throw cursor.malformed(expected: "at most four extents") }
      extents.append(try cursor.number("an extent", limit: maximumCount))
      blanks(&cursor)
    } while cursor.accept(",")
    try cursor.expect(")")
    return extents
  }

  private static func blanks(_ cursor: inout ByteCursor) { cursor.skip { $0 == UInt8(ascii: " ") } }
}
