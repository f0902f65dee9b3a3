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

  /// Every bit of the header, the stages and the stumps, the digest made right again: refused, or it searches a picture inside its memory.
  @Test("with any bit flipped is refused or stays inside its memory")
  func structure() {
    let cascade = Self.cascade
    let structure = cascade.bytes.count - cascade.provenance.utf8.count
    var (refused, accepted) = (0, 0)
    for index in 0..<structure {
      for bit in UInt8(0)..<8 {
        var damaged = cascade.bytes
        damaged[index] ^= 1 << bit
        if search(TestCascade.stamped(damaged)) { accepted += 1 } else { refused += 1 }
      }
    }
    // A stump's 32 bytes of subset may hold anything, its values and a stage's threshold nearly.
    #expect(accepted > 6 * 256 && refused > structure)
  }

  /// Searches a picture of noise, in memory between guards and in memory that the address sanitizer watches; false where the file is refused.
  private func search(_ bytes: [UInt8]) -> Bool {
    let memory = Memory(bytes)
    do throws(CascadeError) {
      let cascade = unsafe try CascadeFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
      var settings = DetectorSettings()
      settings.neighbours = 0
      let needed = CascadeDetector.memoryBytes(cascade, width: 40, height: 33, settings)
      var generator = SeededGenerator(seed: 5)
      let picture = Memory((0..<40 * 33).map { _ in UInt8.random(in: 0...255, using: &generator) })
      var found: [[Detection]] = []
      for guardBytes in [4096, 0] {
        let working = Memory([UInt8](repeating: 0xA5, count: needed + 2 * guardBytes))
        let inside = unsafe UnsafeMutableRawBufferPointer(rebasing: working.bytes[guardBytes..<guardBytes + needed])
        var detector = unsafe CascadeDetector(cascade, width: 40, height: 33, settings, unsafeMemory: inside)
        unsafe detector.run(unsafeSource: UnsafeRawPointer(picture.pointer), pixelStep: 1, rowStep: 40)
        found.append((0..<detector.count).map { detector[$0] })
        let after = working.elements
        #expect(after[..<guardBytes].allSatisfy { $0 == 0xA5 } && after.suffix(guardBytes).allSatisfy { $0 == 0xA5 })
      }
      #expect(found[0] == found[1])
      return true
    } catch {
      return false
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
