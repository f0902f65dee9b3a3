import EdgeRuntime
import Testing

/// The hand-written model with a list of its inputs: the image, "theta", 6 values of 16 bits, and "conv", 4 x 4 x 2 unsigned ones of 8. Its
/// operations write the last two anew, so that what they compute is the same.
private struct ListedModel {
  var tiny = TinyModel()

  static let tensors = Layout.aligned(128 + 24 * TinyModel.sectionCount)
  /// Where a tensor's record says which input it is.
  static func mark(_ tensor: Int) -> Int { tensors + tensor * Layout.tensorRecordBytes + 44 }

  /// - Parameter change: of the file, before its digest is made right.
  init(_ change: (inout [UInt8]) -> Void = { _ in }) {
    tiny.bytes[24] = 4
    tiny.bytes[100] = 3
    tiny.bytes[Self.mark(0)] = 1
    tiny.bytes[Self.mark(3)] = 2
    tiny.bytes[Self.mark(2)] = 3
    change(&tiny.bytes)
    tiny.stampDigest()
  }

  var bytes: [UInt8] { tiny.bytes }
}

@Suite("Inputs of a model") struct InputTests {
  @Test("are the image where nothing is listed")
  func oneImage() throws {
    let memory = Memory(TinyModel().bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    #expect(model.inputCount == 1 && model.frameBytes == 16 && model.imageBytes == 16)
    #expect(model.input(0) == model.tensor(0))
  }

  @Test("have names, shapes, formats and a place in the frame")
  func listed() throws {
    let memory = Memory(ListedModel().bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    #expect(model.inputCount == 3 && model.imageBytes == 16 && model.frameBytes == 16 + 2 * 6 + 32)
    #expect(model.input(1) == model.tensor(3) && model.input(2) == model.tensor(2))
    let name = unsafe String(decoding: model.unsafeName(model.input(1).name), as: UTF8.self)
    #expect(name == "theta" && model.input(1).format == FixedFormat(width: 16, fraction: 13, isSigned: true))
  }

  private func withSession(_ body: (inout Session) throws -> Void) throws {
    let memory = Memory(ListedModel().bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    let arena = Memory([UInt8](repeating: 0x5A, count: model.sessionBytes(threads: 1)))
    var session = unsafe try Session(unsafeModel: model, arena: arena.bytes, instructionSet: .scalar)
    try body(&session)
  }

  @Test("are set for each frame anew, saturated to their formats")
  func setting() throws {
    let pixels = (0..<16).map { UInt8($0 * 16) }
    let theta: [Int32] = [-70_000, -32_768, -1, 0, 32_767, 70_000]
    let image = (0..<32).map { Int32($0 * 10 - 20) }
    try withSession { session in
      #expect(session.inputCount == 3 && session.input(1).count == 6)
      func begin() throws { unsafe try pixels.withUnsafeBytes { unsafe try session.begin(pixels: $0) } }
      #expect(throws: SessionError.inputMissing) { try begin() }
      #expect(throws: SessionError.wrongInputSize) { try session.set(image.span, ofInput: 1) }
      try session.set(image.span, ofInput: 2)
      #expect(throws: SessionError.inputMissing) { try begin() }
      try session.set(theta.span, ofInput: 1)
      try begin()
      #expect((0..<6).map { session.value($0, of: 3) } == [-32_768, -32_768, -1, 0, 32_767, 32_767])
      #expect((0..<32).map { session.value($0, of: 2) } == image.map { min(max($0, 0), 255) })
      // Nothing is left of it.
      #expect(throws: SessionError.inputMissing) { try begin() }
    }
  }

  @Test("come in one frame of little-endian bytes, too, at any address")
  func frames() throws {
    let theta: [Int16] = [-32_768, -2, -1, 0, 258, 32_767]
    let frame =
      (0..<16).map { UInt8($0 * 16) }
      + theta.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
      + (0..<32).map { UInt8(255 - $0) }
    try withSession { session in
      for offset in 0..<4 {
        let padded = Memory([UInt8](repeating: 0, count: offset) + frame + [0])
        let bytes = unsafe UnsafeRawBufferPointer(rebasing: padded.bytes[offset..<offset + frame.count])
        unsafe try session.begin(frame: bytes)
        #expect((0..<6).map { session.value($0, of: 3) } == theta.map(Int32.init))
        #expect((0..<32).map { session.value($0, of: 2) } == (0..<32).map { 255 - $0 })
        for index in 0..<session.operationCount { session.step(index) }
        #expect(try (0..<3).map { session.logit($0) } == TinyModel().logits())
        let longer = unsafe UnsafeRawBufferPointer(rebasing: padded.bytes[offset...])
        #expect(throws: SessionError.wrongFrameSize) { unsafe try session.begin(frame: longer) }
      }
    }
  }

  @Test("that are not as they should be are refused at their place")
  func faults() {
    func fault(_ change: (inout [UInt8]) -> Void) -> ModelError? { tryOut(ListedModel(change).bytes) }
    let (image, theta, conv) = (ListedModel.mark(0), ListedModel.mark(3), ListedModel.mark(2))
    #expect(tryOut(ListedModel().bytes) == nil)
    #expect(fault { $0[100] = 1 } == ModelError(.count, at: 100))
    #expect(fault { $0[100] = 17 } == ModelError(.count, at: 100))
    #expect(fault { $0[96] = 1 } == ModelError(.reservedNotZero, at: 96))
    #expect(fault { $0[104] = 1 } == ModelError(.reservedNotZero, at: 104))
    // One too many, one too few, a number twice, the first not the header's.
    #expect(fault { $0[100] = 4 } == ModelError(.input, at: 100))
    #expect(fault { $0[100] = 2 } == ModelError(.input, at: conv))
    #expect(fault { $0[conv] = 2 } == ModelError(.input, at: theta))
    #expect(
      fault { bytes in (bytes[image], bytes[theta]) = (2, 1) } == ModelError(.input, at: 52))
    // "flat" is a view of the image: the two would be one.
    #expect(
      fault { bytes in (bytes[theta], bytes[ListedModel.mark(1)]) = (0, 2) }
        == ModelError(.input, at: ListedModel.mark(1) - 44 + 24))
    // Bytes around the number; without the feature's bit the same bytes are reserved.
    #expect(fault { $0[theta - 1] = 1 } == ModelError(.reservedNotZero, at: theta - 4))
    #expect(fault { $0[theta + 1] = 1 } == ModelError(.reservedNotZero, at: theta + 1))
    #expect(fault { $0[24] = 0 } == ModelError(.reservedNotZero, at: 96))
    // Frames of more than 64 bytes are of another length than the section has.
    #expect(fault { bytes in (bytes[100], bytes[ListedModel.mark(7)]) = (4, 4) }?.fault == .vector)
  }

  @Test("survive no truncation")
  func truncations() {
    let bytes = ListedModel().bytes
    for length in 1..<bytes.count { #expect(tryOut(Array(bytes[..<length])) != nil, "\(length) bytes") }
  }

  /// Every bit of the header and the tensors, with the digest made right again: refused, or run inside the arena.
  @Test("with a flipped bit of their list are refused, or run inside the arena")
  func flippedBits() {
    var (refused, accepted) = (0, 0)
    for index in Array(24..<64) + Array(96..<128) + Array(ListedModel.tensors..<ListedModel.tensors + 8 * 48) {
      for bit in UInt8(0)..<8 {
        let damaged = ListedModel { $0[index] ^= 1 << bit }
        if tryOut(damaged.bytes) == nil { accepted += 1 } else { refused += 1 }
      }
    }
    #expect(refused > 1000 && accepted > 20)
  }
}
