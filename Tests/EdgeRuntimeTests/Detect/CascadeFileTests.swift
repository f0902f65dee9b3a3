import EdgeRuntime
import Testing

@Suite("A cascade file") struct CascadeFileTests {
  private static var cascade: TestCascade {
    var generator = SeededGenerator(seed: 99)
    return TestCascade.random(windowWidth: 24, windowHeight: 20, stumps: [2, 1, 3], using: &generator)
  }

  @Test("gives back what was written")
  func contents() throws {
    let cascade = Self.cascade
    let memory = Memory(cascade.bytes)
    let file = unsafe try CascadeFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    #expect(file.windowWidth == 24 && file.windowHeight == 20)
    #expect(file.stageCount == 3 && file.stumpCount == 6 && file.fractionBits == 20)
    #expect(unsafe Array(file.unsafeProvenance) == Array(cascade.provenance.utf8))
    var index = 0
    for (number, stage) in cascade.stages.enumerated() {
      let read = file.stage(number)
      #expect(
        read == CascadeStage(threshold: stage.threshold, firstStump: index, stumpCount: stage.stumps.count))
      for stump in stage.stumps {
        let read = file.stump(index)
        #expect([read.x, read.y, read.width, read.height] == [stump.x, stump.y, stump.width, stump.height])
        #expect(read.inside == stump.inside && read.outside == stump.outside)
        for code in 0..<256 {
          let isInside = stump.subset[code / 32] >> UInt32(code % 32) & 1 == 1
          #expect(read.value(UInt8(code)) == (isInside ? stump.inside : stump.outside))
        }
        index += 1
      }
    }
  }

  @Test("is refused when cut off anywhere, or longer")
  func truncation() {
    let bytes = Self.cascade.bytes
    for count in 0..<bytes.count { #expect(fault(Array(bytes[..<count])) != nil) }
    #expect(fault(bytes + [0]) == CascadeError(.fileSize, at: 16))
    #expect(fault(Array(bytes[..<100])) == CascadeError(.tooShort, at: 100))
  }

  @Test("is refused when any bit is flipped")
  func flips() {
    let bytes = Self.cascade.bytes
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << UInt8(bit)
        #expect(fault(damaged) != nil)
      }
    }
  }

  /// A field at an offset, what is written there, and what the loader says; the digest fits the change.
  static let changes: [(Int, [UInt8], CascadeError)] = [
    (0, [0x88], CascadeError(.magic, at: 0)), (8, [2], CascadeError(.version, at: 8)),
    (10, [1], CascadeError(.version, at: 8)), (12, [64], CascadeError(.headerSize, at: 12)),
    (24, [1], CascadeError(.unknownFeature, at: 24)), (32, [2], CascadeError(.window, at: 32)),
    (34, [0, 1], CascadeError(.window, at: 34)), (36, [0], CascadeError(.count, at: 36)),
    (36, [65], CascadeError(.count, at: 36)), (36, [4], CascadeError(.stage, at: 128 + 24 + 4)),
    (36, [2], CascadeError(.reservedNotZero, at: 144)), (38, [0, 17], CascadeError(.count, at: 38)),
    (38, [0], CascadeError(.count, at: 38)), (40, [31], CascadeError(.fractionBits, at: 40)),
    (42, [1], CascadeError(.reservedNotZero, at: 41)), (44, [9], CascadeError(.fileSize, at: 44)),
    (50, [1], CascadeError(.reservedNotZero, at: 48)), (100, [1], CascadeError(.reservedNotZero, at: 96)),
    (128 + 4, [1], CascadeError(.stage, at: 132)), (128 + 6, [0], CascadeError(.stage, at: 132)),
    (128 + 8 + 6, [2], CascadeError(.stage, at: 148)), (128 + 16 + 6, [2], CascadeError(.count, at: 38)),
    (192, [24], CascadeError(.feature, at: 192)), (193, [20], CascadeError(.feature, at: 192)),
    (194, [0], CascadeError(.feature, at: 192)), (195, [0], CascadeError(.feature, at: 192)),
    (195, [255], CascadeError(.feature, at: 192)), (192 + 44, [1], CascadeError(.reservedNotZero, at: 236)),
    (196, [0xFF, 0xFF, 0xFF, 0x7F], CascadeError(.sums, at: 128)),
    (196, [0, 0, 0, 0x80], CascadeError(.sums, at: 128)),
    (512, [0x0A], CascadeError(.provenance, at: 512)),
  ]

  @Test("is refused for what it says, with the place", arguments: changes.indices)
  func fields(_ index: Int) {
    let (offset, values, expected) = Self.changes[index]
    var bytes = Self.cascade.bytes
    for (step, value) in values.enumerated() { bytes[offset + step] = value }
    #expect(fault(TestCascade.stamped(bytes)) == expected)
  }

  @Test("of blocks that 16 bits can't sum is refused")
  func largeBlocks() {
    var cascade = Self.cascade
    (cascade.windowWidth, cascade.windowHeight) = (255, 255)
    cascade.stages[0].stumps[0].width = 43
    cascade.stages[0].stumps[0].height = 6
    cascade.stages[0].stumps[0].x = 0
    cascade.stages[0].stumps[0].y = 0
    #expect(fault(cascade.bytes) == CascadeError(.feature, at: 192))
    cascade.stages[0].stumps[0].width = 42
    #expect(fault(cascade.bytes) == nil)
  }

  private func fault(_ bytes: [UInt8]) -> CascadeError? {
    let memory = Memory(bytes)
    do throws(CascadeError) {
      _ = unsafe try CascadeFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
      return nil
    } catch {
      return error
    }
  }
}
