/// The header of a NumPy `.npy` file, version 1.0 (numpy.lib.format): what stands before the elements.
public enum NumPyArray {
  public enum Element: String, Sendable {
    case uint8 = "|u1"
    case float32 = "<f4"
  }

  /// The header of a C-ordered array; its length is a multiple of 64, so that the elements after it are aligned.
  public static func header(_ element: Element, shape: [Int]) -> [UInt8] {
    // A Python tuple of one element is written with a comma.
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = "{'descr': '\(element.rawValue)', 'fortran_order': False, 'shape': (\(extents)), }"
    let prefix: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    let unpadded = prefix.count + 2 + text.utf8.count + 1
    text += String(repeating: " ", count: (64 - unpadded % 64) % 64) + "\n"
    let length = UInt16(text.utf8.count)
    return prefix + [UInt8(length & 0xFF), UInt8(length >> 8)] + Array(text.utf8)
  }
}

extension Theta {
  /// The six values as little-endian float32, row by row.
  public var bytes: [UInt8] {
    values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) } }
  }
}
