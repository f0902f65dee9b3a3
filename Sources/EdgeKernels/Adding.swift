import CVector

/// The sum of two tensors, sixteen values at a time. `Object` as in `Sampling`.
@safe
public struct Adding<Object> {
  @usableFromInline let task: FerriteAddition

  @inlinable
  public init(_ task: FerriteAddition) { unsafe self.task = task }

  @inlinable @inline(__always)
  public func run() {
    switch unsafe (task.firstIsSigned, task.secondIsSigned) {
    case (true, true): add(Int8.self, Int8.self)
    case (true, false): add(Int8.self, UInt8.self)
    case (false, true): add(UInt8.self, Int8.self)
    case (false, false): add(UInt8.self, UInt8.self)
    }
  }

  @inlinable @inline(__always)
  func add<First: ByteValue, Second: ByteValue>(_: First.Type, _: Second.Type) {
    let count = unsafe Int(task.count)
    let (first, second) = unsafe (Bytes(task.first), Bytes(task.second))
    let output = unsafe MutableBytes(task.output)
    let (firstLeft, secondLeft, shift) = unsafe (task.firstLeft, task.secondLeft, task.shift)
    let (least, greatest) = unsafe (task.minimum, task.maximum)
    let half = (Int16(1) &<< shift) &>> 1
    var index = 0
    while index &+ 16 <= count {
      let sum =
        (First.sixteen(at: first + index) &<< SIMD16(repeating: firstLeft))
        &+ (Second.sixteen(at: second + index) &<< SIMD16(repeating: secondLeft))
      let rounded = (sum &+ SIMD16(repeating: half)) &>> SIMD16(repeating: shift)
      (output + index).store(ferrite_lowBytes(ferrite_clampHalves(rounded, least, greatest)))
      index &+= 16
    }
    while index < count {
      let sum = (First.one(at: first + index) &<< firstLeft) &+ (Second.one(at: second + index) &<< secondLeft)
      (output + index).store(UInt8(truncatingIfNeeded: min(max((sum &+ half) &>> shift, least), greatest)))
      index &+= 1
    }
  }
}
