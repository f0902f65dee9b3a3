/// Pixels of a camera's frames.
public struct CameraSize: Equatable, Sendable {
  /// Of a width and of a height.
  public static let extents = 16...4096

  public var width: Int
  public var height: Int

  public init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

  public var isInRange: Bool { Self.extents ~= width && Self.extents ~= height }

  /// From `WIDTHxHEIGHT`, each in `extents`.
  @export(interface)
  public init?(_ word: Word) {
    var extents = (0, 0)
    var digits = 0
    var isSecond = false
    for index in 0..<word.count {
      if word[index] == UInt8(ascii: "x"), !isSecond, digits > 0 {
        isSecond = true
        digits = 0
        continue
      }
      guard case UInt8(ascii: "0")...UInt8(ascii: "9") = word[index], digits < 4 else { return nil }
      let digit = Int(word[index] - UInt8(ascii: "0"))
      if isSecond { extents.1 = 10 * extents.1 + digit } else { extents.0 = 10 * extents.0 + digit }
      digits += 1
    }
    (width, height) = extents
    guard isSecond, isInRange else { return nil }
  }
}
