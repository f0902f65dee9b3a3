import CVector

/// What a depthwise convolution prepares: filters by tap, and the zero-padded copy of some input rows.
extension Depthwise {
  /// Puts the weights of the task's channels in the order of the taps, a byte for each channel; finds how many of their
  /// products 16 bits hold; takes from each bias what the strip's activations are too low by.
  @inlinable
  func prepareFilters() {
    let groupsPerRow = unsafe (Int(task.kernelWidth) &+ 3) / 4
    let groups = unsafe Int(task.kernelHeight) &* groupsPerRow
    let bits = unsafe Int(task.weightBits)
    var block = unsafe Int(task.firstBlock)
    while unsafe block < Int(task.endBlock) {
      var packed = unsafe Bytes(task.weights) + block &* groups &* 8 &* bits
      if bits != 8 {
        WeightUnpacking<A>.unpack(packed, bits: bits, groups: groups, to: unpacked)
        packed = unpacked.readOnly
      }
      var magnitudes = FilterMagnitudes()
      var sum = SIMD16<Int32>(repeating: 0)
      for tap in 0..<taps {
        let (row, column) = unsafe (tap / Int(task.kernelWidth), tap % Int(task.kernelWidth))
        let group = packed + (row &* groupsPerRow &+ column / 4) &* 64
        let weight =
          (group.load(SIMD16<Int32>.self) &<< SIMD16(repeating: 24 &- 8 &* Int32(column % 4)))
          &>> SIMD16(repeating: 24)
        magnitudes.add(weight, tap: tap)
        sum &+= weight
        place(ferrite_bytes16(weight), block: block, tap: tap)
      }
      let offset = flip == 0 ? SIMD16<Int32>(repeating: 0) : sum &<< SIMD16(repeating: 7)
      (biases + block &* 64).store(unsafe (Bytes(task.bias) + block &* 64).load(SIMD16<Int32>.self) &+ offset)
      (depths + block).store(UInt8(truncatingIfNeeded: isThreeByThree ? magnitudes.depthOf3x3 : magnitudes.depth))
      block &+= 1
    }
  }

  /// Stores the weights of a block of 16 channels for one tap, vector by vector.
  @inlinable @inline(__always)
  func place(_ weight: SIMD16<UInt8>, block: Int, tap: Int) {
    let start = weights + block &* 16 &* taps
    if A.Totals.scalarCount == 16 {
      (start + tap &* 16).store(weight)
    } else {
      (start + tap &* 8).store(weight.lowHalf)
      (start + (taps &+ tap) &* 8).store(weight.highHalf)
    }
  }

  /// Copies the input rows under `rows` output rows from `firstRow` on, with zeros around them, as signed bytes.
  @inlinable
  func fillStrip(firstRow: Int, rows: Int) {
    let pooled = unsafe task.hasMaxPool ? 2 : 1
    let top = unsafe firstRow &* pooled &* Int(task.strideHeight) &- Int(task.paddingTop)
    let count =
      unsafe (rows &* pooled &- 1) &* Int(task.strideHeight)
      &+ (Int(task.kernelHeight) &- 1) &* Int(task.dilationHeight) &+ 1
    let left = unsafe min(Int(task.paddingLeft) &* channels, rowStep)
    let inside = unsafe min(Int(task.inputWidth) &* channels, rowStep &- left)
    for row in 0..<count {
      let line = strip + row &* rowStep
      let y = top &+ row
      if unsafe y < 0 || y >= Int(task.inputHeight) {
        fillZeros(line, count: rowStep)
      } else {
        let source = unsafe Bytes(task.input) + y &* Int(task.inputWidth) &* channels
        fillZeros(line, count: left)
        for byte in 0..<inside { (line + (left &+ byte)).store((source + byte).load(UInt8.self) ^ flip) }
        fillZeros(line + (left &+ inside), count: rowStep &- left &- inside)
      }
    }
  }

  /// The value that stands for zero in the strip.
  @inlinable @inline(__always)
  func fillZeros(_ memory: MutableBytes, count: Int) {
    for byte in 0..<count { (memory + byte).store(flip) }
  }
}

/// The magnitudes of the weights of 16 filters, from which follows how many products in a row 16 bits hold.
@usableFromInline
struct FilterMagnitudes {
  @usableFromInline var all = SIMD16<Int32>(repeating: 0)
  @usableFromInline var three = SIMD16<Int32>(repeating: 0)
  /// Bits above 255 of the sums of three in a row.
  @usableFromInline var excess = SIMD16<Int32>(repeating: 0)
  /// Every bit that any magnitude has.
  @usableFromInline var seen = SIMD16<Int32>(repeating: 0)

  @inlinable @inline(__always)
  init() {}

  @inlinable @inline(__always)
  mutating func add(_ weight: SIMD16<Int32>, tap: Int) {
    let sign = weight &>> SIMD16(repeating: 31)
    let magnitude = (weight ^ sign) &- sign
    seen |= magnitude
    all &+= magnitude
    three = tap % 3 == 0 ? magnitude : three &+ magnitude
    excess |= three &>> SIMD16(repeating: 8)
  }

  /// 9, 3 or 2: those of a whole 3x3 filter, of each of its rows, or of any two weights.
  @inlinable
  var depthOf3x3: Int {
    if (all &>> SIMD16(repeating: 8)).wrappedSum() == 0 { return 9 }
    return excess.wrappedSum() == 0 ? 3 : 2
  }

  /// 2...255, of any weights in a row.
  @inlinable
  var depth: Int {
    var bits: Int32 = 1
    for lane in 0..<16 { bits |= seen[lane] }
    // The least number of all ones that no magnitude exceeds: 1...127.
    var limit = 1
    while limit < bits { limit = 2 &* limit &+ 1 }
    return 255 / limit
  }
}
