/// Inputs beside the image: raw values of their formats.
extension Session {
  /// 1...16; the image is the first.
  public var inputCount: Int { view.inputCount }

  /// The tensor of an input, which has its shape and its format: a number is `raw * 2^-fraction`.
  public func input(_ index: Int) -> TensorRecord { view.input(index) }

  /// Sets an input for the next frame; the frame after that needs it again, since its memory is used for other things meanwhile. Results of the
  /// frame before are gone: the input may lie where an output did.
  ///
  /// - Parameters:
  ///   - values: raw values in height x width x channels order; those outside the input's format are saturated to it.
  ///   - index: of an input beside the image, 1..<inputCount.
  /// - Throws: `SessionError.wrongInputSize`.
  public mutating func set(_ values: Span<Int32>, ofInput index: Int) throws(SessionError) {
    precondition(index >= 1 && index < inputCount, "an input beside the image")
    let record = view.input(index)
    guard values.count == record.count else { throw .wrongInputSize }
    for element in 0..<record.count { store(values[element], element, record) }
    missingInputs &= ~(1 << UInt32(index))
  }

  /// Runs one frame of all inputs.
  ///
  /// - Parameter frame: `ModelFile.frameBytes` bytes: 8-bit pixels, then the other inputs' raw values, little-endian.
  public mutating func run(frame: UnsafeRawBufferPointer) throws(SessionError) {
    unsafe try begin(frame: frame)
    for index in 0..<view.operationCount { step(index) }
  }

  /// Starts one frame of all inputs, given as to `run(frame:)`. Values outside an input's format are saturated to it.
  public mutating func begin(frame: UnsafeRawBufferPointer) throws(SessionError) {
    guard let base = frame.baseAddress, frame.count == view.frameBytes else { throw .wrongFrameSize }
    var start = view.input(0).count
    for index in 1..<inputCount {
      let record = view.input(index)
      for element in 0..<record.count {
        // Inside the frame, whose bytes are those of all inputs.
        store(unsafe Self.value(base, start &+ element &* record.format.elementBytes, record.format), element, record)
      }
      start += record.bytes
    }
    missingInputs = 0
    unsafe try begin(pixels: UnsafeRawBufferPointer(start: base, count: view.input(0).count))
  }

  private func store(_ value: Int32, _ element: Int, _ record: TensorRecord) {
    // 16 bits at most: both ends fit.
    let (least, greatest) = (Int32(record.format.minimumRaw), Int32(record.format.maximumRaw))
    // The loader has checked that the tensor lies in the arena.
    unsafe (arena + record.arenaOffset).setElement(element, min(max(value, least), greatest), record.format)
  }

  /// The raw value at some byte, at a multiple of nothing.
  private static func value(_ base: UnsafeRawPointer, _ offset: Int, _ format: FixedFormat) -> Int32 {
    let low = unsafe Int32(base.load(fromByteOffset: offset, as: UInt8.self))
    if format.elementBytes == 1 { return format.isSigned ? Int32(Int8(truncatingIfNeeded: low)) : low }
    let bits = unsafe low | Int32(base.load(fromByteOffset: offset &+ 1, as: UInt8.self)) << 8
    return format.isSigned ? Int32(Int16(truncatingIfNeeded: bits)) : bits
  }
}

extension ModelView {
  /// Bit i for each input i beside the image.
  var otherInputs: UInt32 { (1 << UInt32(inputCount)) &- 2 }
}
