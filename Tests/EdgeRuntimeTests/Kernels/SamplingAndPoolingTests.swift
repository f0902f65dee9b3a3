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

  @Test("pools of any window and channel count", arguments: vectorSets, 1...4)
  func windowPooling(_ set: InstructionSet, parts: Int) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: KernelConformance.memoryBytes, alignment: 64)
    defer { unsafe memory.deallocate() }
    for seed in 1000..<3000 {
      let problem = WindowPoolingProblem(seed: UInt64(seed))
      #expect(unsafe problem.mismatch(set, memory: memory, parts: parts) == nil, "\(set) seed \(seed)")
    }
  }

  @Test("changes of any formats, between channels that stay as they are", arguments: vectorSets)
  func requantization(_ set: InstructionSet) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: KernelConformance.memoryBytes, alignment: 64)
    defer { unsafe memory.deallocate() }
    for seed in 1000..<5000 {
      let problem = RequantizationProblem(seed: UInt64(seed))
      #expect(unsafe problem.mismatch(set, memory: memory) == nil, "\(set) seed \(seed)")
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

@Suite("Look-ups, moves and products equal the scalar reference bit for bit")
struct TableRearrangementAndMultiplicationTests {
  @Test("functions by table of any widths", arguments: vectorSets, 1...4)
  func table(_ set: InstructionSet, parts: Int) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: KernelConformance.memoryBytes, alignment: 64)
    defer { unsafe memory.deallocate() }
    for seed in 1000..<1300 {
      let problem = TableProblem(seed: UInt64(seed))
      #expect(unsafe problem.mismatch(set, memory: memory, parts: parts) == nil, "\(set) seed \(seed)")
    }
  }

  @Test("rearrangements of anything a file may say", arguments: vectorSets, 1...4)
  func rearrangement(_ set: InstructionSet, parts: Int) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: KernelConformance.memoryBytes, alignment: 64)
    defer { unsafe memory.deallocate() }
    for seed in 1000..<3000 {
      let problem = RearrangementProblem(seed: UInt64(seed))
      #expect(unsafe problem.mismatch(set, memory: memory, parts: parts) == nil, "\(set) seed \(seed)")
    }
  }

  @Test("products of any shapes and formats", arguments: vectorSets, 1...4)
  func multiplication(_ set: InstructionSet, parts: Int) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: KernelConformance.memoryBytes, alignment: 64)
    defer { unsafe memory.deallocate() }
    for seed in 1000..<3000 {
      let problem = MultiplicationProblem(seed: UInt64(seed))
      #expect(unsafe problem.mismatch(set, memory: memory, parts: parts) == nil, "\(set) seed \(seed)")
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
    // What earlier versions committed, over the four and the seven kernels that they had.
    #expect(report.digest(ofFirst: 4) == 0x6759_7039_469b_1761)
    #expect(report.digest(ofFirst: 7) == 0xa9ec_e30d_be87_4cd8)
    for index in 0..<KernelConformance.Kernel.count { #expect(report.problems[index] > 900) }
  }
}
