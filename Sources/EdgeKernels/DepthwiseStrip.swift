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
      var sums = FilterSums()
      var place = weights + block &* 16 &* taps
      for row in 0..<kernelHeight {
        var group = packed + row &* groupsPerRow &* 64
        var left = kernelWidth
        while left > 0 {
          let four = group.load(SIMD64<Int8>.self)
          put(ferrite_firstOfFour(four), &place, &sums)
          if left > 1 { put(ferrite_secondOfFour(four), &place, &sums) }
          if left > 2 { put(ferrite_thirdOfFour(four), &place, &sums) }
          if left > 3 { put(ferrite_fourthOfFour(four), &place, &sums) }
          group = group + 64
          left &-= 4
        }
        sums.endRow()
      }
      let offset = flip == 0 ? SIMD16<Int32>(repeating: 0) : sums.all &<< SIMD16(repeating: 7)
      (biases + block &* 64).store(unsafe (Bytes(task.bias) + block &* 64).load(SIMD16<Int32>.self) &+ offset)
      (depths + block).store(UInt8(truncatingIfNeeded: isThreeByThree ? sums.depthOf3x3 : sums.depth))
      block &+= 1
    }
  }

  /// Stores the weights of a block of 16 channels for one tap, vector by vector, and moves on to the next tap's place.
  @inlinable @inline(__always)
  func put(_ weight: SIMD16<Int8>, _ place: inout MutableBytes, _ sums: inout FilterSums) {
    if A.Totals.scalarCount == 16 {
      place.store(weight)
    } else {
      place.store(weight.lowHalf)
      (place + 8 &* taps).store(weight.highHalf)
    }
    place = place + A.Totals.scalarCount
    sums.add(weight)
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

/// Sums over the weights of 16 filters, row by row, and over their magnitudes: how many products in a row 16 bits hold.
@usableFromInline
struct FilterSums {
  /// Of all rows that have ended.
  @usableFromInline var all = SIMD16<Int32>(repeating: 0)
  /// Of the row. 255 weights at most: 255 * 127 < 2^15.
  @usableFromInline var row = SIMD16<Int16>(repeating: 0)
  @usableFromInline var rowMagnitudes = SIMD16<Int16>(repeating: 0)
  /// Of all rows that have ended; right for up to 258 weights.
  @usableFromInline var magnitudes = SIMD16<Int16>(repeating: 0)
  /// Every bit that the sum of a row's magnitudes has.
  @usableFromInline var ofRows = SIMD16<Int16>(repeating: 0)
  /// Every bit that any magnitude has.
  @usableFromInline var seen = SIMD16<UInt8>(repeating: 0)

  @inlinable @inline(__always)
  init() {}

  @inlinable @inline(__always)
  mutating func add(_ weight: SIMD16<Int8>) {
    let magnitude = ferrite_magnitudes(weight)
    seen |= magnitude
    row = ferrite_addSigned16(row, weight)
    rowMagnitudes = ferrite_addUnsigned16(rowMagnitudes, magnitude)
  }

  @inlinable @inline(__always)
  mutating func endRow() {
    all = ferrite_addHalves16(all, row)
    magnitudes &+= rowMagnitudes
    ofRows |= rowMagnitudes
    row = SIMD16(repeating: 0)
    rowMagnitudes = SIMD16(repeating: 0)
  }

  /// 9, 3 or 2: those of a whole 3x3 filter, of each of its rows, or of any two weights.
  @inlinable
  var depthOf3x3: Int {
    if bits(magnitudes) <= 255 { return 9 }
    return bits(ofRows) <= 255 ? 3 : 2
  }

  /// 2...255, of any weights in a row.
  @inlinable
  var depth: Int {
    let bits = bits(ferrite_widenUnsigned(seen))
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
