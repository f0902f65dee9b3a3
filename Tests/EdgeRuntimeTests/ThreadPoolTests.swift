import CLinux
import EdgeRuntime
import Testing

@Suite struct WorkShareTests {
  @Test func sharesAreAllItemsOnceAndNearlyEqual() {
    for count in 1...9 {
      for extent in 0...40 {
        let ranges = (0..<count).map { WorkShare(index: $0, count: count).range(of: extent) }
        #expect(ranges.flatMap(Array.init) == Array(0..<extent), "\(extent) among \(count)")
        #expect(ranges.map(\.count).max() == WorkShare.greatest(of: extent, among: count))
        #expect(ranges.map(\.count).min()! >= extent / count)
      }
    }
    #expect(WorkShare.whole.range(of: 7) == 0..<7)
  }
}

/// Threads, each with a sum of its own.
@safe
private final class Adders {
  private let threads: OpaquePointer
  private let memory: Memory<Int64>
  private let count: Int
  /// From one thread's sum to the next one's: a cache line.
  private static let stride = 8

  init(_ count: Int) throws {
    var threads: OpaquePointer?
    try #require(unsafe linux_start_threads(Int32(count), &threads) == 0)
    unsafe self.threads = unsafe try #require(threads)
    memory = Memory([Int64](repeating: 0, count: count * Self.stride))
    self.count = count
  }

  deinit { unsafe linux_end_threads(threads) }

  /// Each thread adds `item` to its sum.
  func turn(_ item: Int64) {
    unsafe linux_on_all_threads(
      threads,
      { context, item, thread in
        let sums = unsafe UnsafeMutableRawPointer(mutating: context).assumingMemoryBound(to: Int64.self)
        unsafe sums[Int(thread) * Adders.stride] += item
      }, memory.pointer, item)
  }

  var sums: [Int64] { (0..<count).map { memory.elements[$0 * Self.stride] } }

  /// Of all but the caller's thread.
  var busyTimes: [UInt64] { (1..<count).map { unsafe linux_busy_nanoseconds(threads, Int32($0)) } }
}

@Suite("Threads that share work") struct ThreadPoolTests {
  /// 64 are more than most machines have processors: then they take turns.
  @Test("each does its share of every turn once, and what it wrote is seen", arguments: [1, 2, 3, 4, 7, 64])
  func turns(_ count: Int) throws {
    let adders = try Adders(count)
    var expected: Int64 = 0
    for turn in 1...Int64(count > 8 ? 50 : 500) {
      adders.turn(turn)
      expected += turn
      #expect(adders.sums == [Int64](repeating: expected, count: count))
    }
  }

  @Test("they sleep between turns, and wake for the next one")
  func sleep() throws {
    let adders = try Adders(3)
    for turn in 1...3 {
      adders.turn(1)
      // On a loaded machine it takes them some time to find that nothing comes.
      var (before, busy) = ([UInt64](), adders.busyTimes)
      repeat {
        pause(milliseconds: 50)
        (before, busy) = (busy, adders.busyTimes)
      } while before != busy && busy.allSatisfy { $0 < 1_000_000_000 }
      pause(milliseconds: 200)
      #expect(adders.busyTimes == busy, "awake after turn \(turn)")
    }
    #expect(adders.sums == [3, 3, 3])
  }

  private func pause(milliseconds: Int) {
    var time = timespec(tv_sec: 0, tv_nsec: milliseconds * 1_000_000)
    _ = unsafe nanosleep(&time, nil)
  }

  @Test("none or too many are refused", arguments: [0, -1, 65, 1000])
  func wrongCounts(_ count: Int) {
    #expect(throws: ThreadError.wrongCount) { _ = try ThreadPool(threads: count) }
  }

  @Test("a processor that doesn't exist is refused by its number", arguments: [4000, 1023, -1])
  func missingProcessor(_ processor: Int) throws {
    let pool = try ThreadPool(threads: 2)
    #expect(throws: ThreadError.notPinned(processor: processor, systemError: EINVAL)) {
      try pool.pin(1, to: processor)
    }
  }

  @Test("a priority that doesn't exist is refused")
  func wrongPriority() throws {
    let pool = try ThreadPool(threads: 2)
    #expect(throws: ThreadError.notPrioritized(systemError: EINVAL)) { try pool.prioritize(1000) }
  }
}

@Suite("A session's arena") struct ArenaTests {
  @Test("holds a workspace for each thread, and is refused where it is a byte too small", arguments: [1, 2, 5])
  func workspaces(_ threads: Int) throws {
    let memory = Memory(TinyModel().bytes)
    let model = unsafe try ModelFile(unsafeBytes: UnsafeRawBufferPointer(memory.bytes))
    let workspace = model.arenaBytes - model.workspaceOffset
    let one = model.sessionBytes(threads: 1)
    #expect(
      workspace > 0 && one > model.arenaBytes && model.sessionBytes(threads: threads) == one + (threads - 1) * workspace
    )
    let pool = try ThreadPool(threads: threads)
    let arena = Memory([UInt8](repeating: 0, count: model.sessionBytes(threads: threads)))
    let session = unsafe try Session(
      unsafeModel: model, arena: arena.bytes, instructionSet: .scalar, unsafePool: pool)
    #expect(session.threads == threads)
    let small = unsafe UnsafeMutableRawBufferPointer(rebasing: arena.bytes.dropLast())
    #expect(throws: SessionError.arenaTooSmall) {
      _ = unsafe try Session(unsafeModel: model, arena: small, instructionSet: .scalar, unsafePool: pool)
    }
  }
}
