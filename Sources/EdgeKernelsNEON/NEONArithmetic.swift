#if arch(arm64)
  import CVector
  import EdgeKernels
  import _Builtin_intrinsics.arm.neon

  /// NEON of every 64-bit ARM: two groups are multiplied into 16-bit lanes, which are then added pairwise to 32-bit sums.
  ///
  /// 16 bits hold both products, as weights are symmetric: 2 * 128 * 127 = 32512.
  enum NEONArithmetic: ConvolutionArithmetic {
    /// Lanes 2i and 2i+1 together are an output: two outputs in each half.
    struct Sums {
      var low: SIMD4<Int32>
      var high: SIMD4<Int32>
    }
    /// Two outputs in each half of a group, in registers of 64 bits: a Cortex-A53 loads and repeats those beside others, where
    /// 128 bits would take it alone.
    struct Weights {
      var first: (low: SIMD8<Int8>, high: SIMD8<Int8>)
      var second: (low: SIMD8<Int8>, high: SIMD8<Int8>)
    }
    struct Taps {
      var first: SIMD8<Int8>
      var second: SIMD8<Int8>
    }
    typealias Totals = SIMD4<Int32>
    typealias Remainder = NEONGroupArithmetic

    @inline(__always)
    static var groupsPerChunk: Int { 2 }

    @inline(__always)
    static func loadWeights(_ bytes: Bytes) -> Weights {
      Weights(
        first: (bytes.load(SIMD8<Int8>.self), (bytes + 8).load(SIMD8<Int8>.self)),
        second: ((bytes + 64).load(SIMD8<Int8>.self), (bytes + 72).load(SIMD8<Int8>.self)))
    }

    @inline(__always)
    static func loadTaps(_ bytes: Bytes) -> Taps {
      let groups = bytes.load(SIMD2<Int32>.self)
      return Taps(
        first: vreinterpret_s8_s32(SIMD2(repeating: groups[0])),
        second: vreinterpret_s8_s32(SIMD2(repeating: groups[1])))
    }

    @inline(__always)
    static func multiplyAdd(_ sums: inout Sums, _ weights: Weights, _ taps: Taps) {
      let low = vmlal_s8(vmull_s8(weights.first.low, taps.first), weights.second.low, taps.second)
      let high = vmlal_s8(vmull_s8(weights.first.high, taps.first), weights.second.high, taps.second)
      sums.low = vpadalq_s16(sums.low, low)
      sums.high = vpadalq_s16(sums.high, high)
    }

    @inline(__always)
    static func finish(_ sums: inout Sums, before next: inout Taps) {
      unsafe ferrite_inOrder(&sums.low, &sums.high, &next.first, &next.second)
    }

    /// Each lane is a tap of an output: two outputs in each half.
    struct Halves {
      var low: SIMD8<Int16>
      var high: SIMD8<Int16>
    }

    /// A chunk adds two products to a lane, each at most 128 times the greatest weight.
    @inline(__always)
    static func chunksInHalves(greatestWeight greatest: Int) -> Int { 255 / (2 &* greatest) }

    @inline(__always)
    static var zeroHalves: Halves { Halves(low: SIMD8(repeating: 0), high: SIMD8(repeating: 0)) }

    @inline(__always)
    static func multiplyAddInHalves(_ halves: inout Halves, _ weights: Weights, _ taps: Taps) {
      halves.low = vmlal_s8(halves.low, weights.first.low, taps.first)
      halves.high = vmlal_s8(halves.high, weights.first.high, taps.first)
      halves.low = vmlal_s8(halves.low, weights.second.low, taps.second)
      halves.high = vmlal_s8(halves.high, weights.second.high, taps.second)
    }

    @inline(__always)
    static func widen(_ halves: Halves, into sums: inout Sums) {
      sums.low = vpadalq_s16(sums.low, halves.low)
      sums.high = vpadalq_s16(sums.high, halves.high)
    }

    @inline(__always)
    static func start(_ values: Totals) -> Sums {
      let zero = Totals(repeating: 0)
      return Sums(low: vzip1q_s32(values, zero), high: vzip2q_s32(values, zero))
    }

    @inline(__always)
    static func totals(_ sums: Sums) -> Totals { vpaddq_s32(sums.low, sums.high) }

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

  /// The group that is left of a row with an odd number of groups.
  enum NEONGroupArithmetic: ConvolutionArithmetic {
    typealias Totals = NEONArithmetic.Totals
    typealias Sums = NEONArithmetic.Sums
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
      sums.low = vpadalq_s16(sums.low, vmull_s8(vget_low_s8(weights), vget_low_s8(taps)))
      sums.high = vpadalq_s16(sums.high, vmull_high_s8(weights, taps))
    }

    @inline(__always)
    static func start(_ values: Totals) -> Sums { NEONArithmetic.start(values) }

    @inline(__always)
    static func totals(_ sums: Sums) -> Totals { NEONArithmetic.totals(sums) }
  }

  /// 4 pixels x 8 outputs: 16 of 32 registers hold sums.
  @c @implementation
  public func ferrite_convolve_neon(_ convolution: UnsafePointer<FerriteConvolution>) {
    if unsafe OneChannelConvolution<NEONArithmetic>.applies(to: convolution.pointee) {
      unsafe OneChannelConvolution<NEONArithmetic>(convolution.pointee).run()
    } else {
      unsafe Convolution<NEONArithmetic, 2, 2, 4>(convolution.pointee).run()
    }
  }
#endif
