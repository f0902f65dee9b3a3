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

/// Runs `body` for each of 0..<count, on several threads, each with what `prepare` has made for it.
///
/// - Returns: the results in order.
/// - Throws: what the first thread (by number) threw.
public func concurrentMap<State, Result: Sendable>(
  _ count: Int, prepare: @Sendable () throws -> State, _ body: @Sendable (State, Int) throws -> Result
) throws -> [Result] {
  let parts = try concurrently { thread, threads in
    let state = try prepare()
    return try stride(from: thread, to: count, by: threads).map { try body(state, $0) }
  }
  return (0..<count).map { parts[$0 % parts.count][$0 / parts.count] }
}

/// Runs `body` for each of 0..<count as `concurrentMap` does; the results, `rowCount` numbers each, lie one after the other in
/// one array, which is all the memory that they take.
///
/// - Throws: what the first thread (by number) threw.
public func concurrentRows<State>(
  _ count: Int, of rowCount: Int, prepare: @Sendable () throws -> State,
  _ body: @Sendable (State, Int) throws -> [Float]
) throws -> [Float] {
  try unsafe concurrentlyFilled(count * rowCount) { numbers, thread, threads in
    let state = try prepare()
    for index in stride(from: thread, to: count, by: threads) {
      let row = try body(state, index)
      precondition(row.count == rowCount, "rows of one length")
      // Row `index` of `count`; no other thread has this index.
      for (place, number) in row.enumerated() { unsafe numbers[index * rowCount + place] = number }
    }
  }
}

/// An array of zeros that `body(numbers, thread, threads)` fills, each thread a part of its own.
func concurrentlyFilled(
  _ count: Int, _ body: @Sendable (UnsafeMutableBufferPointer<Float>, _ thread: Int, _ threads: Int) throws -> Void
) throws -> [Float] {
  try unsafe [Float](unsafeUninitializedCapacity: count) { buffer, initialized in
    unsafe buffer.initialize(repeating: 0)
    initialized = count
    // Threads write to parts that don't overlap, and all have ended when `concurrently` returns.
    nonisolated(unsafe) let numbers = unsafe UnsafeMutableBufferPointer(rebasing: buffer[..<count])
    _ = try concurrently { thread, threads in try unsafe body(numbers, thread, threads) }
  }
}

/// Counts across threads.
public final class Counter: Sendable {
  private let value = Atomic(0)

  public init() {}

  public func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}
