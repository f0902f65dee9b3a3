#if arch(arm64)
  import CVector
  import EdgeKernels
  import _Builtin_intrinsics.arm.neon

  /// `sdot` (FEAT_DotProd): a pixel's four taps, one lane of a register of 16, by those of four outputs.
  enum DotProductArithmetic: ConvolutionArithmetic {
    typealias Totals = SIMD4<Int32>
    typealias Sums = SIMD4<Int32>
    typealias Weights = InlineArray<4, SIMD16<Int8>>
    typealias Taps = SIMD4<Int32>
    typealias Remainder = DotProductGroupArithmetic

    @inline(__always)
    static var groupsPerChunk: Int { 4 }

    @inline(__always)
    static func loadWeights(_ bytes: Bytes) -> Weights {
      [
        bytes.load(SIMD16<Int8>.self), (bytes + 64).load(SIMD16<Int8>.self), (bytes + 128).load(SIMD16<Int8>.self),
        (bytes + 192).load(SIMD16<Int8>.self),
      ]
    }

    @inline(__always)
    static func loadTaps(_ bytes: Bytes) -> Taps { bytes.load(Taps.self) }

    @inline(__always)
    static func multiplyAdd(_ sums: inout Sums, _ weights: Weights, _ taps: Taps) {
      for group in 0..<4 {
        // The compiler folds the repetition into the instruction's lane index.
        sums = vdotq_s32(sums, weights[group], vreinterpretq_s8_s32(SIMD4(repeating: taps[group])))
      }
    }

    @inline(__always)
    static func start(_ values: Totals) -> Sums { values }

    @inline(__always)
    static func totals(_ sums: Sums) -> Totals { sums }

    @inline(__always)
    static func shiftRightRounding(_ totals: Totals, by shift: Totals) -> Totals { vrshlq_s32(totals, 0 &- shift) }

    @inline(__always)
    static var narrowsPairs: Bool { true }

    @inline(__always)
    static func narrowed(
      _ low: Totals, _ high: Totals, _ lowShift: Totals, _ highShift: Totals, _ minimum: Int16, _ maximum: Int16
    ) -> SIMD8<UInt8> {
      ferrite_narrowEight(low, high, lowShift, highShift, minimum, maximum)
    }
  }

  /// The up to three groups that are left of a row after chunks of four.
  enum DotProductGroupArithmetic: ConvolutionArithmetic {
    typealias Totals = SIMD4<Int32>
    typealias Sums = SIMD4<Int32>
    typealias Weights = SIMD16<Int8>
    typealias Taps = SIMD16<Int8>
    typealias Remainder = Self

    @inline(__always)
    static var groupsPerChunk: Int { 1 }

    @inline(__always)
    static func loadWeights(_ bytes: Bytes) -> Weights { bytes.load(Weights.self) }

    @inline(__always)
    static func loadTaps(_ bytes: Bytes) -> Taps { vreinterpretq_s8_s32(SIMD4(repeating: bytes.load(Int32.self))) }

    @inline(__always)
    static func multiplyAdd(_ sums: inout Sums, _ weights: Weights, _ taps: Taps) {
      sums = vdotq_s32(sums, weights, taps)
    }

    @inline(__always)
    static func start(_ values: Totals) -> Sums { values }

    @inline(__always)
    static func totals(_ sums: Sums) -> Totals { sums }
  }

  /// 8 pixels x 8 outputs: 16 of 32 registers hold sums.
  @c @implementation
  public func ferrite_convolve_dotprod(_ convolution: UnsafePointer<FerriteConvolution>) {
    unsafe Convolution<DotProductArithmetic, 4, 2, 4>(convolution.pointee).run()
  }
#endif
