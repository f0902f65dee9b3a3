import CHeap
import Foundation
import Testing

@Suite struct HeapCallsTests {
  /// A block that the optimiser can't see through, so that it leaves `malloc` and `free` in place.
  @inline(never) private func block() -> UnsafeMutableRawPointer? { unsafe malloc(64) }

  @Test func anAllocationIsCounted() {
    let before = heap_calls()
    unsafe free(block())
    #expect(heap_calls() > before)
  }

  @Test func swiftsOwnAllocationsAreCounted() {
    let before = heap_calls()
    let numbers = (0..<100).map { Int.random(in: 0...$0) }
    #expect(numbers.count == 100)
    #expect(heap_calls() > before)
  }
}
