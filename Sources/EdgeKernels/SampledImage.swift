import CVector

/// The image that a sampler reads, and the range of its outputs: what the loops over pixels and channels need, once.
@safe
@usableFromInline
struct SampledImage<Value: SampleValue> {
  @usableFromInline let bytes: Bytes
  @usableFromInline let channels: Int
  /// Bytes from a pixel to its right and lower neighbour; 0 where the image has only one column or row.
  @usableFromInline let right: Int
  @usableFromInline let below: Int
  @usableFromInline let minimum: Int16
  @usableFromInline let maximum: Int16

  @inlinable @inline(__always)
  init(_ task: FerriteSampling) {
    bytes = unsafe Bytes(task.image)
    channels = unsafe Int(task.channels)
    right = unsafe task.imageWidth > 1 ? Int(task.channels) : 0
    below = unsafe task.imageHeight > 1 ? Int(task.imageWidth) &* Int(task.channels) : 0
    (minimum, maximum) = unsafe (task.minimum, task.maximum)
  }
}

// MARK: - Channels of a pixel

extension SampledImage {
  /// Each of `count` pixels, as many channels at once as a vector holds; the image has that many at least.
  @inlinable @inline(__always)
  func blendEach<Vector: SampleVector>(
    _: Vector.Type, _ taps: SamplingTaps, to output: MutableBytes, _ count: Int
  ) {
    var output = output
    // In memory, where a loop finds its pixel's.
    var memory = (
      taps.offsets,
      ferrite_interleave(
        taps.weights.upperLeft, taps.weights.upperRight, taps.weights.lowerLeft, taps.weights.lowerRight),
      taps.factors
    )
    unsafe withUnsafeBytes(of: &memory) { memory in
      guard let base = memory.baseAddress else { return }
      let taps = unsafe Bytes(base)
      var pixel = 0
      while pixel < count {
        let weights = (taps + (32 &+ pixel &* 4)).load(SIMD4<UInt8>.self)
        blendChannels(
          FourTaps(
            Vector(repeating: weights[0]), Vector(repeating: weights[1]), Vector(repeating: weights[2]),
            Vector(repeating: weights[3])),
          Vector.Halves(repeating: (taps + (64 &+ pixel &* 2)).load(Int16.self)),
          from: bytes + Int((taps + pixel &* 4).load(Int32.self)), to: output)
        output = output + channels
        pixel &+= 1
      }
    }
  }

  /// All channels of a pixel. The last vector may repeat some channels of the one before.
  @inlinable @inline(__always)
  func blendChannels<Vector: SampleVector>(
    _ weights: FourTaps<Vector>, _ factors: Vector.Halves, from upperLeft: Bytes, to output: MutableBytes
  ) {
    let last = channels &- Vector.scalarCount
    var channel = 0
    while true {
      let taps = upperLeft + channel
      let values = FourTaps(
        taps.load(Vector.self), (taps + right).load(Vector.self), (taps + below).load(Vector.self),
        (taps + (below &+ right)).load(Vector.self))
      (output + channel).store(Value.blend(values, weights, factors, minimum, maximum))
      if channel == last { break }
      channel = min(channel &+ Vector.scalarCount, last)
    }
  }
}

// MARK: - Pixels of a channel

extension SampledImage {
  /// Eight pixels of the only channel, whose left and right taps are neighbouring bytes.
  @inlinable @inline(__always)
  func blendPairs(_ taps: SamplingTaps, to output: MutableBytes, _ count: Int) {
    let lowerRow = bytes + below
    var (upper, lower) = (SIMD8<UInt16>(), SIMD8<UInt16>())
    for pixel in 0..<8 {
      let offset = Int(taps.offsets[pixel])
      upper[pixel] = (bytes + offset).load(UInt16.self)
      lower[pixel] = (lowerRow + offset).load(UInt16.self)
    }
    let values = FourTaps(
      ferrite_firstBytes(upper), ferrite_secondBytes(upper), ferrite_firstBytes(lower), ferrite_secondBytes(lower))
    let blended = Value.blend(values, taps.weights, taps.factors, minimum, maximum)
    if count == 8 {
      output.store(blended)
    } else {
      for pixel in 0..<count { (output + pixel).store(blended[pixel]) }
    }
  }

  /// Eight pixels of one of several channels.
  @inlinable @inline(__always)
  func blend(_ taps: SamplingTaps, channel: Int, to output: MutableBytes, _ count: Int) {
    var values = FourTaps(SIMD8<UInt8>(), SIMD8<UInt8>(), SIMD8<UInt8>(), SIMD8<UInt8>())
    for pixel in 0..<8 {
      let upperLeft = bytes + (Int(taps.offsets[pixel]) &+ channel)
      values.upperLeft[pixel] = upperLeft.load(UInt8.self)
      values.upperRight[pixel] = (upperLeft + right).load(UInt8.self)
      values.lowerLeft[pixel] = (upperLeft + below).load(UInt8.self)
      values.lowerRight[pixel] = (upperLeft + (below &+ right)).load(UInt8.self)
    }
    let blended = Value.blend(values, taps.weights, taps.factors, minimum, maximum)
    for pixel in 0..<count { (output + (pixel &* channels &+ channel)).store(blended[pixel]) }
  }
}
