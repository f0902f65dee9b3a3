import CLinux
import EdgeProgram
import EdgeRuntime

/// How many threads share the work of a frame, on which processors, and how urgently: `--threads N`, `--cpus LIST`, `--priority P`,
/// `--realtime`.
struct ThreadOptions {
  private var count = 1
  /// One for each thread, the first for the program's own; none where threads may run anywhere.
  private var processors = InlineArray<64, Int>(repeating: 0)
  private var processorCount = 0
  private var priority: Int?
  private var isRealTime = false
  /// Below 50, which the kernel gives its interrupts' threads: the camera's driver goes first.
  private static let realTimePriority = 40

  mutating func setCount(_ value: Word) throws(EdgeError) {
    guard let number = value.number, 1...ThreadPool.maximumThreads ~= number else {
      throw .usage("--threads takes 1 to 64, not", value)
    }
    count = number
  }

  mutating func setProcessors(_ value: Word) throws(EdgeError) {
    var start = 0
    while start <= value.count {
      guard let (number, end) = Self.number(value, from: start), processorCount < processors.count else {
        throw .usage("--cpus takes processor numbers with commas between them, not", value)
      }
      for index in 0..<processorCount where processors[index] == number {
        throw .usage("--cpus names a processor twice:", value)
      }
      processors[processorCount] = number
      processorCount += 1
      start = end + 1
    }
  }

  mutating func setPriority(_ value: Word) throws(EdgeError) {
    guard let number = value.number, 1...99 ~= number else { throw .usage("--priority takes 1 to 99, not", value) }
    priority = number
  }

  mutating func setRealTime() { isRealTime = true }

  /// With `--realtime` keeps all memory in RAM; when everything has been set up.
  func lockMemory() throws(EdgeError) {
    guard isRealTime else { return }
    let error = linux_lock_memory()
    guard error == 0 else { throw .memoryNotLocked(systemError: error) }
  }

  /// Checks what several options say together.
  func check() throws(EdgeError) {
    guard processorCount == 0 || processorCount == count else {
      throw .usage("--cpus takes as many processors as --threads says", nil)
    }
  }

  /// Starts the threads, and warns where they are more than the processors.
  func start() throws(EdgeError) -> ThreadPool {
    if count > ThreadPool.processors { Self.warn(count) }
    do throws(ThreadError) {
      let pool = try ThreadPool(threads: count)
      for thread in 0..<processorCount { try pool.pin(thread, to: processors[thread]) }
      if let priority = priority ?? (isRealTime ? Self.realTimePriority : nil) { try pool.prioritize(priority) }
      return pool
    } catch {
      throw .threads(error)
    }
  }

  private static func warn(_ count: Int) {
    var writer = TextWriter.standardError
    writer.text("ferrite-edge: warning: ")
    writer.integer(count)
    writer.text(" threads on ")
    writer.integer(ThreadPool.processors)
    writer.text(ThreadPool.processors == 1 ? " processor wait for each other\n" : " processors wait for each other\n")
    writer.flush()
  }

  /// The decimal number of one to four digits at `start`, and the place of the comma or the end behind it.
  private static func number(_ word: Word, from start: Int) -> (number: Int, end: Int)? {
    var number = 0
    var end = start
    while end < word.count, word[end] != UInt8(ascii: ",") {
      guard case UInt8(ascii: "0")...UInt8(ascii: "9") = word[end], end < start + 4 else { return nil }
      number = 10 * number + Int(word[end] - UInt8(ascii: "0"))
      end += 1
    }
    return end == start ? nil : (number, end)
  }
}
