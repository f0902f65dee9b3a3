import CVector

/// The four pixels around a place, or their weights.
@usableFromInline
struct FourTaps<Vector> {
  @usableFromInline var upperLeft: Vector
  @usableFromInline var upperRight: Vector
  @usableFromInline var lowerLeft: Vector
  @usableFromInline var lowerRight: Vector

  @inlinable @inline(__always)
  init(_ upperLeft: Vector, _ upperRight: Vector, _ lowerLeft: Vector, _ lowerRight: Vector) {
    self.upperLeft = upperLeft
    self.upperRight = upperRight
    self.lowerLeft = lowerLeft
    self.lowerRight = lowerRight
  }
}

/// Bytes of as many values as a sampler blends at once.
@usableFromInline
protocol SampleVector: SIMD, BitwiseCopyable where Scalar == UInt8 {
  associatedtype Halves: SIMD where Halves.Scalar == Int16

  static func blendUnsigned(
    _ taps: FourTaps<Self>, _ weights: FourTaps<Self>, _ factors: Halves, _ minimum: UInt8, _ maximum: UInt8
  ) -> Self
  static func blendSigned(
    _ taps: FourTaps<Self>, _ weights: FourTaps<Self>, _ factors: Halves, _ minimum: Int8, _ maximum: Int8
  ) -> Self
}

extension SIMD8: SampleVector where Scalar == UInt8 {
  @usableFromInline typealias Halves = SIMD8<Int16>

  @inlinable @inline(__always)
  static func blendUnsigned(
    _ taps: FourTaps<Self>, _ weights: FourTaps<Self>, _ factors: SIMD8<Int16>, _ minimum: UInt8, _ maximum: UInt8
  ) -> Self {
    ferrite_blendUnsigned8(
      taps.upperLeft, taps.upperRight, taps.lowerLeft, taps.lowerRight, weights.upperLeft, weights.upperRight,
      weights.lowerLeft, weights.lowerRight, factors, minimum, maximum)
  }

  @inlinable @inline(__always)
  static func blendSigned(
    _ taps: FourTaps<Self>, _ weights: FourTaps<Self>, _ factors: SIMD8<Int16>, _ minimum: Int8, _ maximum: Int8
  ) -> Self {
    ferrite_blendSigned8(
      taps.upperLeft, taps.upperRight, taps.lowerLeft, taps.lowerRight, weights.upperLeft, weights.upperRight,
      weights.lowerLeft, weights.lowerRight, factors, minimum, maximum)
  }
}

extension SIMD16: SampleVector where Scalar == UInt8 {
  @usableFromInline typealias Halves = SIMD16<Int16>

  @inlinable @inline(__always)
  static func blendUnsigned(
    _ taps: FourTaps<Self>, _ weights: FourTaps<Self>, _ factors: SIMD16<Int16>, _ minimum: UInt8, _ maximum: UInt8
  ) -> Self {
    ferrite_blendUnsigned16(
      taps.upperLeft, taps.upperRight, taps.lowerLeft, taps.lowerRight, weights.upperLeft, weights.upperRight,
      weights.lowerLeft, weights.lowerRight, factors, minimum, maximum)
  }

  @inlinable @inline(__always)
  static func blendSigned(
    _ taps: FourTaps<Self>, _ weights: FourTaps<Self>, _ factors: SIMD16<Int16>, _ minimum: Int8, _ maximum: Int8
  ) -> Self {
    ferrite_blendSigned16(
      taps.upperLeft, taps.upperRight, taps.lowerLeft, taps.lowerRight, weights.upperLeft, weights.upperRight,
      weights.lowerLeft, weights.lowerRight, factors, minimum, maximum)
  }
}

/// An 8-bit value that a sampler blends: signed or not, in bytes of either.
@usableFromInline
protocol SampleValue {
  static var weightsAreNegated: Bool { get }
  static func blend<Vector: SampleVector>(
    _ taps: FourTaps<Vector>, _ weights: FourTaps<Vector>, _ factors: Vector.Halves, _ minimum: Int16, _ maximum: Int16
  ) -> Vector
}

extension UInt8: SampleValue {
  @inlinable @inline(__always)
  static var weightsAreNegated: Bool { false }

  @inlinable @inline(__always)
  static func blend<Vector: SampleVector>(
    _ taps: FourTaps<Vector>, _ weights: FourTaps<Vector>, _ factors: Vector.Halves, _ minimum: Int16, _ maximum: Int16
  ) -> Vector {
    Vector.blendUnsigned(
      taps, weights, factors, UInt8(truncatingIfNeeded: minimum), UInt8(truncatingIfNeeded: maximum))
  }
}

extension Int8: SampleValue {
  @inlinable @inline(__always)
  static var weightsAreNegated: Bool { true }

  @inlinable @inline(__always)
  static func blend<Vector: SampleVector>(
    _ taps: FourTaps<Vector>, _ weights: FourTaps<Vector>, _ factors: Vector.Halves, _ minimum: Int16, _ maximum: Int16
  ) -> Vector {
    Vector.blendSigned(taps, weights, factors, Int8(truncatingIfNeeded: minimum), Int8(truncatingIfNeeded: maximum))
  }
}
