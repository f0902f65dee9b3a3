import EdgeRuntime
import Testing

/// Loads `bytes` and, when they are accepted, runs a frame in every instruction set and by three threads. Returns the fault, or nil.
///
/// Each way has an arena between guards, whose bytes must stay, and one without anything behind it, where the address sanitizer looks
/// on (`make sanitize`). Their memory starts with other bytes each time, so that what nobody wrote can't give equal outputs.
func tryOut(_ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) -> ModelError? {
  let memory = Memory(bytes)
  do throws(ModelError) {
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    guard model.sessionBytes(threads: 3) < 1 << 20 else { return nil }
    var reference: [UInt8]?
    for set in InstructionSet.allCases where set.isAvailable {
      for (threads, guardBytes) in [(1, 4096), (1, 0), (3, 4096)] {
        let found = outputs(of: model, set, threads, guardBytes, sourceLocation)
        #expect(found == reference ?? found, "\(set.name), \(threads) threads", sourceLocation: sourceLocation)
        reference = reference ?? found
      }
    }
    return nil
  } catch {
    return error
  }
}

/// The bytes that each operation of a frame has left.
private func outputs(
  of model: borrowing ModelFile, _ set: InstructionSet, _ threads: Int, _ guardBytes: Int, _ place: SourceLocation
) -> [UInt8] {
  let bytes = model.sessionBytes(threads: threads)
  let filling = UInt8(0xA0 + 8 * threads) ^ UInt8(guardBytes / 4096) ^ set.rawValue << 1
  let arena = Memory([UInt8](repeating: filling, count: bytes + 2 * guardBytes))
  let inside = unsafe UnsafeMutableRawBufferPointer(rebasing: arena.bytes[guardBytes..<guardBytes + bytes])
  let pixels = Memory((0..<model.frameBytes).map { UInt8(truncatingIfNeeded: 200 &+ $0 &* 7) })
  var outputs: [UInt8] = []
  #expect(throws: Never.self, sourceLocation: place) {
    let pool = try ThreadPool(threads: threads)
    var session = unsafe try Session(unsafeModel: model, arena: inside, instructionSet: set, unsafePool: pool)
    unsafe try session.begin(frame: UnsafeRawBufferPointer(pixels.bytes))
    for index in 0..<model.operationCount {
      session.step(index)
      let output = model.tensor(model.operation(index).output)
      unsafe outputs += inside[output.arenaOffset..<output.arenaOffset + output.bytes]
    }
  }
  let after = arena.elements
  #expect(
    after[..<guardBytes].allSatisfy { $0 == filling } && after.suffix(guardBytes).allSatisfy { $0 == filling },
    sourceLocation: place)
  return outputs
}

@Suite struct ModelFileTests {
  @Test func aWholeModelLoadsAndTellsWhatItHolds() throws {
    let memory = Memory(TinyModel().bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    #expect(model.tensorCount == 8 && model.operationCount == 5 && model.classCount == 3 && model.frameBytes == 16)
    #expect(model.tensor(3).format == FixedFormat(width: 16, fraction: 13, isSigned: true))
    let names = (0..<8).map { unsafe String(decoding: model.unsafeName(model.tensor($0).name), as: UTF8.self) }
    #expect(names == TinyModel.tensorNames)
    let labels = (0..<3).map { unsafe String(decoding: model.unsafeLabel($0), as: UTF8.self) }
    #expect(labels == ["a", "b", "c"])
    guard case .conv2D(let parameters) = model.operation(0).operation else {
      Issue.record("the first operation is a convolution")
      return
    }
    #expect(parameters.kernelHeight == 3 && parameters.paddingLeft == 1 && parameters.shiftOffset == 256)
  }

  @Test(arguments: [8, 3])
  func everyTruncationIsRefused(weightBits: Int) {
    let bytes = TinyModel(weightBits: weightBits).bytes
    for length in 1..<bytes.count { #expect(tryOut(Array(bytes[..<length])) != nil, "\(length) bytes") }
    #expect(tryOut(bytes) == nil)
    #expect(tryOut(bytes + [0])?.fault == .fileSize)
  }

  /// With a length and a digest that fit: what stands behind the check of those has to refuse it.
  @Test(arguments: [8, 3])
  func everyTruncationIsRefusedForWhatIsMissing(weightBits: Int) {
    let whole = TinyModel(weightBits: weightBits)
    for length in 128..<whole.bytes.count {
      var cut = whole
      cut.bytes.removeSubrange(length...)
      for byte in 0..<8 { cut.bytes[16 + byte] = UInt8(truncatingIfNeeded: length >> (8 * byte)) }
      cut.stampDigest()
      #expect(tryOut(cut.bytes) != nil, "\(length) bytes")
    }
  }

  @Test(arguments: [8, 3])
  func everyFlippedBitIsRefusedByTheDigestAtLast(weightBits: Int) {
    let bytes = TinyModel(weightBits: weightBits).bytes
    for index in bytes.indices {
      for bit in UInt8(0)..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << bit
        #expect(tryOut(damaged) != nil, "bit \(bit) of byte \(index)")
      }
    }
  }

  /// Every bit of the header and the records, with the digest made right again: refused, or run inside the arena.
  @Test(arguments: [8, 4, 7])
  func noFlippedBitOfTheStructureEscapesTheArena(weightBits: Int) {
    let tiny = TinyModel(weightBits: weightBits)
    let structure = 128 + 24 * 8 + 8 * 48 + 5 * 160
    var (refused, accepted) = (0, 0)
    for index in 0..<structure {
      for bit in UInt8(0)..<8 {
        var damaged = tiny
        damaged.bytes[index] ^= 1 << bit
        damaged.stampDigest()
        if tryOut(damaged.bytes) == nil { accepted += 1 } else { refused += 1 }
      }
    }
    #expect(refused > 4 * structure && accepted > 100)
  }

  @Test(arguments: [
    (0, ModelError.Fault.magic), (8, .version), (12, .headerSize), (16, .fileSize), (25, .unknownFeature),
    (100, .reservedNotZero), (128, .sectionOrder), (136, .sectionPlace), (132, .reservedNotZero),
  ])
  func faultsNameTheirPlace(offset: Int, fault: ModelError.Fault) {
    var tiny = TinyModel()
    tiny.bytes[offset] ^= 0x01
    tiny.stampDigest()
    #expect(tryOut(tiny.bytes) == ModelError(fault, at: offset == 100 ? 96 : offset & ~1))
  }

  /// The fourth operation is a max-pool of 4 x 4 pixels.
  @Test func poolsOfFeatureBit3SayTheirDilation() {
    let words = TinyModel.operationsOffset + 3 * Layout.operationRecordBytes + Layout.parameterOffset
    func fault(bit3: Bool = true, _ changes: [Int: UInt32]) -> ModelError? {
      var tiny = TinyModel()
      tiny.bytes[24] = bit3 ? 8 : 0
      for (word, value) in changes {
        for byte in 0..<4 { tiny.bytes[words + 4 * word + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
      }
      tiny.stampDigest()
      return tryOut(tiny.bytes)
    }
    #expect(fault([8: 1, 9: 1]) == nil)
    // Two taps two apart leave two places of three, at a stride of 1.
    #expect(fault([2: 1, 3: 1, 8: 2, 9: 2]) == nil)
    #expect(fault([8: 2, 9: 2]) == ModelError(.shape, at: words))
    #expect(fault([:]) == ModelError(.parameter, at: words + 32))
    #expect(fault([8: 256, 9: 1]) == ModelError(.parameter, at: words + 32))
    #expect(fault([8: 1, 9: 0xFFFF_FFFF]) == ModelError(.parameter, at: words + 32))
    #expect(fault([8: 1, 9: 1, 10: 1]) == ModelError(.reservedNotZero, at: words + 40))
    #expect(fault(bit3: false, [8: 1, 9: 1]) == ModelError(.reservedNotZero, at: words + 32))
    // A tap before the image, the next one behind it.
    #expect(fault([4: 1, 8: 5, 9: 1]) == ModelError(.parameter, at: words + 16))
    // Windows beyond 255, and more taps than a sum has room for.
    #expect(fault([0: 300, 8: 1, 9: 1]) == ModelError(.shape, at: words))
    #expect(fault(bit3: false, [0: 300]) == ModelError(.parameter, at: words))
    #expect(fault([0: 65_535, 1: 65_535, 8: 1, 9: 1]) == ModelError(.parameter, at: words))
    #expect(fault([0: 65_536, 8: 1, 9: 1]) == ModelError(.parameter, at: words))
  }

  /// The third operation is a sampler: interpolation, what lies outside, and the constants of x and y.
  @Test func aSamplerOfAnotherKindOrWithHugeConstantsIsRefused() {
    let words = TinyModel.operationsOffset + 2 * Layout.operationRecordBytes + Layout.parameterOffset
    func fault(_ changes: [(word: Int, value: UInt32)]) -> ModelError? {
      var tiny = TinyModel()
      for (word, value) in changes {
        for byte in 0..<4 { tiny.bytes[words + 4 * word + byte] = UInt8(truncatingIfNeeded: value >> UInt32(8 * byte)) }
      }
      tiny.stampDigest()
      return tryOut(tiny.bytes)
    }
    for interpolation in UInt32(0)...1 {
      for outside in UInt32(0)...3 { #expect(fault([(0, interpolation), (1, outside)]) == nil) }
    }
    #expect(fault([(0, 2)]) == ModelError(.parameter, at: words))
    #expect(fault([(1, 4)]) == ModelError(.parameter, at: words + 4))
    // a0 + 4 a1, b0 + 4 b1 for an output of 4 x 4: at most 2^33.
    #expect(fault([(2, 0), (3, 0x7FFF_FFFF)]) == nil)
    #expect(fault([(2, 0x7FFF_FFFF), (3, 0x7FFF_FFFF)]) == ModelError(.parameter, at: words + 8))
    #expect(fault([(10, 0x8000_0000), (11, 0x8000_0000)]) == ModelError(.parameter, at: words + 32))
  }

  /// The convolution's last tap of a group of four, and its third output, don't exist.
  @Test(arguments: [3, 8])
  func weightsOfNoTapOrOutputAreRefused(byte: Int) {
    var tiny = TinyModel()
    tiny.bytes[TinyModel.weightsOffset + byte] = 1
    tiny.stampDigest()
    #expect(tryOut(tiny.bytes) == ModelError(.weightValue, at: TinyModel.weightsOffset))
  }

  @Test func weightsAtTheEndOfTheirRangeAreTakenAndOneBeyondIsNot() {
    var tiny = TinyModel()
    tiny.bytes[TinyModel.weightsOffset] = UInt8(bitPattern: -127)
    tiny.stampDigest()
    #expect(tryOut(tiny.bytes) == nil)
    tiny.bytes[TinyModel.weightsOffset] = UInt8(bitPattern: -128)
    tiny.stampDigest()
    #expect(tryOut(tiny.bytes)?.fault == .weightValue)
  }

  /// Weights in fewer bits than a byte, by every width: the file loads, and gives the logits that their bytes give.
  @Test(arguments: 2...7)
  func packedWeightsGiveTheLogitsOfTheirBytes(bits: Int) throws {
    let packed = TinyModel(weightBits: bits)
    let bytes = packed.withByteWeights()
    #expect(tryOut(packed.bytes) == nil && tryOut(bytes.bytes) == nil)
    let logits = try packed.logits()
    #expect(try logits == bytes.logits())
    // Weights of two bits are too small for these logits to differ.
    #expect(bits == 2 || Set(logits).count > 1)
  }

  /// A field of zeros stands for -2^(bits-1), which no symmetric range has and no bound on sums counts.
  @Test(arguments: 2...7)
  func theLeastPackedWeightIsRefused(bits: Int) {
    var tiny = TinyModel(weightBits: bits)
    // The first weight's field of each plane: the lowest bits of the plane's first byte.
    var (plane, byte) = (4, TinyModel.weightsOffset)
    while plane > 0 {
      if bits & plane != 0 {
        tiny.bytes[byte] &= ~(1 << UInt8(plane) - 1)
        byte += 8 * plane
      }
      plane /= 2
    }
    tiny.stampDigest()
    #expect(tryOut(tiny.bytes) == ModelError(.weightValue, at: TinyModel.weightsOffset))
  }

  /// Every bit of the packed weights, with the digest made right again: refused, or run inside the arena.
  @Test(arguments: 2...7)
  func noFlippedBitOfPackedWeightsEscapes(bits: Int) {
    let tiny = TinyModel(weightBits: bits)
    var (refused, accepted) = (0, 0)
    for byte in 0..<192 * bits / 8 {
      for bit in UInt8(0)..<8 {
        var damaged = tiny
        damaged.bytes[TinyModel.weightsOffset + byte] ^= 1 << bit
        damaged.stampDigest()
        switch tryOut(damaged.bytes)?.fault {
        case nil: accepted += 1
        case .weightValue, .accumulatorBound: refused += 1
        case .some(let fault): Issue.record("\(fault)")
        }
      }
    }
    // Two outputs of 16 exist, and three taps of each group's four.
    #expect(refused >= 192 * bits * 29 / 32 && accepted > 0)
  }

  @Test func packedWeightsThatAreTooFewBytesAreRefused() {
    var tiny = TinyModel(weightBits: 5)
    // Word 13 of the convolution: the bytes that its weights would take at 8 bits.
    let place = TinyModel.operationsOffset + Layout.parameterOffset + 4 * 13
    #expect(tiny.bytes[place] == 120)
    tiny.bytes[place] = 192
    tiny.stampDigest()
    #expect(tryOut(tiny.bytes) == ModelError(.weightPlace, at: place))
  }

  /// 100 + 2^6 + 128 times the weights of the first or second output, whichever are larger.
  @Test func theAccumulatorBoundMustBeTrue() {
    var tiny = TinyModel()
    let sums = (0..<2).map { output in
      (0..<12).filter { $0 % 4 < 3 }.reduce(0) { sum, tap in
        sum + abs(Int(Int8(bitPattern: tiny.bytes[TinyModel.weightsOffset + tap / 4 * 64 + output * 4 + tap % 4])))
      }
    }
    let bound = 100 + 64 + 128 * max(sums[0], sums[1])
    tiny.setFirstAccumulatorBound(bound)
    #expect(tryOut(tiny.bytes) == nil)
    tiny.setFirstAccumulatorBound(bound - 1)
    #expect(tryOut(tiny.bytes)?.fault == .accumulatorBound)
  }

  /// The logits, tensor 7: six bytes.
  @Test func aTensorMayEndWhereTheWorkspaceStartsAndNoFurther() {
    let place = Layout.aligned(128 + 24 * TinyModel.sectionCount) + 7 * Layout.tensorRecordBytes + 24
    func fault(_ offset: Int) -> ModelError? {
      var tiny = TinyModel()
      for byte in 0..<4 { tiny.bytes[place + byte] = UInt8(truncatingIfNeeded: offset >> (8 * byte)) }
      tiny.stampDigest()
      return tryOut(tiny.bytes)
    }
    #expect(fault(TinyModel.workspaceOffset - 6) == nil)
    for beyond in [4, 2, 0] {
      #expect(fault(TinyModel.workspaceOffset - beyond) == ModelError(.tensorPlace, at: place), "\(beyond)")
    }
  }

  @Test func aShiftOf32IsRefusedAsSuch() {
    var tiny = TinyModel()
    tiny.bytes[TinyModel.weightsOffset + 256] = 32
    tiny.stampDigest()
    #expect(tryOut(tiny.bytes) == ModelError(.shift, at: TinyModel.weightsOffset + 256))
  }

  /// Programs add them up and divide by them.
  @Test(arguments: [0, 1, 3, 7])
  func theMultiplyAccumulatesMustBeThoseOfTheShapes(byte: Int) {
    for (operation, place) in [0, 2, 4].map({ ($0, TinyModel.operationsOffset + 160 * $0 + 40) }) {
      var tiny = TinyModel()
      tiny.bytes[place + byte] ^= 0x80
      tiny.stampDigest()
      #expect(tryOut(tiny.bytes) == ModelError(.multiplyAccumulates, at: place), "operation \(operation)")
    }
  }

  @Test func aMissingFileIsUnreadable() {
    do throws(ModelError) {
      _ = unsafe try ModelFile(path: "no-such-file.fxm")
      Issue.record("a missing file was loaded")
    } catch {
      #expect(error.fault == .unreadable && error.systemError == 2)
    }
  }

  @Test func everyFaultHasItsOwnMessage() {
    let messages = Set(ModelError.Fault.allCases.map { "\($0.message)" })
    #expect(messages.count == ModelError.Fault.allCases.count)
  }
}

@Suite struct SessionTests {
  @Test func refusesArenasAndFramesThatDoNotFit() throws {
    let memory = Memory(TinyModel().bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    let arena = Memory([UInt8](repeating: 0, count: model.sessionBytes(threads: 1) + 64))
    #expect(throws: SessionError.arenaTooSmall) {
      _ = unsafe try Session(
        unsafeModel: model,
        arena: UnsafeMutableRawBufferPointer(rebasing: arena.bytes[..<(model.sessionBytes(threads: 1) - 1)]),
        instructionSet: .scalar)
    }
    #expect(throws: SessionError.arenaMisaligned) {
      _ = unsafe try Session(
        unsafeModel: model, arena: UnsafeMutableRawBufferPointer(rebasing: arena.bytes[1...]), instructionSet: .scalar)
    }
    var session = unsafe try Session(unsafeModel: model, arena: arena.bytes, instructionSet: .scalar)
    let short = [UInt8](repeating: 0, count: 15)
    #expect(throws: SessionError.wrongFrameSize) {
      unsafe try short.withUnsafeBytes { unsafe try session.run(pixels: $0) }
    }
  }

  @Test func theSameFrameGivesTheSameLogitsAgain() throws {
    let memory = Memory(TinyModel().bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    let arena = Memory([UInt8](repeating: 0x5A, count: model.sessionBytes(threads: 1)))
    var session = unsafe try Session(unsafeModel: model, arena: arena.bytes, instructionSet: .scalar)
    func logits(_ pixel: UInt8) throws -> [Int32] {
      let pixels = (0..<16).map { UInt8($0) &* pixel }
      unsafe try pixels.withUnsafeBytes { unsafe try session.run(pixels: $0) }
      return (0..<3).map { session.logit($0) }
    }
    let first = try logits(13)
    #expect(try logits(200) != first)
    #expect(try logits(13) == first)
    #expect((0..<3).map { session.probability($0) }.reduce(0, +) > Softmax.one - 4)
    #expect(first.firstIndex(of: first.max()!) == session.classIndex)
  }
}
