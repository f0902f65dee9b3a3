import CHeap
import Foundation
import Testing

@Suite struct HeapCallsTests {
  @Test func anAllocationIsCounted() {
    let before = heap_calls()
    let block = unsafe malloc(64)
    unsafe free(block)
    #expect(heap_calls() > before)
  }

  @Test func swiftsOwnAllocationsAreCounted() {
    let before = heap_calls()
    let numbers = (0..<100).map { Int.random(in: 0...$0) }
    #expect(numbers.count == 100)
    #expect(heap_calls() > before)
  }
}
