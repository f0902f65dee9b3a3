/// How an instruction set multiplies the 16-bit values of a Winograd convolution.
public protocol WinogradArithmetic: ConvolutionArithmetic where Totals == SIMD4<Int32> {
  /// The running sums of eight outputs at one place of one tile. All adding wraps.
  associatedtype Eight: BitwiseCopyable

  static var zeroEight: Eight { get }
  /// Adds the products of eight outputs' weights with the value of lane `lane`, a constant where this is inlined.
  static func multiplyAdd(_ sums: inout Eight, _ weights: SIMD8<Int16>, _ values: SIMD8<Int16>, lane: Int)
  /// The sums of vector `index` of the eight.
  static func totals(_ sums: Eight, _ index: Int) -> Totals
}
