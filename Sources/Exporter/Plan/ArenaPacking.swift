import EdgeRuntime

/// Packs blocks of memory so that no two that live at the same time overlap.
///
/// Each block in turn goes to the lowest place that is free while it lives. The smallest arena of three orders is
/// taken: by size, by size times lifetime, by first use.
public struct ArenaPacking: Sendable, Equatable {
  public struct Block: Sendable, Equatable {
    public var bytes: Int
    /// Operations, both included.
    public var live: ClosedRange<Int>

    public init(bytes: Int, live: ClosedRange<Int>) {
      self.bytes = bytes
      self.live = live
    }
  }

  /// One for each block, a multiple of 64.
  public var offsets: [Int]
  public var bytes: Int

  public init(_ blocks: [Block]) {
    let orders: [(Block) -> Int] = [
      { -$0.bytes }, { -$0.bytes * $0.live.count }, { $0.live.lowerBound },
    ]
    let candidates = orders.map { key in
      ArenaPacking(blocks, order: blocks.indices.sorted { (key(blocks[$0]), $0) < (key(blocks[$1]), $1) })
    }
    self = candidates.min { $0.bytes < $1.bytes }!
  }

  private init(_ blocks: [Block], order: [Int]) {
    offsets = Array(repeating: 0, count: blocks.count)
    bytes = 0
    var placed: [Int] = []
    for index in order {
      var offset = 0
      for other in placed.sorted(by: { offsets[$0] < offsets[$1] })
      where blocks[other].live.overlaps(blocks[index].live) {
        if offset + blocks[index].bytes <= offsets[other] { break }
        offset = max(offset, Layout.aligned(offsets[other] + blocks[other].bytes))
      }
      offsets[index] = offset
      bytes = max(bytes, offset + blocks[index].bytes)
      placed.append(index)
    }
  }
}
