import EdgeRuntime
import Testing

/// The hand-written model with a list of its outputs: "pooled", 2 x 2 x 2 values, then "logits", 3 scores.
private struct ListedModel {
  var tiny = TinyModel()

  static let tensors = Layout.aligned(128 + 24 * TinyModel.sectionCount)
  /// Where a tensor's record says which output it is.
  static func mark(_ tensor: Int) -> Int { tensors + tensor * Layout.tensorRecordBytes + 40 }

  /// - Parameter change: of the file, before its digest is made right.
  init(_ change: (inout [UInt8]) -> Void = { _ in }) {
    tiny.bytes[24] = 2
    tiny.bytes[56] = 5
    tiny.bytes[96] = 2
    tiny.bytes[Self.mark(5)] = 1
    (tiny.bytes[Self.mark(7)], tiny.bytes[Self.mark(7) + 2]) = (2, 1)
    change(&tiny.bytes)
    tiny.stampDigest()
  }

  var bytes: [UInt8] { tiny.bytes }
}

@Suite("Outputs of a model") struct OutputTests {
  private func text(_ bytes: UnsafeRawBufferPointer) -> String { unsafe String(decoding: bytes, as: UTF8.self) }

  @Test("are the one vector of scores where nothing is listed")
  func oneVector() throws {
    let memory = Memory(TinyModel().bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    #expect(!model.listsOutputs && model.outputCount == 1 && model.scoresOutput == 0 && model.outputValueCount == 3)
    #expect(model.output(0) == OutputRecord(tensor: 7, role: .scores))
  }

  @Test("have names, shapes, roles and labels")
  func listed() throws {
    let memory = Memory(ListedModel().bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    #expect(model.listsOutputs && model.outputCount == 2 && model.outputTensor == 5 && model.outputValueCount == 11)
    #expect(model.output(0) == OutputRecord(tensor: 5, role: .values))
    #expect(model.output(1) == OutputRecord(tensor: 7, role: .scores))
    let name = unsafe text(model.unsafeName(model.tensor(5).name))
    #expect(name == "pooled")
    #expect(model.scoresOutput == 1 && model.classCount == 3)
    let labels = (0..<3).map { unsafe text(model.unsafeLabel($0)) }
    let sameLabels = (0..<3).map { unsafe text(model.unsafeLabel($0, ofOutput: 1)) }
    #expect(labels == ["a", "b", "c"] && sameLabels == labels)
  }

  @Test("can be read after a frame, each value, and are what a digest is made of")
  func values() throws {
    let memory = Memory(ListedModel().bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    let arena = Memory([UInt8](repeating: 0x5A, count: model.sessionBytes(threads: 1)))
    var session = unsafe try Session(unsafeModel: model, arena: arena.bytes, instructionSet: .scalar)
    let pixels = (0..<16).map { UInt8($0 * 16) }
    unsafe try pixels.withUnsafeBytes { unsafe try session.run(pixels: $0) }
    #expect(session.outputCount == 2 && session.output(1).tensor == 7 && session.classCount == 3)
    let pooled = (0..<8).map { session.value($0, ofOutput: 0) }
    #expect(pooled == (0..<8).map { session.value($0, of: 5) } && Set(pooled).count > 1)
    let logits = (0..<3).map { session.value($0, ofOutput: 1) }
    #expect(try logits == (0..<3).map { session.logit($0) } && logits == TinyModel().logits())
    let all = Digest.of { session.addOutputs(to: $0) }
    let expected = Digest.of { digest in for value in pooled + logits { digest.update(value) } }
    #expect((0..<32).allSatisfy { all[$0] == expected[$0] })
  }

  @Test("of no scores leave no classes, and of two no one to ask")
  func scores() throws {
    let none = Memory(
      ListedModel { bytes in
        bytes[ListedModel.mark(7) + 2] = 0
        bytes[Layout.sectionTableOffset + 5 * 24 + 16] = 0
        bytes.clearLabels()
      }.bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(none.bytes))
    #expect(model.scoresOutput == nil && model.classCount == 0)
    let arena = Memory([UInt8](repeating: 0, count: model.sessionBytes(threads: 1)))
    let session = unsafe try Session(unsafeModel: model, arena: arena.bytes, instructionSet: .scalar)
    #expect(session.classCount == 0 && session.classIndex == 0)
  }

  @Test("that are not as they should be are refused at their place")
  func faults() {
    func fault(_ change: (inout [UInt8]) -> Void) -> ModelError? { tryOut(ListedModel(change).bytes) }
    let (pooled, logits) = (ListedModel.mark(5), ListedModel.mark(7))
    #expect(tryOut(ListedModel().bytes) == nil)
    #expect(fault { $0[96] = 0 } == ModelError(.count, at: 96))
    #expect(fault { $0[96] = 17 } == ModelError(.count, at: 96))
    #expect(fault { $0[97] = 1 } == ModelError(.count, at: 96))
    #expect(fault { $0[100] = 1 } == ModelError(.reservedNotZero, at: 100))
    // One too many, one too few, a number twice, a number beyond the count, the first not the header's.
    #expect(fault { $0[96] = 3 } == ModelError(.output, at: 96))
    #expect(fault { $0[96] = 1 } == ModelError(.output, at: logits))
    #expect(fault { $0[pooled] = 2 } == ModelError(.output, at: logits))
    #expect(fault { $0[pooled + 1] = 1 } == ModelError(.output, at: pooled))
    #expect(fault { $0[56] = 7 } == ModelError(.output, at: 56))
    // A role that is unknown, or of no output; scores that are no vector; labels that are missing; bytes behind the role.
    #expect(fault { $0[logits + 2] = 2 } == ModelError(.output, at: logits + 2))
    #expect(fault { $0[ListedModel.mark(0) + 2] = 1 } == ModelError(.output, at: ListedModel.mark(0) + 2))
    #expect(fault { $0[pooled + 2] = 1 } == ModelError(.extent, at: pooled - 40 + 12))
    #expect(fault { $0[logits + 2] = 0 }?.fault == .label)
    #expect(fault { $0[pooled + 3] = 1 } == ModelError(.reservedNotZero, at: pooled + 3))
    // Without the feature's bit the same bytes are reserved; a bit that is unknown is told as such.
    #expect(fault { $0[24] = 0 } == ModelError(.reservedNotZero, at: 96))
    #expect(fault { $0[24] = 128 } == ModelError(.unknownFeature, at: 24))
  }

  /// "features" is a view of "pooled".
  @Test("may be views of what an operation writes")
  func views() {
    let bytes = ListedModel { bytes in
      (bytes[ListedModel.mark(5)], bytes[ListedModel.mark(6)]) = (0, 1)
      bytes[56] = 6
    }.bytes
    #expect(tryOut(bytes) == nil)
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

extension [UInt8] {
  /// Zeros in the place of the labels' section.
  fileprivate mutating func clearLabels() {
    let entry = Layout.sectionTableOffset + 5 * 24
    let start = (0..<4).reduce(0) { $0 | Int(self[entry + 8 + $1]) << (8 * $1) }
    for index in start..<start + 6 { self[index] = 0 }
  }
}
