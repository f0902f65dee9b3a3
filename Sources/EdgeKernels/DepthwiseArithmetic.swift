import CVector

/// How one instruction set multiplies neighbouring channels by weights of their own. `Depthwise` is written once, over this.
///
/// Activations are signed bytes in the strip, weights lie within -127...127: 16-bit lanes hold the sum of as many products
/// as have weights of magnitudes that sum to at most 255, since 128 * 255 < 2^15.
public protocol DepthwiseArithmetic: OutputArithmetic {
  /// Activations or weights, one for each lane of `Totals`.
  associatedtype Taps
  /// As many lanes of 16 bits.
  associatedtype Products

  /// From signed bytes.
  static func load(_ bytes: Bytes) -> Taps
  static var noProducts: Products { get }
  static func multiply(_ weights: Taps, _ taps: Taps) -> Products
  static func multiplyAdd(_ products: inout Products, _ weights: Taps, _ taps: Taps)
  static func add(_ products: Products, to totals: inout Totals)
}
