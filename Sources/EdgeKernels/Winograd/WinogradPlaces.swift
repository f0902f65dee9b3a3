/// Where the parts of a Winograd convolution's workspace lie, for one strip of tiles: offsets in bytes, multiples of 64. At 0,
/// unpacked weights of sixteen outputs.
public struct WinogradPlaces: Sendable {
  /// Weights of sixteen outputs, [channels][9][16] bytes.
  @usableFromInline var filters: Int
  /// The input rows under the strip, padded: [rows][columns][channels] bytes.
  @usableFromInline var strip: Int
  /// Transformed activations: [channels / 8][tiles][points][points][8], 16 bits each.
  @usableFromInline var values: Int
  /// Transformed weights of sixteen outputs: [2][channels / 8][points][points][8 channels][8], 16 bits
  /// each.
  @usableFromInline var weights: Int
  /// Sums of products of eight outputs: [tiles][points][points][8], 32 bits each.
  @usableFromInline var products: Int
  /// Results of eight outputs, not yet requantised: [rows][columns][8], 32 bits each.
  @usableFromInline var sums: Int
  public var end: Int

  /// - Parameter unpackedBytes: for packed weights of sixteen outputs, a byte each; 0 where they are stored so.
  @inlinable
  public init(outputs: Int, tilesAcross: Int, tilesDown: Int, channels: Int, unpackedBytes: Int) {
    let points = (outputs &+ 2) &* (outputs &+ 2)
    let tiles = tilesAcross &* tilesDown
    let (rows, columns) = (tilesDown &* outputs, tilesAcross &* outputs)
    filters = Self.aligned(unpackedBytes)
    strip = filters &+ Self.aligned(channels &* 144)
    values = strip &+ Self.aligned((rows &+ 2) &* (columns &+ 2) &* channels)
    weights = values &+ Self.aligned(points &* tiles &* channels &* 2)
    products = weights &+ points &* channels &* 32
    sums = products &+ Self.aligned(points &* tiles &* 32)
    end = sums &+ Self.aligned(rows &* columns &* 32)
  }

  @inlinable
  static func aligned(_ bytes: Int) -> Int { (bytes &+ 63) & ~63 }
}
