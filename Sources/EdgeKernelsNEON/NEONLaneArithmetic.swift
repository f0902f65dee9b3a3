#if arch(arm64)
  import CVector
  import EdgeKernels
  import _Builtin_intrinsics.arm.neon

  /// `smlal` by a lane: four 16-bit products a multiplication.
  extension NEONArithmetic: LaneArithmetic {
    struct Eight: BitwiseCopyable {
      var low: SIMD4<Int32>
      var high: SIMD4<Int32>
    }

    @inline(__always)
    static func eight(_ low: Totals, _ high: Totals) -> Eight { Eight(low: low, high: high) }

    @inline(__always)
    static func low(_ sums: Eight) -> Totals { sums.low }

    @inline(__always)
    static func high(_ sums: Eight) -> Totals { sums.high }

    @inline(__always)
    static func multiplyAdd(_ sums: inout Eight, _ weights: SIMD8<Int16>, _ values: SIMD8<Int16>, lane: Int) {
      // The compiler folds the repetition into the instruction's lane index.
      sums.low = vmlal_s16(sums.low, vget_low_s16(weights), SIMD4(repeating: values[lane]))
      sums.high = vmlal_high_s16(sums.high, weights, SIMD8(repeating: values[lane]))
    }

    @inline(__always)
    static func greater(_ a: Eight, _ b: Eight) -> Eight {
      Eight(low: vmaxq_s32(a.low, b.low), high: vmaxq_s32(a.high, b.high))
    }
  }

  @c @implementation
  public func ferrite_convolve_winograd_neon(_ convolution: UnsafePointer<FerriteConvolution>) {
    if unsafe convolution.pointee.winogradOutputs == 4 {
      unsafe Winograd<NEONArithmetic, WinogradFour>(convolution.pointee).run()
    } else {
      unsafe Winograd<NEONArithmetic, WinogradThree>(convolution.pointee).run()
    }
  }
#endif
