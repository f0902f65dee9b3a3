import EdgeRuntime
import Foundation
import Testing

/// Whole networks, committed with what they compute: by every instruction set of this machine and 1 to 8 threads. The same files run on
/// emulated cores in Tests/EndToEnd/test_kernels.py.
@Suite("Committed networks") struct NetworkConformanceTests {
  struct Network: CustomStringConvertible, Sendable {
    var name: String
    var digest: UInt64
    var description: String { name }
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

  static let networks: [Network] = {
    let text = (try? String(contentsOf: folder.appending(path: "digests.txt"), encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 2, let digest = UInt64(words[1], radix: 16) else { return nil }
      return Network(name: String(words[0]), digest: digest)
    }
  }()

  @Test("hold every operation, and none is without its digest")
  func complete() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.appending(path: "networks").path)
    #expect(Set(files) == Set(Self.networks.map(\.name)) && files.count >= 12)
    var kinds: Set<OperationKind> = []
    for network in Self.networks {
      let memory = Memory(try bytes(network))
      let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
      for index in 0..<model.operationCount { kinds.insert(model.operation(index).operation.kind) }
    }
    #expect(kinds == Set(OperationKind.allCases))
  }

  @Test("compute what they did when they were committed", arguments: networks)
  func digests(_ network: Network) throws {
    let memory = Memory(try bytes(network))
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    for threads in 1...8 {
      let pool = try ThreadPool(threads: threads)
      let working = Memory([UInt8](repeating: 0, count: NetworkConformance.memoryBytes(model, threads: threads)))
      for set in InstructionSet.allCases where set.isAvailable {
        let report = unsafe try NetworkConformance.run(
          unsafeModel: model, set, unsafePool: pool, frames: NetworkConformance.standardFrames, memory: working.bytes)
        let way = "\(set.name), \(threads) threads"
        #expect(report.difference == nil && report.digest == network.digest, "\(way)")
      }
    }
  }

  /// The second operation's bias differs by one in its first output: the first element of theta, and nothing before it.
  @Test("that differ are told apart by the first operation and element")
  func difference() throws {
    let tiny = TinyModel()
    var other = tiny
    other.bytes[TinyModel.weightsOffset + 576] += 1
    other.stampDigest()
    let (memory, otherMemory) = (Memory(tiny.bytes), Memory(other.bytes))
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    let otherModel = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(otherMemory.bytes))
    let arena = Memory([UInt8](repeating: 0, count: model.sessionBytes(threads: 1)))
    let otherArena = Memory([UInt8](repeating: 0, count: model.sessionBytes(threads: 1)))
    var session = unsafe try Session(unsafeModel: model, arena: arena.bytes, instructionSet: .scalar)
    var otherSession = unsafe try Session(unsafeModel: otherModel, arena: otherArena.bytes, instructionSet: .scalar)
    let pixels = [UInt8](repeating: 100, count: 16)
    unsafe try pixels.withUnsafeBytes { pixels in
      unsafe try session.run(pixels: pixels)
      unsafe try otherSession.run(pixels: pixels)
    }
    withExtendedLifetime((memory, otherMemory, arena, otherArena)) {
      #expect(NetworkConformance.firstDifference(session, otherSession, tensor: 2, count: 32) == nil)
      #expect(NetworkConformance.firstDifference(session, otherSession, tensor: 3, count: 6) == 0)
      #expect(NetworkConformance.firstDifference(session, session, tensor: 3, count: 6) == nil)
    }
  }

  @Test("are refused in memory that is too small")
  func memory() throws {
    let memory = Memory(TinyModel().bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    let pool = try ThreadPool(threads: 2)
    let working = Memory([UInt8](repeating: 0, count: NetworkConformance.memoryBytes(model, threads: 2) - 1))
    #expect(throws: SessionError.arenaTooSmall) {
      _ = unsafe try NetworkConformance.run(
        unsafeModel: model, .scalar, unsafePool: pool, frames: 1, memory: working.bytes)
    }
  }

  private func bytes(_ network: Network) throws -> [UInt8] {
    Array(try Data(contentsOf: Self.folder.appending(path: "networks/\(network.name)")))
  }
}
