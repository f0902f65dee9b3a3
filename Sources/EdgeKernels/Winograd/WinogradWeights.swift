import CVector

extension Winograd {
  /// The weights of a block of sixteen outputs.
  @inlinable
  func transformWeights(block: Int) {
    let groupsPerRow = 3 &* channels / 4
    let groups = 3 &* groupsPerRow
    var stored = unsafe Bytes(task.weights) + block &* groups &* 8 &* Int(task.weightBits)
    if unsafe task.weightBits != 8 {
      unsafe WeightUnpacking<A>.unpack(stored, bits: Int(task.weightBits), groups: groups, to: workspace)
      stored = workspace.readOnly
    }
    arrangeWeights(stored, groupsPerRow: groupsPerRow)
    for half in 0..<2 {
      var filters = workspace.readOnly + (places.filters &+ half &* 8)
      var to = workspace + (places.weights &+ half &* (T.points &* T.points &* channels &* 16))
      var eight = 0
      while eight < channels / 8 {
        for channel in 0..<8 { transformWeights(filters + channel &* 144, to: to + channel &* 16) }
        filters = filters + 8 &* 144
        to = to + T.points &* T.points &* 128
        eight &+= 1
      }
    }
  }

  /// Filters of sixteen outputs side by side, [channels][9][16], from the file's groups: [16 outputs][4 channels] of a tap.
  @inlinable
  func arrangeWeights(_ groups: Bytes, groupsPerRow: Int) {
    for tap in 0..<9 {
      var group = groups + (tap / 3 &* groupsPerRow &+ tap % 3 &* (channels / 4)) &* 64
      var to = workspace + (places.filters &+ tap &* 16)
      var four = 0
      while four < channels / 4 {
        let weights = ferrite_fourChannels(group.load(SIMD64<Int8>.self))
        to.store(weights.a)
        (to + 144).store(weights.b)
        (to + 288).store(weights.c)
        (to + 432).store(weights.d)
        group = group + 64
        to = to + 576
        four &+= 1
      }
    }
  }

  /// One channel of eight outputs, whose weights lie 16 bytes apart.
  @inlinable @inline(__always)
  func transformWeights(_ filter: Bytes, to weights: MutableBytes) {
    let left = T.filter([tap(filter, 0), tap(filter, 3), tap(filter, 6)])
    let middle = T.filter([tap(filter, 1), tap(filter, 4), tap(filter, 7)])
    let right = T.filter([tap(filter, 2), tap(filter, 5), tap(filter, 8)])
    T.forEachPoint { y in
      let across = T.filter([left[y], middle[y], right[y]])
      T.forEachPoint { x in (weights + (y &* T.points &+ x) &* 128).store(across[x]) }
    }
  }

  @inlinable @inline(__always)
  func tap(_ filter: Bytes, _ index: Int) -> SIMD8<Int16> {
    ferrite_widenSigned8((filter + index &* 16).load(SIMD8<Int8>.self))
  }
}
