import EdgeKernels

/// How a convolution is divided into Winograd's tiles, where that is exact and pays. docs/kernels.md, "Winograd".
public struct WinogradPlan: Sendable {
  /// Results of a tile along each axis: 3 or 4.
  let outputs: Int
  let tilesAcross: Int
  /// Rows of tiles in a strip.
  let tilesDown: Int
  let workspaceBytes: Int

  /// Multiplications of one channel by one output's filter.
  public let products: Int

  /// Nil where the direct kernels have to do it or do it better.
  public init?(
    _ p: ConvolutionParameters, inputHeight: Int, inputWidth: Int, inputChannels: Int, outputChannels: Int
  ) {
    let pooled = p.hasMaxPool ? 2 : 1
    let (height, width) = (p.outputHeight(inputHeight) * pooled, p.outputWidth(inputWidth) * pooled)
    guard Self.isThreeByThree(p), inputChannels % 8 == 0, inputChannels >= 16, outputChannels >= 8 else { return nil }
    guard height * width >= Self.leastPixels, inputChannels <= Self.mostChannels else { return nil }

    let isFourExact = Self.greatestResult(p, inputChannels) < 1 << 25
    let three = Self.products(outputs: 3, height, width)
    let four = Self.products(outputs: 4, height, width)
    outputs = isFourExact && four <= three ? 4 : 3
    // Direct kernels take as many products as a pixel has taps.
    products = outputs == 4 ? four : three
    guard 5 * Int64(products) <= 3 * 9 * Int64(height * width) else { return nil }

    tilesAcross = (width + outputs - 1) / outputs
    let points = (outputs + 2) * (outputs + 2)
    // What exceeds every arena by itself has no use for a plan, and its places no room in 32 bits.
    guard Int64(points * tilesAcross) * Int64(inputChannels * 2) <= Self.mostRowBytes else { return nil }
    let rowBytes = points * tilesAcross * inputChannels * 2
    // Two rows of tiles of 3 are three rows of windows.
    let step = p.hasMaxPool && outputs == 3 ? 2 : 1
    let all = ((height + outputs - 1) / outputs + step - 1) / step * step
    tilesDown = min(all, max(1, Self.valuesTarget / (rowBytes * step)) * step)
    let places = WinogradPlaces(
      outputs: outputs, tilesAcross: tilesAcross, tilesDown: tilesDown, channels: inputChannels,
      unpackedBytes: Conv2D.unpackedBytes(
        p, inputHeight: inputHeight, inputWidth: inputWidth, inputChannels: inputChannels,
        outputChannels: outputChannels))
    workspaceBytes = places.end
  }

  private static func isThreeByThree(_ p: ConvolutionParameters) -> Bool {
    p.kernelHeight == 3 && p.kernelWidth == 3 && p.strideHeight == 1 && p.strideWidth == 1 && p.dilationHeight == 1
      && p.dilationWidth == 1 && p.groups == 1
  }

  /// The greatest magnitude of a sum without its bias: activations of 8 bits as the kernels store them, any weights.
  ///
  /// A tile's results are 9 * 2^k times too large. The 9 is divided out modulo 2^32, so the result times 2^k has to fit 32
  /// bits: k is at most 6 for a tile of 4, and 2 for one of 3.
  private static func greatestResult(_ p: ConvolutionParameters, _ inputChannels: Int) -> Int {
    9 * inputChannels * ((1 << (p.weightWidth - 1)) - 1) * 128
  }

  private static func products(outputs: Int, _ height: Int, _ width: Int) -> Int {
    let tiles = ((height + outputs - 1) / outputs) * ((width + outputs - 1) / outputs)
    return tiles * (outputs + 2) * (outputs + 2)
  }

  /// Fewer pixels don't pay for transforming the weights.
  private static let leastPixels = 16
  /// 9 * 3669 * 127 * 128 < 2^29.
  private static let mostChannels = 3669
  /// Of transformed activations, for one row of tiles; a strip may have two.
  private static let mostRowBytes = Int64(Layout.maximumArenaBytes / 2)
  /// Transformed activations of a strip: beside a block's transformed weights inside a level-2 cache of 512 KiB.
  private static let valuesTarget = 192 << 10
}
