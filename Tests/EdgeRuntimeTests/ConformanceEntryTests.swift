import EdgeRuntime
import Testing

/// The entries that programs in C have: what Tests/Device/*.c call on emulated boards.
@Suite struct ConformanceEntryTests {
  @Test func kernelsAreCheckedBySeeds() {
    let memory = Memory([UInt8](repeating: 0, count: KernelConformance.memoryBytes))
    var digest: UInt64 = 0
    // Convolutions that need more memory are left out.
    #expect((160...180).contains(unsafe checkKernels(0, 20, memory.bytes.baseAddress!, &digest)) && digest != 0)
    #expect(unsafe checkKernels(200, 20, memory.bytes.baseAddress!, &digest) == .min)
    withExtendedLifetime(memory) {}
  }

  @Test func networksAreCheckedInTheMemoryThatTheyAskFor() {
    let bytes = Memory(TinyModel().bytes)
    let memory = Memory([UInt8](repeating: 0, count: 1 << 16))
    var found: [Int64] = [0, 0, 0, 0]
    func check(_ set: UInt8, threads: Int32, memoryBytes: Int, fileBytes: Int? = nil) -> Int32 {
      unsafe checkNetwork(
        bytes.bytes.baseAddress!, Int64(fileBytes ?? bytes.count), set, threads, memory.bytes.baseAddress!,
        Int64(memoryBytes), &found)
    }
    #expect(check(0, threads: 2, memoryBytes: 0) == -3)
    let needed = Int(found[0])
    #expect(needed > 0 && check(0, threads: 2, memoryBytes: needed - 1) == -3)
    #expect(check(0, threads: 2, memoryBytes: needed) == 0)
    let digest = found[0]
    #expect(digest != 0 && check(0, threads: 1, memoryBytes: needed) == 0 && found[0] == digest)
    #expect(check(0, threads: 1000, memoryBytes: memory.count) == -3)
    #expect(check(200, threads: 1, memoryBytes: needed) == -2)
    #expect(check(0, threads: 1, memoryBytes: needed, fileBytes: 100) == -1 && found[0] == 100)
    withExtendedLifetime((bytes, memory)) {}
  }
}
