#if arch(x86_64)
  import CVector
  import EdgeKernels

  /// AVX2: activations widened to 16 bits in the strip, weights on the way in; `vpmaddwd` adds two products exactly.
  /// (`vpmaddubsw` would do twice as many, but saturates: 2 * 255 * 127 exceeds 16 bits.)
  enum AVX2Arithmetic: ConvolutionArithmetic {
    /// Lanes 2i and 2i+1 together are an output: four outputs in each half.
    struct Sums {
      var low: SIMD8<Int32>
      var high: SIMD8<Int32>
    }
    struct Weights {
      var low: SIMD16<Int16>
      var high: SIMD16<Int16>
    }
    typealias Totals = SIMD8<Int32>
    typealias Taps = SIMD16<Int16>
    typealias Remainder = Self

    @inline(__always)
    static var groupsPerChunk: Int { 1 }
    @inline(__always)
    static var bytesPerTap: Int { 2 }

    @inline(__always)
    static func convert(_ source: Bytes, to strip: MutableBytes, count: Int, isSigned: Bool, flip: UInt8) {
      if isSigned {
        for tap in 0..<count { (strip + tap &* 2).store(Int16((source + tap).load(Int8.self))) }
      } else {
        for tap in 0..<count { (strip + tap &* 2).store(Int16((source + tap).load(UInt8.self))) }
      }
    }

    @inline(__always)
    static func loadWeights(_ bytes: Bytes) -> Weights {
      Weights(
        low: ferrite_widenSigned(bytes.load(SIMD16<Int8>.self)),
        high: ferrite_widenSigned((bytes + 16).load(SIMD16<Int8>.self)))
    }

    @inline(__always)
    static func loadTaps(_ bytes: Bytes) -> Taps { ferrite_repeatFour(bytes.load(Int64.self)) }

    @inline(__always)
    static func multiplyAdd(_ sums: inout Sums, _ weights: Weights, _ taps: Taps) {
      sums.low &+= ferrite_multiplyPairs(weights.low, taps)
      sums.high &+= ferrite_multiplyPairs(weights.high, taps)
    }

    @inline(__always)
    static func start(_ values: Totals) -> Sums {
      Sums(low: ferrite_spread(values.lowHalf), high: ferrite_spread(values.highHalf))
    }

    @inline(__always)
    static func totals(_ sums: Sums) -> Totals { ferrite_addPairs(sums.low, sums.high) }
  }

  /// 4 pixels x 8 outputs: 8 of 16 registers hold sums.
  @c @implementation
  public func ferrite_convolve_avx2(_ convolution: UnsafePointer<FerriteConvolution>) {
    unsafe Convolution<AVX2Arithmetic, 2, 1, 2>(convolution.pointee).run()
  }
#endif
