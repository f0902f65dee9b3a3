import CVector

/// What a depthwise convolution prepares: filters by tap, and the zero-padded copy of some input rows.
extension Depthwise {
  /// Puts the weights of the task's channels in the order of the taps, a byte for each channel; finds how many of their
  /// products 16 bits hold; takes from each bias what the strip's activations are too low by.
  @inlinable
  func prepareFilters() {
    let (kernelHeight, kernelWidth) = unsafe (Int(task.kernelHeight), Int(task.kernelWidth))
    let groupsPerRow = (kernelWidth &+ 3) / 4
    let groups = kernelHeight &* groupsPerRow
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
      var tap = 0
      for row in 0..<kernelHeight {
        // 255 weights at most: 255 * 127 < 2^15.
        var rowSum = SIMD16<Int16>(repeating: 0)
        for column in 0..<kernelWidth {
          let group = packed + (row &* groupsPerRow &+ column / 4) &* 64
          let bytes = ferrite_signedBytes16(
            group.load(SIMD16<Int32>.self) &>> SIMD16(repeating: 8 &* Int32(column % 4)))
          let weight = ferrite_widenSigned(bytes)
          magnitudes.add(weight, tap: tap)
          rowSum &+= weight
          place(bytes, block: block, tap: tap)
          tap &+= 1
        }
        sum = ferrite_addHalves16(sum, rowSum)
      }
      let offset = flip == 0 ? SIMD16<Int32>(repeating: 0) : sum &<< SIMD16(repeating: 7)
      (biases + block &* 64).store(unsafe (Bytes(task.bias) + block &* 64).load(SIMD16<Int32>.self) &+ offset)
      (depths + block).store(UInt8(truncatingIfNeeded: isThreeByThree ? magnitudes.depthOf3x3 : magnitudes.depth))
      block &+= 1
    }
  }

  /// Stores the weights of a block of 16 channels for one tap, vector by vector.
  @inlinable @inline(__always)
  func place(_ weight: SIMD16<Int8>, block: Int, tap: Int) {
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
  /// Of all taps; right for up to 258.
  @usableFromInline var all = SIMD16<Int16>(repeating: 0)
  /// Of the taps since the last that is a multiple of three.
  @usableFromInline var three = SIMD16<Int16>(repeating: 0)
  /// Every bit that a sum of three in a row has.
  @usableFromInline var ofThree = SIMD16<Int16>(repeating: 0)
  /// Every bit that any magnitude has.
  @usableFromInline var seen = SIMD16<Int16>(repeating: 0)

  @inlinable @inline(__always)
  init() {}

  @inlinable @inline(__always)
  mutating func add(_ weight: SIMD16<Int16>, tap: Int) {
    let magnitude = ferrite_magnitudes(weight)
    seen |= magnitude
    all &+= magnitude
    three = tap % 3 == 0 ? magnitude : three &+ magnitude
    ofThree |= three
  }

  /// 9, 3 or 2: those of a whole 3x3 filter, of each of its rows, or of any two weights.
  @inlinable
  var depthOf3x3: Int {
    if bits(all) <= 255 { return 9 }
    return bits(ofThree) <= 255 ? 3 : 2
  }

  /// 2...255, of any weights in a row.
  @inlinable
  var depth: Int {
    let bits = bits(seen)
    // The least number of all ones that no magnitude exceeds: 1...127.
    var limit = 1
    while limit < bits { limit = 2 &* limit &+ 1 }
    return 255 / limit
  }

  /// Every bit that any of the sums has.
  @inlinable @inline(__always)
  func bits(_ sums: SIMD16<Int16>) -> Int {
    let eight = sums.lowHalf | sums.highHalf
    let four = eight.lowHalf | eight.highHalf
    let two = four.lowHalf | four.highHalf
    return Int(two[0] | two[1])
  }
}
