import CFerrite
import EdgeRuntime
import FerriteC
import Testing

/// The C library's functions compiled as ordinary Swift, so that sanitizers see what they do. Tests/EndToEnd/test_library.py tries the library itself.
@Suite struct LibraryTests {
  @Test(arguments: ["every-operation-1.0.fxm", "every-operation-packed-1.0.fxm"], [1, 3])
  func computesWhatASessionDoes(name: String, threads: Int32) throws {
    let file = try Bytes(fixture: name)
    var settings = ferrite_settings()
    settings.threads = threads
    let outcome = try #require(FrameOutcome(file, settings) { _, index in index &* 37 })
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(file.bytes))
    let arena = Bytes(count: model.sessionBytes(threads: 1))
    var session = unsafe try Session(unsafeModel: model, arena: arena.bytes, instructionSet: .scalar)
    let pixels = (0..<model.frameBytes).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    unsafe try pixels.withUnsafeBytes { unsafe try session.run(pixels: $0) }
    #expect(outcome.logits == (0..<model.classCount).map { session.logit($0) })
    #expect(outcome.probabilities == (0..<model.classCount).map { session.probability($0) })
    #expect(outcome.index == session.classIndex)
    let label = unsafe String(decoding: model.unsafeLabel(session.classIndex), as: UTF8.self)
    #expect(outcome.label == label)
  }

  @Test func everyTruncationIsAnError() throws {
    let file = try Bytes(fixture: "every-operation-1.0.fxm")
    for length in 0..<file.count {
      let piece = unsafe Bytes(copying: UnsafeRawBufferPointer(rebasing: file.bytes[..<length]))
      #expect(code(opening: piece) == FERRITE_ERROR_MODEL, "\(length) bytes")
    }
  }

  /// What the digest can't catch, for it is made anew: each change is refused, or computes something within its memory.
  @Test(
    arguments: [
      "Fixtures/every-operation-1.0.fxm", "FerriteCTests/Fixtures/two-heads.fxm",
      "EdgeRuntimeTests/Fixtures/networks/stereo-4-8.fxm",
    ], 0..<8)
  func changedBytesAreRefusedOrRun(path: String, part: Int) throws {
    let file = try Bytes(file: path)
    // All of the header and the records; of weights and vectors some.
    for place in stride(from: part, to: file.count, by: 8) where place < 6000 || place % 31 == 0 {
      for change: UInt8 in [0x01, 0x80, 0xFF] {
        let changed = unsafe Bytes(copying: UnsafeRawBufferPointer(file.bytes))
        unsafe changed.bytes[place] ^= change
        let digest = unsafe Digest.ofModel(UnsafeRawBufferPointer(changed.bytes))
        for index in 0..<32 { unsafe changed.bytes[Layout.digestOffset + index] = digest[index] }
        _ = FrameOutcome(changed, ferrite_settings()) { byte, _ in byte }
      }
    }
  }

  /// A model's bytes in memory that fails, as a caller that keeps to the header never has them.
  @Test func selfTestTellsDamagedMemoryFromSound() throws {
    let file = try Bytes(fixture: "every-operation-1.0.fxm")
    var model = ferrite_model()
    var session: OpaquePointer?
    #expect(unsafe ferrite_model_open_bytes(&model, file.bytes.baseAddress, file.count, nil, nil) == FERRITE_OK)
    let memory = Bytes(count: unsafe ferrite_session_bytes(&model, nil))
    #expect(
      unsafe ferrite_session_open(&session, &model, nil, memory.bytes.baseAddress, memory.count, nil) == FERRITE_OK)
    #expect(unsafe ferrite_self_test(session, nil) == FERRITE_OK)
    // The place of the weights is stated by the third entry of the section table; the first layer's stand first.
    let entry = Layout.sectionTableOffset + 2 * Layout.sectionEntryBytes + 8
    let weights = unsafe Int(file.bytes.loadUnaligned(fromByteOffset: entry, as: UInt64.self))
    for index in 0..<8 { unsafe file.bytes[weights + index] ^= 0x40 }
    #expect(unsafe ferrite_self_test(session, nil) == FERRITE_ERROR_SELF_TEST)
    for index in 0..<8 { unsafe file.bytes[weights + index] ^= 0x40 }
    #expect(unsafe ferrite_self_test(session, nil) == FERRITE_OK)
    unsafe ferrite_session_close(session)
    unsafe ferrite_model_close(&model)
  }

  private func code(opening file: Bytes) -> Int {
    var model = ferrite_model()
    var error = unsafe ferrite_error()
    let code = unsafe ferrite_model_open_bytes(&model, file.bytes.baseAddress, file.count, nil, &error)
    let told = unsafe error.code
    #expect(code == told)
    unsafe ferrite_model_close(&model)
    return Int(code)
  }
}
