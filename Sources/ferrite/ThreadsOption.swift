import ArgumentParser
import EdgeRuntime

/// The option that shares each frame's work among threads.
struct ThreadsOption: ParsableArguments {
  @Option(help: "Threads that share the work of each frame, 1 to 64; the bits are the same at any number.")
  var threads = 1

  func validate() throws {
    let most = ThreadPool.maximumThreads
    guard 1...most ~= threads else { throw ValidationError("--threads \(threads): 1 to \(most) can be used") }
    let processors = ThreadPool.processors
    if threads > processors {
      printWarning("\(threads) threads on \(processors) processor\(processors == 1 ? "" : "s") wait for each other")
    }
  }
}

extension ThreadError {
  /// What the system says.
  var explanation: String {
    switch self {
    case .wrongCount: "1 to \(ThreadPool.maximumThreads) can be used"
    case .notStarted(let number), .notPrioritized(let number): systemMessage(number)
    case .notPinned(let processor, let number): "processor \(processor): \(systemMessage(number))"
    }
  }
}
