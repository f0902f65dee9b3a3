/// The window of a pooling operation. Taps outside the image count as nothing (max) or as zero (average).
public struct PoolParameters: Equatable, Sendable {
  public var kernelHeight: Int
  public var kernelWidth: Int
  public var strideHeight: Int
  public var strideWidth: Int
  public var paddingTop: Int
  public var paddingLeft: Int
  public var paddingBottom: Int
  public var paddingRight: Int
  /// The distance of two taps.
  public var dilationHeight: Int
  public var dilationWidth: Int
  /// Whether the divisor of an average is the whole kernel, or the taps inside the image alone.
  public var countsPadding: Bool

  public init(
    kernelHeight: Int, kernelWidth: Int, strideHeight: Int, strideWidth: Int, paddingTop: Int = 0, paddingLeft: Int = 0,
    paddingBottom: Int = 0, paddingRight: Int = 0, dilationHeight: Int = 1, dilationWidth: Int = 1,
    countsPadding: Bool = true
  ) {
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.strideHeight = strideHeight
    self.strideWidth = strideWidth
    self.paddingTop = paddingTop
    self.paddingLeft = paddingLeft
    self.paddingBottom = paddingBottom
    self.paddingRight = paddingRight
    self.dilationHeight = dilationHeight
    self.dilationWidth = dilationWidth
    self.countsPadding = countsPadding
  }

  public func outputHeight(_ height: Int) -> Int {
    Self.places(height + paddingTop + paddingBottom, reach: reachHeight, stride: strideHeight)
  }

  public func outputWidth(_ width: Int) -> Int {
    Self.places(width + paddingLeft + paddingRight, reach: reachWidth, stride: strideWidth)
  }

  /// Pixels from a window's first tap to its last, both included.
  var reachHeight: Int { (kernelHeight - 1) * dilationHeight + 1 }
  var reachWidth: Int { (kernelWidth - 1) * dilationWidth + 1 }

  private static func places(_ padded: Int, reach: Int, stride: Int) -> Int {
    padded < reach ? 0 : (padded - reach) / stride + 1
  }
}

extension PoolParameters {
  /// Whether files without feature bit 3 hold it.
  public var isPlain: Bool {
    // Pair by pair: the greatest of more would be an array's.
    let window = max(max(kernelHeight, kernelWidth), max(strideHeight, strideWidth))
    let padding = max(max(paddingTop, paddingLeft), max(paddingBottom, paddingRight))
    return max(window, padding) <= Layout.maximumPlainWindow && dilationHeight == 1 && dilationWidth == 1
      && countsPadding
  }

  /// The mean's multiplier for a window with `taps` inside, 1 or more, from that of the whole kernel:
  /// `RND(multiplier * kernel / taps)`.
  ///
  /// At most 2^44 where a multiplier is at most 2^16 and a kernel has at most 2^28 taps.
  public func multiplier(_ multiplier: Int32, taps: Int) -> Int64 {
    let whole = Int64(kernelHeight) * Int64(kernelWidth)
    if countsPadding || Int64(taps) == whole { return Int64(multiplier) }
    return (2 * Int64(multiplier) * whole + Int64(taps)) / (2 * Int64(taps))
  }
}
