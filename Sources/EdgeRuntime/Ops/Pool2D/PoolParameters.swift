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

  public init(
    kernelHeight: Int, kernelWidth: Int, strideHeight: Int, strideWidth: Int, paddingTop: Int = 0, paddingLeft: Int = 0,
    paddingBottom: Int = 0, paddingRight: Int = 0
  ) {
    self.kernelHeight = kernelHeight
    self.kernelWidth = kernelWidth
    self.strideHeight = strideHeight
    self.strideWidth = strideWidth
    self.paddingTop = paddingTop
    self.paddingLeft = paddingLeft
    self.paddingBottom = paddingBottom
    self.paddingRight = paddingRight
  }

  public func outputHeight(_ height: Int) -> Int {
    let padded = height + paddingTop + paddingBottom
    return padded < kernelHeight ? 0 : (padded - kernelHeight) / strideHeight + 1
  }

  public func outputWidth(_ width: Int) -> Int {
    let padded = width + paddingLeft + paddingRight
    return padded < kernelWidth ? 0 : (padded - kernelWidth) / strideWidth + 1
  }
}
