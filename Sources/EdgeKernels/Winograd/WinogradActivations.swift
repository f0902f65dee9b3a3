import CVector

extension Winograd {
  /// Copies the input rows under a strip that starts at an output row, with zeros around them; all of its tiles are filled.
  @inlinable
  func fillStrip(firstRow: Int) {
    let top = unsafe firstRow &* pooled &- Int(task.paddingTop)
    let rowBytes = (columns &+ 2) &* channels
    let left = unsafe min(Int(task.paddingLeft) &* channels, rowBytes)
    let inputBytes = unsafe Int(task.inputWidth) &* channels
    let inside = min(inputBytes, rowBytes &- left)
    for row in 0..<tilesDown &* T.outputs &+ 2 {
      let line = workspace + (places.strip &+ row &* rowBytes)
      let y = top &+ row
      if unsafe y < 0 || y >= Int(task.inputHeight) {
        fill(line, count: rowBytes)
      } else {
        fill(line, count: left)
        unsafe A.convert(
          Bytes(task.input) + y &* inputBytes, to: line + left, count: inside, isSigned: task.inputIsSigned,
          flip: task.inputFlip)
        fill(line + (left &+ inside), count: rowBytes &- left &- inside)
      }
    }
  }

  /// What stands for zero in the strip.
  @inlinable
  func fill(_ memory: MutableBytes, count: Int) {
    for byte in 0..<count { (memory + byte).store(unsafe task.inputFlip) }
  }

  /// The strip's tiles, eight channels at a time.
  @inlinable
  func transformActivations() {
    let rowBytes = (columns &+ 2) &* channels
    var tile = 0
    for y in 0..<tilesDown {
      for x in 0..<tilesAcross {
        let corner = workspace.readOnly + (places.strip &+ y &* T.outputs &* rowBytes &+ x &* T.outputs &* channels)
        var eight = 0
        while eight < channels / 8 {
          let to = workspace + (places.values &+ (eight &* tiles &+ tile) &* (T.points &* T.points &* 16))
          transformActivations(corner + eight &* 8, rowBytes: rowBytes, to: to)
          eight &+= 1
        }
        tile &+= 1
      }
    }
  }

  @inlinable @inline(__always)
  func transformActivations(_ corner: Bytes, rowBytes: Int, to values: MutableBytes) {
    var across = InlineArray<6, InlineArray<6, SIMD8<Int16>>>(repeating: transformRow(corner))
    T.forEachPoint { y in across[y] = transformRow(corner + y &* rowBytes) }
    T.forEachPoint { x in
      let down = T.values([across[0][x], across[1][x], across[2][x], across[3][x], across[4][x], across[5][x]])
      T.forEachPoint { y in (values + (y &* T.points &+ x) &* 16).store(down[y]) }
    }
  }

  @inlinable @inline(__always)
  func transformRow(_ row: Bytes) -> InlineArray<6, SIMD8<Int16>> {
    var activations = InlineArray<6, SIMD8<Int16>>(repeating: ferrite_widenSigned8(row.load(SIMD8<Int8>.self)))
    for x in 1..<T.points {
      activations[x] = ferrite_widenSigned8((row + x &* channels).load(SIMD8<Int8>.self))
    }
    return T.values(activations)
  }
}
