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
    #expect(failure("/nowhere") == .model(ModelError(.unreadable, at: 0, systemError: ENOENT)))
    try withFile { path in
      #expect(failure(path, threads: 0) == .threads(.wrongCount))
      let missing = InstructionSet.allCases.first { !$0.isAvailable }!
      #expect(failure(path, missing) == .session(.instructionSetUnavailable))
      var network = unsafe try Network(path: path)
      #expect(throws: NetworkError.session(.wrongFrameSize)) {
        let pixels: [UInt8] = [1, 2, 3]
        try network.run(pixels: pixels.span)
      }
    }
  }

  private func failure(_ path: String, _ instructionSet: InstructionSet = .best, threads: Int = 1) -> NetworkError? {
    do throws(NetworkError) {
      _ = unsafe try Network(path: path, instructionSet: instructionSet, threads: threads)
      return nil
    } catch {
      return error
    }
  }

  private func withFile(_ body: (String) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).fxm")
    try Data(TinyModel().bytes).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url.path)
  }
}
