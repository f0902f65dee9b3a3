#if arch(arm64)
  import CVector
  import EdgeKernels
  import _Builtin_intrinsics.arm.neon

  /// NEON of every 64-bit ARM: `smull`, `smlal` into 16 bits, `saddw` into 32.
  enum NEONDepthwiseArithmetic: DepthwiseArithmetic {
    typealias Totals = SIMD8<Int32>
    typealias Taps = SIMD8<Int8>
    typealias Products = SIMD8<Int16>

    @inline(__always)
    static var noProducts: Products { Products(repeating: 0) }

    @inline(__always)
    static func load(_ bytes: Bytes) -> Taps { bytes.load(Taps.self) }

    @inline(__always)
    static func multiply(_ weights: Taps, _ taps: Taps) -> Products { ferrite_multiplyBytes(weights, taps) }

    @inline(__always)
    static func multiplyAdd(_ products: inout Products, _ weights: Taps, _ taps: Taps) {
      products &+= ferrite_multiplyBytes(weights, taps)
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

  /// 4 pixels x 8 channels: 8 of 32 registers hold sums, 4 products.
  @c @implementation
  public func ferrite_convolve_depthwise_neon(_ convolution: UnsafePointer<FerriteConvolution>) {
    unsafe Depthwise<NEONDepthwiseArithmetic, 4>(convolution.pointee).run()
  }
#endif
