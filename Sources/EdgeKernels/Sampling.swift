import CVector

/// An affine grid and sampler, eight output pixels at a time: their places and weights in vectors, then their values, from
/// sixteen channels of a pixel or from eight pixels of a channel.
///
/// `Object` is any type of the object that is compiled for one instruction set: part of each symbol's name, it keeps the
/// linker from merging that object's code with another's.
@safe
public struct Sampling<Object> {
  @usableFromInline let task: FerriteSampling

  @inlinable
  public init(_ task: FerriteSampling) { unsafe self.task = task }

  @inlinable @inline(__always)
  public func run() {
    if unsafe task.isSigned { run(Int8.self) } else { run(UInt8.self) }
  }

  @inlinable @inline(__always)
  func run<Value: SampleValue>(_: Value.Type) {
    let image = unsafe SampledImage<Value>(task)
    if image.channels >= 16 {
      overEights(Value.self) { taps, output, count in image.blendEach(SIMD16<UInt8>.self, taps, to: output, count) }
    } else if image.channels >= 8 {
      overEights(Value.self) { taps, output, count in image.blendEach(SIMD8<UInt8>.self, taps, to: output, count) }
    } else if image.channels == 1 && image.right > 0 {
      overEights(Value.self) { taps, output, count in image.blendPairs(taps, to: output, count) }
    } else {
      overEights(Value.self) { taps, output, count in
        for channel in 0..<image.channels { image.blend(taps, channel: channel, to: output, count) }
      }
    }
  }

  /// Calls `body` with the taps of eight output pixels, where the first of them goes, and how many of them the row has.
  @inlinable @inline(__always)
  func overEights<Value: SampleValue>(
    _: Value.Type, _ body: (_ taps: SamplingTaps, _ output: MutableBytes, _ count: Int) -> Void
  ) {
    var (x, y) = unsafe (SamplingPlaces(task.x), SamplingPlaces(task.y))
    let (height, width) = unsafe (Int32(task.imageHeight), Int32(task.imageWidth))
    let (outputWidth, channels) = unsafe (Int(task.outputWidth), Int(task.channels))
    var output = unsafe MutableBytes(task.output)
    var row = 0
    while unsafe row < Int(task.outputHeight) {
      var left = outputWidth
      while left > 0 {
        let taps = SamplingTaps(
          SamplingPairs(settled(x, size: width), size: width), SamplingPairs(settled(y, size: height), size: height),
          rowBytes: width &* Int32(truncatingIfNeeded: channels), channels: Int32(truncatingIfNeeded: channels),
          negated: Value.weightsAreNegated)
        let count = min(left, 8)
        body(taps, output, count)
        output = output + count &* channels
        left &-= 8
        x.nextEight()
        y.nextEight()
      }
      x.nextRow()
      y.nextRow()
      row &+= 1
    }
  }

  /// Places in 1/128 pixel: brought to the nearest pixel, and into the image, where the task asks for it.
  @inlinable @inline(__always)
  func settled(_ axis: SamplingPlaces, size: Int32) -> SIMD8<Int32> {
    let exact = unsafe axis.places &>> SIMD8(repeating: task.fraction)
    var places = ferrite_saturateWords(exact)
    if unsafe !task.isNearest && !task.isBordered { return places }
    // Far from the ends of 32 bits, and still far outside.
    places = ferrite_minimum8(
      ferrite_maximum8(places, SIMD8(repeating: -1 << 24)), SIMD8(repeating: 1 << 24))
    let offset = unsafe SIMD8(repeating: task.offset)
    places = places &- offset
    if unsafe task.isNearest {
      // Half a pixel goes to the even one.
      let odd = (places &>> SIMD8(repeating: 7)) & SIMD8(repeating: 1)
      places = (places &+ odd &+ SIMD8(repeating: 63)) & SIMD8(repeating: -128)
    }
    if unsafe task.isBordered {
      if axis.axis.period != 0 {
        let period = unsafe Int32(truncatingIfNeeded: axis.axis.period &>> task.fraction)
        let turned = places &+ offset
        places = ferrite_minimum8(turned, SIMD8(repeating: period) &- turned) &- offset
      }
      places = ferrite_minimum8(
        ferrite_maximum8(places, SIMD8(repeating: 0)), SIMD8(repeating: (size &- 1) &<< 7))
    }
    return places
  }
}
