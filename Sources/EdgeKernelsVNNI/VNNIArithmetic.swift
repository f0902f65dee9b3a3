#if arch(x86_64)
  import CVector
  import EdgeKernels

  /// AVX-512 VNNI: one `vpdpbusd` multiplies a pixel's four taps by those of all 16 outputs of a block.
  enum VNNIArithmetic: ConvolutionArithmetic {
    typealias Totals = SIMD16<Int32>
    typealias Sums = SIMD16<Int32>
    typealias Weights = SIMD16<Int32>
    typealias Taps = SIMD16<Int32>
    typealias Remainder = Self

    @inline(__always)
    static var groupsPerChunk: Int { 1 }

    @inline(__always)
    static func loadWeights(_ bytes: Bytes) -> Weights { bytes.load(Weights.self) }

    @inline(__always)
    static func loadTaps(_ bytes: Bytes) -> Taps { Taps(repeating: bytes.load(Int32.self)) }

    @inline(__always)
    static func multiplyAdd(_ sums: inout Sums, _ weights: Weights, _ taps: Taps) {
      sums = ferrite_dotUnsignedSigned(sums, taps, weights)
    }

    @inline(__always)
    static func start(_ values: Totals) -> Sums { values }

    @inline(__always)
    static func totals(_ sums: Sums) -> Totals { sums }
  }

  /// 12 pixels x 32 outputs: 24 of 32 registers hold sums, and a group's 14 loads feed 24 multiplies.
  @c @implementation
  public func ferrite_convolve_avx512vnni(_ convolution: UnsafePointer<FerriteConvolution>) {
    unsafe Convolution<VNNIArithmetic, 6, 2, 4>(convolution.pointee).run()
  }

  /// Sums of 16 starts that differ, so that none is another's.
  @c @implementation
  public func ferrite_multiply_avx512vnni(_ rounds: Int64, _ start: Int32) -> Int32 {
    let factors = VNNIArithmetic.Taps(repeating: start)
    var sums = InlineArray<16, VNNIArithmetic.Sums>(repeating: factors)
    for index in 0..<16 { sums[index] = VNNIArithmetic.Sums(repeating: Int32(truncatingIfNeeded: index)) }
    var round: Int64 = 0
    while round < rounds {
      for index in 0..<16 { VNNIArithmetic.multiplyAdd(&sums[index], factors, factors) }
      round &+= 1
    }
    var total = sums[0]
    for index in 1..<16 { total = total &+ sums[index] }
    return total[0]
  }
#endif
