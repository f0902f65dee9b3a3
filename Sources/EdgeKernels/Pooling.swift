import CVector

/// A 2x2 pool of stride 2, sixteen channels at a time. `Object` as in `Sampling`.
@safe
public struct Pooling<Object> {
  @usableFromInline let task: FerritePooling

  @inlinable
  public init(_ task: FerritePooling) { unsafe self.task = task }

  @inlinable @inline(__always)
  public func run() {
    switch unsafe (task.isAverage, task.isSigned) {
    case (true, true): average(Int8.self)
    case (true, false): average(UInt8.self)
    case (false, true): maximum(Int8.self)
    case (false, false): maximum(UInt8.self)
    }
  }

  /// Four values of 8 bits and the rounding half fit 16 bits.
  @inlinable @inline(__always)
  func average<Value: ByteValue>(_: Value.Type) {
    let shift = unsafe task.shift
    let half = (Int16(1) &<< shift) &>> 1
    let (least, greatest) = unsafe (task.minimum, task.maximum)
    overWindows { window, output, sixteen in
      if sixteen {
        let sum =
          Value.sixteen(at: window.upperLeft) &+ Value.sixteen(at: window.upperRight)
          &+ Value.sixteen(at: window.lowerLeft) &+ Value.sixteen(at: window.lowerRight)
        let mean = (sum &+ SIMD16(repeating: half)) &>> SIMD16(repeating: shift)
        output.store(ferrite_lowBytes(ferrite_clampHalves(mean, least, greatest)))
      } else {
        let sum =
          Value.one(at: window.upperLeft) &+ Value.one(at: window.upperRight)
          &+ Value.one(at: window.lowerLeft) &+ Value.one(at: window.lowerRight)
        output.store(UInt8(truncatingIfNeeded: min(max((sum &+ half) &>> shift, least), greatest)))
      }
    }
  }

  @inlinable @inline(__always)
  func maximum<Value: ByteValue>(_: Value.Type) {
    let (least, greatest) = unsafe (task.minimum, task.maximum)
    overWindows { window, output, sixteen in
      if sixteen {
        let upper = ferrite_maximumHalves(
          Value.sixteen(at: window.upperLeft), Value.sixteen(at: window.upperRight))
        let lower = ferrite_maximumHalves(
          Value.sixteen(at: window.lowerLeft), Value.sixteen(at: window.lowerRight))
        output.store(ferrite_lowBytes(ferrite_clampHalves(ferrite_maximumHalves(upper, lower), least, greatest)))
      } else {
        let upper = max(Value.one(at: window.upperLeft), Value.one(at: window.upperRight))
        let lower = max(Value.one(at: window.lowerLeft), Value.one(at: window.lowerRight))
        output.store(UInt8(truncatingIfNeeded: min(max(max(upper, lower), least), greatest)))
      }
    }
  }

  /// The same channel of four pixels.
  @usableFromInline
  struct Window {
    @usableFromInline let upperLeft: Bytes
    @usableFromInline let upperRight: Bytes
    @usableFromInline let lowerLeft: Bytes
    @usableFromInline let lowerRight: Bytes

    @inlinable @inline(__always)
    init(_ upperLeft: Bytes, right: Int, below: Int) {
      self.upperLeft = upperLeft
      upperRight = upperLeft + right
      lowerLeft = upperLeft + below
      lowerRight = upperLeft + (below &+ right)
    }
  }

  /// Calls `body` for every output window: sixteen channels from its place on, or the one there.
  @inlinable @inline(__always)
  func overWindows(_ body: (Window, MutableBytes, _ sixteen: Bool) -> Void) {
    let channels = unsafe Int(task.channels)
    let rowBytes = unsafe Int(task.inputWidth) &* channels
    var output = unsafe MutableBytes(task.output)
    var row = 0
    while unsafe row < Int(task.outputHeight) {
      var window = unsafe Bytes(task.input) + row &* 2 &* rowBytes
      var column = 0
      while unsafe column < Int(task.outputWidth) {
        var channel = 0
        while channel &+ 16 <= channels {
          body(Window(window + channel, right: channels, below: rowBytes), output + channel, true)
          channel &+= 16
        }
        while channel < channels {
          body(Window(window + channel, right: channels, below: rowBytes), output + channel, false)
          channel &+= 1
        }
        window = window + 2 &* channels
        output = output + channels
        column &+= 1
      }
      row &+= 1
    }
  }
}
