import EdgeRuntime
import Testing

@Suite("Sampling, pooling and adding kernels equal the scalar reference bit for bit")
struct SamplingAndPoolingTests {
  @Test("samplers look anywhere, near the image and far beyond it", arguments: vectorSets)
  func sampling(_ set: InstructionSet) {
    for seed in 0..<600 {
      let problem = SamplingProblem(seed: UInt64(seed))
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: problem.memoryBytes, alignment: 64)
      defer { unsafe memory.deallocate() }
      #expect(unsafe problem.mismatch(set, memory: memory) == nil, "\(set) seed \(seed)")
      for parts in 2...4 {
        #expect(
          unsafe problem.mismatch(set, memory: memory, parts: parts) == nil, "\(set) seed \(seed), \(parts) parts")
      }
    }
  }

  @Test("pools of every channel count", arguments: vectorSets)
  func pooling(_ set: InstructionSet) {
    for seed in 0..<600 {
      let problem = PoolingProblem(seed: UInt64(seed))
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: problem.memoryBytes, alignment: 64)
      defer { unsafe memory.deallocate() }
      #expect(unsafe problem.mismatch(set, memory: memory) == nil, "\(set) seed \(seed)")
      for parts in 2...4 {
        #expect(
          unsafe problem.mismatch(set, memory: memory, parts: parts) == nil, "\(set) seed \(seed), \(parts) parts")
      }
    }
  }

  @Test("sums of any formats", arguments: vectorSets)
  func addition(_ set: InstructionSet) {
    for seed in 0..<1200 {
      let problem = AdditionProblem(seed: UInt64(seed))
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: problem.memoryBytes, alignment: 64)
      defer { unsafe memory.deallocate() }
      #expect(unsafe problem.mismatch(set, memory: memory) == nil, "\(set) seed \(seed)")
    }
  }
}

@Suite("The conformance check that boards run, too")
struct KernelConformanceTests {
  @Test("agrees and has the committed digest", arguments: InstructionSet.allCases.filter(\.isAvailable))
  func conformance(_ set: InstructionSet) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: KernelConformance.memoryBytes, alignment: 64)
    defer { unsafe memory.deallocate() }
    let report = unsafe KernelConformance.run(set, seeds: KernelConformance.standardSeeds, memory: memory)
    #expect(report.failure == nil)
    #expect(report.digest == KernelConformance.standardDigest)
    for index in 0..<KernelConformance.Kernel.count { #expect(report.problems[index] > 900) }
  }
}
