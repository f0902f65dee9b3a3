import EdgeRuntime

/// The images that formats are chosen on, each with the numbers of the inputs beside it, if the network has any.
public struct CalibrationImages: Sendable {
  public var count: Int
  /// How many of them show each of the network's classes; empty if nobody knows.
  public var classCounts: [Int]
  /// An image's frame: 8-bit pixels, height x width x channels, and numbers behind them, as `FloatRunner` has them.
  private var read: @Sendable (Int) throws -> [UInt8]
  /// Bytes of a frame that the network takes.
  private var frameBytes: Int

  /// - Parameters:
  ///   - frameBytes: bytes of a frame that the network takes: of an image, and of the numbers behind it.
  ///   - read: the frame of an image of 0..<count; called from several threads.
  public init(
    count: Int, frameBytes: Int, classCounts: [Int] = [], read: @escaping @Sendable (Int) throws -> [UInt8]
  ) {
    self.count = count
    self.classCounts = classCounts
    self.frameBytes = frameBytes
    self.read = read
  }

  /// The frame of an image.
  ///
  /// - Throws: `ExportError.wrongImageSize`, or what reading threw.
  public func pixels(_ index: Int) throws -> [UInt8] {
    let pixels = try read(index)
    guard pixels.count == frameBytes else {
      throw ExportError.wrongImageSize(image: index, bytes: pixels.count, wanted: frameBytes)
    }
    return pixels
  }

  /// At most `limit` indices, evenly spread.
  func spread(_ limit: Int) -> [Int] { Self.spread(limit, over: count) }

  /// At most `limit` of 0..<count, evenly spread.
  public static func spread(_ limit: Int, over count: Int) -> [Int] {
    let chosen = min(limit, count)
    return (0..<chosen).map { $0 * count / chosen }
  }

  /// True if no image differs from the first.
  func areAllAlike() throws -> Bool {
    let first = try pixels(0)
    for index in 1..<max(count, 1) where try pixels(index) != first { return false }
    return true
  }

  /// BLAKE2b-256 of all images' pixels in order.
  ///
  /// - Parameter head: what else goes before them.
  func digest(after head: [UInt8] = []) throws -> [UInt8] {
    var failure: (any Error)?
    let digest = Digest.of { digest in
      unsafe head.withUnsafeBytes { unsafe digest.update($0) }
      for index in 0..<count where failure == nil {
        do {
          let pixels = try pixels(index)
          unsafe pixels.withUnsafeBytes { unsafe digest.update($0) }
        } catch {
          failure = error
        }
      }
    }
    if let failure { throw failure }
    return (0..<Layout.digestBytes).map { digest[$0] }
  }
}
