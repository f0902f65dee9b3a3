import Dispatch
import Synchronization

/// Threads that share the work over calibration images. A constant, so that sums come out the same on every machine.
public let calibrationThreads = 2

/// Runs `body(thread, threads)` on each of `threads` threads and returns their results in the threads' order.
///
/// - Throws: what the first thread (by number) threw.
public func concurrently<Result: Sendable>(
  threads: Int = calibrationThreads, _ body: @Sendable (_ thread: Int, _ threads: Int) throws -> Result
) throws -> [Result] {
  let results = Mutex<[Int: Swift.Result<Result, any Error>]>([:])
  DispatchQueue.concurrentPerform(iterations: threads) { thread in
    let result = Swift.Result { try body(thread, threads) }
    results.withLock { $0[thread] = result }
  }
  return try results.withLock { all in try (0..<threads).map { try all[$0]!.get() } }
}

/// Counts across threads.
final class Counter: Sendable {
  private let value = Atomic(0)

  func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}
