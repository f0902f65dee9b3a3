/// The square of a frame that a classifier is to see of a face.
public struct FaceSquare: Equatable, Sendable {
  /// Of the margin: 256 is the found rectangle's own size.
  public static let marginOne = 256

  /// What the faces of FER-2013 have (docs/detecting.md).
  public static let standardMargin = 256

  public var x: Int
  public var y: Int
  public var side: Int

  /// The square around a rectangle's centre with `margin / marginOne` times its greater extent, rounded to the nearest; moved into the
  /// frame where it leaves it, and no larger than the frame's lesser extent.
  ///
  /// - Parameter margin: 1...1024.
  @export(interface)
  public init(_ face: Detection, margin: Int, frameWidth: Int, frameHeight: Int) {
    precondition(1...4 * Self.marginOne ~= margin, "a margin is out of range")
    let extent = Int(max(face.width, face.height))
    let wanted = (extent * margin + Self.marginOne / 2) / Self.marginOne
    side = max(1, min(wanted, min(frameWidth, frameHeight)))
    // Half a pixel goes to the left and up.
    x = min(max((2 * Int(face.x) + Int(face.width) - side) >> 1, 0), frameWidth - side)
    y = min(max((2 * Int(face.y) + Int(face.height) - side) >> 1, 0), frameHeight - side)
  }

  public init(x: Int, y: Int, side: Int) { (self.x, self.y, self.side) = (x, y, side) }

  /// The greatest square in the middle of a frame.
  public init(centralIn frameWidth: Int, _ frameHeight: Int) {
    side = min(frameWidth, frameHeight)
    (x, y) = ((frameWidth - side) / 2, (frameHeight - side) / 2)
  }
}
