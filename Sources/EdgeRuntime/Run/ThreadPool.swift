import CLinux

/// Threads that share the work of frames: started once, asleep between frames, ended with this value.
///
/// The thread that makes the pool is the first of them. One session at a time runs frames on a pool, on that thread. A pool of
/// one thread starts none and costs nothing.
@safe
public struct ThreadPool: ~Copyable {
  public static let maximumThreads = Int(linux_maximum_threads)

  let handle: OpaquePointer
  /// The thread that made the pool included.
  public let threads: Int

  /// Starts `threads - 1` threads. Nothing after this takes memory.
  ///
  /// - Parameter threads: 1 to `maximumThreads`. More than `processors` take turns and only wait for each other.
  public init(threads: Int) throws(ThreadError) {
    guard 1...Self.maximumThreads ~= threads else { throw .wrongCount }
    var handle: OpaquePointer?
    let systemError = unsafe linux_start_threads(Int32(threads), &handle)
    guard systemError == 0, let handle = unsafe handle else { throw .notStarted(systemError: systemError) }
    unsafe self.handle = handle
    self.threads = threads
  }

  deinit { unsafe linux_end_threads(handle) }

  /// Nanoseconds that a thread, 0 being the one that made the pool, has kept a processor busy since it started.
  public func busyNanoseconds(_ thread: Int) -> UInt64 {
    precondition(thread >= 0 && thread < threads, "a thread is out of range")
    return unsafe linux_busy_nanoseconds(handle, Int32(thread))
  }

  /// Processors that this program may run on.
  public static var processors: Int { Int(linux_processors()) }

  /// Keeps thread number `thread`, 0 being the one that made the pool, on a processor.
  public func pin(_ thread: Int, to processor: Int) throws(ThreadError) {
    precondition(thread >= 0 && thread < threads, "a thread is out of range")
    let systemError = unsafe linux_pin_thread(handle, Int32(thread), Int32(clamping: processor))
    guard systemError == 0 else { throw .notPinned(processor: processor, systemError: systemError) }
  }

  /// Gives all threads a real-time priority: they run before everything that has none, until they wait.
  ///
  /// - Parameter priority: 1 to 99, as `SCHED_FIFO` has them.
  public func prioritize(_ priority: Int) throws(ThreadError) {
    let systemError = unsafe linux_prioritize_threads(handle, Int32(clamping: priority))
    guard systemError == 0 else { throw .notPrioritized(systemError: systemError) }
  }
}

/// Why threads can't be had as asked for.
public enum ThreadError: Error, Equatable, Sendable {
  case wrongCount
  case notStarted(systemError: Int32)
  case notPinned(processor: Int, systemError: Int32)
  case notPrioritized(systemError: Int32)
}
