#if arch(x86_64)
  import CVector
  import EdgeKernels

  /// Bytes widened on the way in, `vpmullw`, `vpaddw`.
  enum AVX2DepthwiseArithmetic: DepthwiseArithmetic {
    typealias Totals = SIMD16<Int32>
    typealias Taps = SIMD16<Int16>
    typealias Products = SIMD16<Int16>

    @inline(__always)
    static var noProducts: Products { Products(repeating: 0) }

    @inline(__always)
    static func load(_ bytes: Bytes) -> Taps { ferrite_widenSigned(bytes.load(SIMD16<Int8>.self)) }

    @inline(__always)
    static func multiply(_ weights: Taps, _ taps: Taps) -> Products { weights &* taps }

    @inline(__always)
    static func multiplyAdd(_ products: inout Products, _ weights: Taps, _ taps: Taps) { products &+= weights &* taps }

    @inline(__always)
    static func add(_ products: Products, to totals: inout Totals) { totals = ferrite_addHalves16(totals, products) }
  }

  @c @implementation
  public func ferrite_convolve_depthwise_avx2(_ convolution: UnsafePointer<FerriteConvolution>) {
    unsafe Depthwise<AVX2DepthwiseArithmetic, 4>(convolution.pointee).run()
  }
#endif
