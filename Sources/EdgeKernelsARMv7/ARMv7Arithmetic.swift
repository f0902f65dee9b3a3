#if arch(arm)
  import CVector
  import EdgeKernels
  import _Builtin_intrinsics.arm.neon

  /// NEON of 32-bit ARM, which has half the registers of the 64-bit one and no instructions across whole registers: two groups are
  /// multiplied into 16-bit lanes, which are then added pairwise to 32-bit sums.
  ///
  /// 16 bits hold both products, as weights are symmetric: 2 * 128 * 127 = 32512.
  enum ARMv7Arithmetic: ConvolutionArithmetic {
    /// Lanes 2i and 2i+1 together are an output: two outputs in each half.
    struct Sums {
      var low: SIMD4<Int32>
      var high: SIMD4<Int32>
    }
    /// Two outputs in each half of a group.
    struct Weights {
      var first: (low: SIMD8<Int8>, high: SIMD8<Int8>)
      var second: (low: SIMD8<Int8>, high: SIMD8<Int8>)
    }
    struct Taps {
      var first: SIMD8<Int8>
      var second: SIMD8<Int8>
    }
    typealias Totals = SIMD4<Int32>
    typealias Remainder = ARMv7GroupArithmetic

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

    /// Each value beside a zero.
    @inline(__always)
    static func start(_ values: Totals) -> Sums {
      Sums(low: ferrite_besideZeros(values.lowHalf), high: ferrite_besideZeros(values.highHalf))
    }

    @inline(__always)
    static func totals(_ sums: Sums) -> Totals {
      Totals(
        lowHalf: vpadd_s32(sums.low.lowHalf, sums.low.highHalf),
        highHalf: vpadd_s32(sums.high.lowHalf, sums.high.highHalf))
    }

    @inline(__always)
    static func shiftRightRounding(_ totals: Totals, by shift: Totals) -> Totals { vrshlq_s32(totals, 0 &- shift) }
  }

  /// The group that is left of a row with an odd number of groups.
  enum ARMv7GroupArithmetic: ConvolutionArithmetic {
    typealias Totals = ARMv7Arithmetic.Totals
    typealias Sums = ARMv7Arithmetic.Sums
    typealias Weights = (low: SIMD8<Int8>, high: SIMD8<Int8>)
    typealias Taps = SIMD8<Int8>
    typealias Remainder = Self

    @inline(__always)
    static var groupsPerChunk: Int { 1 }

    @inline(__always)
    static func loadWeights(_ bytes: Bytes) -> Weights {
      (bytes.load(SIMD8<Int8>.self), (bytes + 8).load(SIMD8<Int8>.self))
    }

    @inline(__always)
    static func loadTaps(_ bytes: Bytes) -> Taps { vreinterpret_s8_s32(SIMD2(repeating: bytes.load(Int32.self))) }

    @inline(__always)
    static func multiplyAdd(_ sums: inout Sums, _ weights: Weights, _ taps: Taps) {
      sums.low = vpadalq_s16(sums.low, vmull_s8(weights.low, taps))
      sums.high = vpadalq_s16(sums.high, vmull_s8(weights.high, taps))
    }

    @inline(__always)
    static func start(_ values: Totals) -> Sums { ARMv7Arithmetic.start(values) }

    @inline(__always)
    static func totals(_ sums: Sums) -> Totals { ARMv7Arithmetic.totals(sums) }
  }

  /// 4 pixels x 4 outputs: 8 of 16 registers hold sums.
  @c @implementation
  public func ferrite_convolve_neon(_ convolution: UnsafePointer<FerriteConvolution>) {
    unsafe Convolution<ARMv7Arithmetic, 2, 1, 2>(convolution.pointee).run()
  }
#endif
