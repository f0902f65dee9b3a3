import CVector

/// The product of two tensors, sixteen values at a time. `Object` as in `Sampling`.
@safe
public struct Multiplying<Object> {
  @usableFromInline let task: FerriteMultiplication

  @inlinable
  public init(_ task: FerriteMultiplication) { unsafe self.task = task }

  @inlinable @inline(__always)
  public func run() {
    switch unsafe (task.firstIsSigned, task.secondIsSigned) {
    case (true, true): multiply(Int8.self, Int8.self)
    case (true, false): multiply(Int8.self, UInt8.self)
    case (false, true): multiply(UInt8.self, Int8.self)
    case (false, false): multiply(UInt8.self, UInt8.self)
    }
  }

  @inlinable @inline(__always)
  func multiply<First: ByteValue, Second: ByteValue>(_: First.Type, _: Second.Type) {
    let count = unsafe Int(task.count)
    for run in unsafe 0..<Int(task.runs) {
      let from = unsafe Bytes(task.first) + run &* count
      let factors = unsafe Bytes(task.second) + run &* Int(task.secondStep)
      let output = unsafe MutableBytes(task.output) + run &* count
      if unsafe task.secondIsOne {
        let factor = unsafe Second.one(at: factors) &<< task.secondLeft
        multiply(
          First.self, from, output, count: count, factors: { _ in SIMD16(repeating: factor) }, factor: { _ in factor })
      } else {
        let left = unsafe task.secondLeft
        multiply(
          First.self, from, output, count: count,
          factors: { Second.sixteen(at: factors + $0) &<< SIMD16(repeating: left) },
          factor: { Second.one(at: factors + $0) &<< left })
      }
    }
  }

  /// One run. Where sixteen don't divide it, the last sixteen overlap those before them; a shorter one goes value by value.
  @inlinable @inline(__always)
  func multiply<First: ByteValue>(
    _: First.Type, _ from: Bytes, _ output: MutableBytes, count: Int, factors: (Int) -> SIMD16<Int16>,
    factor: (Int) -> Int16
  ) {
    let left = unsafe task.firstLeft
    let (least, greatest) = unsafe (task.minimum, task.maximum)
    if count < 16 {
      for index in 0..<count {
        let product = Int32(First.one(at: from + index) &<< left) &* Int32(factor(index))
        let rounded = Int16(truncatingIfNeeded: (product &+ 0x4000) &>> 15)
        (output + index).store(UInt8(truncatingIfNeeded: min(max(rounded, least), greatest)))
      }
      return
    }
    var index = 0
    while index < count {
      let place = min(index, count &- 16)
      let values = First.sixteen(at: from + place) &<< SIMD16(repeating: left)
      let rounded = ferrite_roundedProduct(values, factors(place))
      (output + place).store(ferrite_lowBytes(ferrite_clampHalves(rounded, least, greatest)))
      index &+= 16
    }
  }
}
