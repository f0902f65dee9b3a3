import CVector

extension Winograd {
  /// The sums of products over all channels, of eight outputs, at every point of every tile.
  @inlinable
  func multiply(half: Int) {
    let points = T.points &* T.points
    for point in 0..<points {
      let values = workspace.readOnly + (places.values &+ point &* 16)
      let weights =
        workspace.readOnly + (places.weights &+ half &* (points &* channels &* 16) &+ point &* 128)
      let products = workspace + (places.products &+ point &* 32)
      var tile = 0
      while tile &+ 9 <= tiles {
        multiply(TileCount<9>.self, values, weights, to: products, tile: tile)
        tile &+= 9
      }
      while tile &+ 4 <= tiles {
        multiply(TileCount<4>.self, values, weights, to: products, tile: tile)
        tile &+= 4
      }
      while tile < tiles {
        multiply(TileCount<1>.self, values, weights, to: products, tile: tile)
        tile &+= 1
      }
    }
  }

  /// The sums of `count` neighbouring tiles from `tile` on, held in registers.
  @inlinable @inline(__always)
  func multiply<let count: Int>(
    _: TileCount<count>.Type, _ values: Bytes, _ weights: Bytes, to products: MutableBytes, tile first: Int
  ) {
    let points = T.points &* T.points
    var sums = InlineArray<count, A.Eight>(repeating: A.zeroEight)
    var weights = weights
    var values = values + first &* (points &* 16)
    var eight = 0
    while eight < channels / 8 {
      var taken = InlineArray<count, SIMD8<Int16>>(repeating: values.load(SIMD8<Int16>.self))
      for tile in 1..<max(1, count) { taken[tile] = (values + tile &* (points &* 16)).load(SIMD8<Int16>.self) }
      // Written out, so that every lane is a constant.
      addChannel(&sums, weights, taken, lane: 0)
      addChannel(&sums, weights, taken, lane: 1)
      addChannel(&sums, weights, taken, lane: 2)
      addChannel(&sums, weights, taken, lane: 3)
      addChannel(&sums, weights, taken, lane: 4)
      addChannel(&sums, weights, taken, lane: 5)
      addChannel(&sums, weights, taken, lane: 6)
      addChannel(&sums, weights, taken, lane: 7)
      values = values + tiles &* (points &* 16)
      weights = weights + points &* 128
      eight &+= 1
    }
    for tile in 0..<count { (products + (first &+ tile) &* (points &* 32)).store(sums[tile]) }
  }

  /// The products of one channel: lane `lane` of each tile's values.
  @inlinable @inline(__always)
  func addChannel<let count: Int>(
    _ sums: inout InlineArray<count, A.Eight>, _ weights: Bytes, _ values: InlineArray<count, SIMD8<Int16>>, lane: Int
  ) {
    let weight = (weights + lane &* 16).load(SIMD8<Int16>.self)
    for tile in 0..<count { A.multiplyAdd(&sums[tile], weight, values[tile], lane: lane) }
  }
}

/// A number of tiles as a type, to be passed to generic functions.
@usableFromInline
enum TileCount<let count: Int> {}
