#if arch(arm)
  import CVector
  import EdgeKernels
  import _Builtin_intrinsics.arm.neon

  /// `vmull`, `vmlal` into 16 bits, `vaddw` into 32.
  enum ARMv7DepthwiseArithmetic: DepthwiseArithmetic {
    typealias Totals = SIMD8<Int32>
    typealias Taps = SIMD8<Int8>
    typealias Products = SIMD8<Int16>

    @inline(__always)
    static var noProducts: Products { Products(repeating: 0) }

    @inline(__always)
    static func load(_ bytes: Bytes) -> Taps { bytes.load(Taps.self) }

    @inline(__always)
    static func multiply(_ weights: Taps, _ taps: Taps) -> Products { vmull_s8(weights, taps) }

    @inline(__always)
    static func multiplyAdd(_ products: inout Products, _ weights: Taps, _ taps: Taps) {
      products = vmlal_s8(products, weights, taps)
    }

    @inline(__always)
    static func add(_ products: Products, to totals: inout Totals) { totals = ferrite_addHalves8(totals, products) }

    @inline(__always)
    static func shiftRightRounding(_ totals: Totals, by shift: Totals) -> Totals {
      Totals(
        lowHalf: vrshlq_s32(totals.lowHalf, 0 &- shift.lowHalf),
        highHalf: vrshlq_s32(totals.highHalf, 0 &- shift.highHalf))
    }
  }

  /// 4 pixels x 8 channels: 8 of 16 registers hold sums, 4 products.
  @c @implementation
  public func ferrite_convolve_depthwise_neon(_ convolution: UnsafePointer<FerriteConvolution>) {
    unsafe Depthwise<ARMv7DepthwiseArithmetic, 4>(convolution.pointee).run()
  }
#endif
