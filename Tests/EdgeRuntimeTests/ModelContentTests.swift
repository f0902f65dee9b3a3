import EdgeRuntime
import Foundation
import Testing

/// What can be read of a model beside running it.
@Suite struct ModelContentTests {
  @Test func weightsBiasesAndShiftsAreThoseOfTheFile() throws {
    for bits in [8, 3] {
      let tiny = TinyModel(weightBits: bits)
      let memory = Memory(tiny.bytes)
      let plain = tiny.withByteWeights().bytes
      let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
      guard case .fullyConnected(let parameters) = model.operation(1).operation else {
        Issue.record("the second operation is a fully connected layer")
        return
      }
      #expect((0..<6).map { model.bias(parameters, outputChannel: $0) } == [8192, 0, 0, 0, 8192, 0])
      #expect((0..<6).allSatisfy { model.shift(parameters, outputChannel: $0) == 0 })
      let start = TinyModel.weightsOffset + 320
      let stored = plain[start..<start + 256].map { Int(Int8(bitPattern: $0)) }
      #expect((0..<256).map { model.weight(parameters, $0) } == stored)
      withExtendedLifetime(memory) {}
    }
  }

  @Test func testVectorsProvenanceAndDigestsAreThoseOfTheFile() throws {
    let bytes = TinyModel().bytes
    let memory = Memory(bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    #expect(model.testVectorCount == 1 && model.fileBytes == bytes.count)
    #expect(unsafe Array(model.unsafeTestFrame(0)) == (0..<16).map { UInt8($0 * 15) })
    #expect((0..<3).map { model.testLogit(0, class: $0) } == [0, 0, 0])
    #expect((0..<32).allSatisfy { model.testDigest[$0] == 0 && model.digest[$0] == bytes[64 + $0] })
    #expect(unsafe String(decoding: model.unsafeProvenance, as: UTF8.self) == #"{"source":"tiny"}"#)
    #expect(unsafe model.unsafeFile.elementsEqual(bytes))
    withExtendedLifetime(memory) {}
  }

  @Test func aModelIsMappedFromItsFile() throws {
    let path = try file(TinyModel().bytes)
    defer { try? FileManager.default.removeItem(atPath: path) }
    let model = unsafe try ModelFile(path: path)
    #expect(model.operationCount == 5 && model.workspaceOffset == TinyModel.workspaceOffset)
  }

  @Test func aDamagedFileIsRefusedAndLetGo() throws {
    var tiny = TinyModel()
    tiny.bytes[0] = 0
    let path = try file(tiny.bytes)
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(throws: ModelError(.magic, at: 0)) {
      _ = unsafe try ModelFile(path: path)
    }
  }

  @Test func aCascadeIsMappedFromItsFileOrRefused() throws {
    var generator = SeededGenerator(seed: 3)
    let cascade = TestCascade.random(windowWidth: 24, windowHeight: 20, stumps: [2, 1], using: &generator)
    for (bytes, fault) in [(cascade.bytes, nil), (Array(cascade.bytes.dropLast()), CascadeError.Fault.fileSize)] {
      let path = try file(bytes)
      defer { try? FileManager.default.removeItem(atPath: path) }
      var found: CascadeError.Fault?
      do throws(CascadeError) {
        let loaded = unsafe try CascadeFile(path: path)
        #expect(loaded.stumpCount == 3 && loaded.fileBytes == bytes.count)
        #expect((0..<32).allSatisfy { loaded.digest[$0] == bytes[64 + $0] })
      } catch { found = error.fault }
      #expect(found == fault)
    }
    #expect(throws: CascadeError(.unreadable, at: 0, systemError: 2)) {
      _ = unsafe try CascadeFile(path: "no-such-file.fxc")
    }
  }

  /// Names, labels and provenance take well-formed UTF-8 without control characters, and nothing else.
  @Test(arguments: [
    ("é\u{800}\u{10FFFF}", true), ("\u{D7FF}\u{E000}", true), ("a\u{7F}", false), ("a\tb", false),
  ])
  func textIsUTF8(_ text: String, _ isTaken: Bool) { expectProvenance(Array(text.utf8), isTaken) }

  @Test(
    arguments: [
      [0xC3], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80],
      [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x28, 0xA1], [0x80], [0xFF],
    ] as [[UInt8]])
  func brokenUTF8IsRefused(_ bytes: [UInt8]) { expectProvenance(bytes, false) }

  /// The provenance's first bytes become these.
  private func expectProvenance(_ text: [UInt8], _ isTaken: Bool) {
    var tiny = TinyModel()
    let start = tiny.bytes.count - #"{"source":"tiny"}"#.utf8.count
    tiny.bytes.removeSubrange(start...)
    tiny.bytes += text
    func set(_ offset: Int, _ value: Int) {
      for byte in 0..<8 { tiny.bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> (8 * byte)) }
    }
    set(16, tiny.bytes.count)
    set(128 + 24 * 7 + 16, text.count)
    tiny.stampDigest()
    #expect(tryOut(tiny.bytes) == (isTaken ? nil : ModelError(.name, at: start)))
  }

  private func file(_ bytes: [UInt8]) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "ferrite-\(UUID().uuidString)").path
    try Data(bytes).write(to: URL(filePath: path))
    return path
  }
}
