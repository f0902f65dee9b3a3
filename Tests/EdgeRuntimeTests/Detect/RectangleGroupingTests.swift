import EdgeRuntime
import Testing

@Suite("Grouping of rectangles") struct RectangleGroupingTests {
  @Test("takes those whose sides differ by a tenth of two extents for alike, and no others")
  func tolerance() {
    // Of 20 x 20 pixels: 4 are a tenth of 40.
    let four = [box(0, 0, 20), box(4, 0, 20), box(0, 4, 20), box(4, 4, 20)]
    #expect(grouped(four, neighbours: 3) == [Detection(x: 2, y: 2, width: 20, height: 20, neighbours: 4)])
    #expect(grouped([box(0, 0, 20), box(5, 0, 20)], neighbours: 1) == [])
    // The other side counts too: 24 wide from the same corner is alike, 25 is not.
    #expect(grouped([box(0, 0, 20), box(0, 0, 24)], neighbours: 1).count == 1)
    #expect(grouped([box(0, 0, 20), box(0, 0, 25)], neighbours: 1) == [])
  }

  @Test("joins what is alike through others")
  func chains() {
    // Each is alike to the next alone, in an order that joins two parts late.
    let boxes = [0, 8, 16, 4, 12].map { box(Int32($0), 0, 20) }
    #expect(grouped(boxes, neighbours: 2) == [Detection(x: 8, y: 0, width: 20, height: 20, neighbours: 5)])
  }

  @Test("needs more than so many neighbours")
  func least() {
    let boxes = [box(0, 0, 20), box(1, 0, 20), box(2, 0, 20)]
    #expect(grouped(boxes, neighbours: 2).count == 1)
    #expect(grouped(boxes, neighbours: 3) == [])
    #expect(grouped(boxes, neighbours: 0) == boxes)
    #expect(grouped([], neighbours: 3) == [])
  }

  @Test("rounds means half to even")
  func means() {
    #expect(
      grouped([box(0, 1, 20), box(1, 2, 20)], neighbours: 1) == [
        Detection(x: 0, y: 2, width: 20, height: 20, neighbours: 2)
      ])
  }

  @Test("drops a group that lies within a better one, but not one as good")
  func nesting() {
    let outer = [Detection](repeating: box(100, 100, 100), count: 5)
    let inner = [Detection](repeating: box(130, 130, 40), count: 4)
    #expect(grouped(outer + inner, neighbours: 2).map(\.width) == [100])
    #expect(grouped(outer + inner + [box(130, 130, 40)], neighbours: 2).map(\.width) == [100, 40])
    // Within a fifth of its size outside of it, still; beyond, not.
    let beside = [Detection](repeating: box(80, 180, 40), count: 4)
    #expect(grouped(outer + beside, neighbours: 2).map(\.width) == [100])
    let away = [Detection](repeating: box(79, 180, 40), count: 4)
    #expect(grouped(outer + away, neighbours: 2).map(\.width) == [100, 40])
    // A fifth of 43 is 8.6: to the nearest, 9.
    let odd = [Detection](repeating: box(100, 100, 43), count: 5)
    for (x, widths) in [(Int32(91), [43]), (90, [43, 20])] {
      let near = [Detection](repeating: box(x, 110, 20), count: 4)
      #expect(grouped(odd + near, neighbours: 2).map(\.width) == widths.map { Int32($0) })
    }
    // Fewer than three give way to any other.
    let pair = [Detection](repeating: box(130, 130, 40), count: 2)
    #expect(grouped([box(100, 100, 100), box(100, 100, 100)] + pair, neighbours: 1).map(\.width) == [100])
  }

  private func box(_ x: Int32, _ y: Int32, _ side: Int32) -> Detection {
    Detection(x: x, y: y, width: side, height: side)
  }

  private func grouped(_ boxes: [Detection], neighbours: Int) -> [Detection] {
    let rectangles = Memory(boxes + [box(9999, 0, 1)])
    let memory = Memory([UInt8](repeating: 0, count: RectangleGrouping.memoryBytes(capacity: boxes.count)))
    let grouping = unsafe RectangleGrouping(capacity: boxes.count, unsafeMemory: memory.pointer)
    let count = unsafe grouping.group(unsafe: rectangles.pointer, count: boxes.count, neighbours: neighbours)
    #expect(rectangles.elements.last == box(9999, 0, 1))
    return Array(rectangles.elements[..<count])
  }
}
