import CVector

/// Values in another format, sixteen at a time, of pixels that may lie apart. `Object` as in `Sampling`.
@safe
public struct Requantizing<Object> {
  @usableFromInline let task: FerriteRequantization

  @inlinable
  public init(_ task: FerriteRequantization) { unsafe self.task = task }

  @inlinable @inline(__always)
  public func run() {
    switch unsafe (task.isCopy, task.isSigned) {
    case (true, _): copy()
    case (false, true): requantize(Int8.self)
    case (false, false): requantize(UInt8.self)
    }
  }

  @inlinable @inline(__always)
  func copy() {
    overPixels { input, output, lanes in
      if lanes == .one {
        output.store(input.load(UInt8.self))
      } else {
        output.store(lanes, of: UInt8.values(lanes, at: input))
      }
    }
  }

  @inlinable @inline(__always)
  func requantize<Value: ByteValue>(_: Value.Type) {
    let (left, right) = unsafe (task.left, task.right)
    let (least, greatest) = unsafe (task.minimum, task.maximum)
    let half = Int16(truncatingIfNeeded: (Int32(1) &<< Int32(right)) &>> 1)
    overPixels { input, output, lanes in
      if lanes == .one {
        let rounded = ((Value.one(at: input) &<< left) &+ half) &>> right
        output.store(UInt8(truncatingIfNeeded: min(max(rounded, least), greatest)))
      } else {
        let moved = Value.widened(Value.values(lanes, at: input)) &<< SIMD16(repeating: left)
        let rounded = (moved &+ SIMD16(repeating: half)) &>> SIMD16(repeating: right)
        output.store(lanes, of: ferrite_lowBytes(ferrite_clampHalves(rounded, least, greatest)))
      }
    }
  }

  /// Calls `body` with the places of every pixel's values.
  @inlinable @inline(__always)
  func overPixels(_ body: (Bytes, MutableBytes, Lanes) -> Void) {
    let channels = unsafe Int(task.channels)
    var (input, output) = unsafe (Bytes(task.input), MutableBytes(task.output))
    var pixel = 0
    while unsafe pixel < Int(task.pixels) {
      Lanes.cover(channels) { channel, lanes in body(input + channel, output + channel, lanes) }
      input = unsafe input + Int(task.inputStep)
      output = unsafe output + Int(task.outputStep)
      pixel &+= 1
    }
  }
}
