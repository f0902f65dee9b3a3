import CHeap
import CLinux
import EdgeProgram
import EdgeRuntime

/// `bench M.fxm [--frames N] [--threads N] [--cpus LIST] [--priority P] [--realtime] [--isa I] [--public-key K] [--json]`: time per frame and per layer, what the frames asked of heap and
/// system, and the machine's state behind the last one.
///
/// Frames are the model's test vectors in turn. A frame's time runs from pixels to logits; the clock is read after each layer.
enum BenchCommand {
  static let maximumFrames = 10_000

  static func run(_ arguments: consuming Words) throws(EdgeError) {
    var options = try Options(arguments, accepting: .json | .frames | .computing | .publicKey)
    var classifier = try Classifier(options.model(), Trust(options), options.instructionSet, options.threads)
    try options.end()
    let results = try BenchResults(&classifier, options)
    var output = TextWriter.standardOutput
    if options.json { output.json(results, classifier) } else { output.table(results, classifier) }
    try output.finish()
  }
}

/// What a benchmark found.
struct BenchResults: ~Copyable {
  static let warmUpFrames = 10
  static let bins = 12

  let frames: Int
  let threads: Int
  /// Sorted: the frame as a whole, then its layers.
  let durations: Durations
  let allocations: UInt64
  let usage: SystemUsage
  /// By the clock before the frames.
  let peak: MultiplyPeak
  let cyclesPerMicrosecondAfter: Double
  /// Behind the last frame.
  let machine: Machine

  init(_ classifier: inout Classifier, _ options: Options) throws(EdgeError) {
    var durations = try Durations(things: 1 + classifier.model.operationCount, measurements: options.frames)
    try options.threads.lockMemory()
    for _ in 0..<Self.warmUpFrames { try classifier.measure(&durations, frame: 0) }
    let threads = classifier.session.threads
    let peak = MultiplyPeak(options.instructionSet, threads: threads)
    let usage = SystemUsage.current
    let heapCalls = heap_calls()
    for frame in 0..<options.frames { try classifier.measure(&durations, frame: frame) }
    allocations = heap_calls() - heapCalls
    self.usage = SystemUsage.current - usage
    cyclesPerMicrosecondAfter = ProcessorClock.cyclesPerMicrosecond()
    machine = Machine.current
    for thing in 0...classifier.model.operationCount { durations.sort(thing) }
    frames = options.frames
    self.threads = threads
    self.peak = peak
    self.durations = durations
  }

  func nanoseconds(permille: Int) -> UInt64 { durations.percentile(0, permille: permille) }

  func median(layer: Int) -> UInt64 { durations.percentile(1 + layer, permille: 500) }

  /// The ends of the frame histogram's bins.
  var bounds: HistogramBounds {
    HistogramBounds(
      least: durations.percentile(0, permille: 0), greatest: durations.percentile(0, permille: 1000), bins: Self.bins)
  }

  /// The share of the peak at which so many multiply-accumulates took so long.
  func share(_ macs: UInt64, nanoseconds: UInt64) -> Double? {
    peak.share(macs, microseconds: Double(nanoseconds) / 1000)
  }
}

extension Classifier {
  /// Runs frame number `frame` and records its time and its layers'.
  fileprivate mutating func measure(_ durations: inout Durations, frame: Int) throws(EdgeError) {
    let start = linux_nanoseconds()
    try beginTestVector(frame)
    var last = start
    for layer in 0..<model.operationCount {
      session.step(layer)
      let now = linux_nanoseconds()
      durations.set(1 + layer, frame, nanoseconds: now - last)
      last = now
    }
    durations.set(0, frame, nanoseconds: last - start)
  }

  /// Gives the session a test vector's frame; the vectors repeat. A model without any gets a black frame.
  private mutating func beginTestVector(_ number: Int) throws(EdgeError) {
    let count = model.testVectorCount
    let frame = unsafe count > 0 ? model.unsafeTestFrame(number % count) : unsafePixels
    do throws(SessionError) { unsafe try session.begin(frame: frame) } catch { throw .session(error) }
  }

  /// Multiply-accumulates of a frame.
  var multiplyAccumulates: UInt64 {
    var sum: UInt64 = 0
    for layer in 0..<model.operationCount { sum += model.operation(layer).multiplyAccumulates }
    return sum
  }
}
