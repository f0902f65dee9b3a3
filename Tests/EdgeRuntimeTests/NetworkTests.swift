import EdgeRuntime
import Foundation
import Testing

/// A network that has what it needs.
@Suite struct NetworkTests {
  @Test(arguments: [1, 3]) func computesWhatASessionDoes(threads: Int) throws {
    try withFile { path in
      var network = unsafe try Network(path: path, threads: threads)
      let pixels = (0..<16).map { UInt8($0 * 16) }
      #expect(network.frameBytes == pixels.count)
      try network.run(pixels: pixels.span)
      let logits = try TinyModel().logits()
      #expect((0..<3).map { network.session.logit($0) } == logits)
      #expect(network.classIndex == logits.firstIndex(of: logits.max()!))
      #expect(network.label == ["a", "b", "c"][network.classIndex])
      #expect(network.probability(network.classIndex) == network.session.probability(network.classIndex))
    }
  }

  @Test func probabilitiesAtOnceAreThoseOneByOne() throws {
    try withFile { path in
      var network = unsafe try Network(path: path)
      for seed in 0..<20 {
        let pixels = (0..<16).map { UInt8(truncatingIfNeeded: $0 * 31 &* seed) }
        try network.run(pixels: pixels.span)
        var all: [UInt32] = [0, 0, 0]
        var span = all.mutableSpan
        network.session.writeProbabilities(to: &span)
        #expect(all == (0..<3).map { network.probability($0) })
      }
    }
  }

  @Test func saysWhatItCannotHave() throws {
    try withFile { path in
      #expect(
        failure { unsafe _ = try Network(path: "/nowhere") }
          == .model(ModelError(.unreadable, at: 0, systemError: ENOENT)))
      #expect(failure { unsafe _ = try Network(path: path, threads: 0) } == .threads(.wrongCount))
      let missing = InstructionSet.allCases.first { !$0.isAvailable }!
      #expect(
        failure { unsafe _ = try Network(path: path, instructionSet: missing) } == .session(.instructionSetUnavailable))
      var network = unsafe try Network(path: path)
      #expect(failure { try network.run(pixels: [1, 2, 3].span) } == .session(.wrongFrameSize))
    }
  }

  @Test func testVectorsTellACorruptedMemoryFromASoundOne() throws {
    let file = Memory(TinyModel().bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(file.bytes))
    let shared = unsafe ModelFile(unsafeSharing: model)
    let arena = Memory([UInt8](repeating: 0, count: model.sessionBytes(threads: 1)))
    var session = unsafe try Session(unsafeModel: model, arena: arena.bytes, instructionSet: .scalar)
    #expect(try session.passesTestVectors(of: shared))
    // A weight of the last layer.
    unsafe file.bytes[TinyModel.weightsOffset + 704] ^= 0x40
    #expect(try !session.passesTestVectors(of: shared))
  }

  private func failure(_ body: () throws(NetworkError) -> Void) -> NetworkError? {
    do throws(NetworkError) { try body() } catch { return error }
    return nil
  }

  private func withFile(_ body: (UnsafePointer<CChar>) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).fxm")
    try Data(TinyModel().bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    unsafe try url.path.withCString { unsafe try body($0) }
  }
}
