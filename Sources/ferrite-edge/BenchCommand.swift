import CHeap
import CLinux
import EdgeRuntime

/// `bench M.fxm [--frames N] [--threads 1] [--isa I] [--json]`: time per frame and per layer, and the frames' heap calls.
///
/// Frames are the model's test vectors in turn. A frame's time runs from pixels to logits; the clock is read after each layer.
enum BenchCommand {
  static let maximumFrames = 10_000
  private static let warmUpFrames = 3

  static func run(_ arguments: consuming Words) throws(EdgeError) {
    var options = try Options(arguments, accepting: .json | .frames | .threads | .instructionSet)
    var classifier = try Classifier(options.model(), options.instructionSet)
    try options.end()
    // The frame as a whole comes before its layers.
    var durations = try Durations(things: 1 + classifier.model.operationCount, measurements: options.frames)
    for _ in 0..<warmUpFrames { try measure(&classifier, &durations, frame: 0) }
    let heapCallsBefore = heap_calls()
    for frame in 0..<options.frames { try measure(&classifier, &durations, frame: frame) }
    let allocations = heap_calls() - heapCallsBefore
    for thing in 0...classifier.model.operationCount { durations.sort(thing) }

    var output = TextWriter.standardOutput
    if options.json {
      reportJSON(&output, classifier, durations, options, allocations)
    } else {
      report(&output, classifier, durations, options, allocations)
    }
    try output.finish()
  }

  private static func measure(
    _ classifier: inout Classifier, _ durations: inout Durations, frame: Int
  ) throws(EdgeError) {
    let start = linux_nanoseconds()
    try classifier.beginTestVector(frame)
    var last = start
    for layer in 0..<classifier.model.operationCount {
      classifier.session.step(layer)
      let now = linux_nanoseconds()
      durations.set(1 + layer, frame, nanoseconds: now - last)
      last = now
    }
    durations.set(0, frame, nanoseconds: last - start)
  }

  private static func reportJSON(
    _ output: inout TextWriter, _ classifier: borrowing Classifier, _ durations: borrowing Durations,
    _ options: Options, _ allocations: UInt64
  ) {
    output.text("{")
    output.key("frames", first: true)
    output.integer(options.frames)
    output.text(",\"threads\":1,\"isa\":\"")
    output.text(options.instructionSet.name)
    output.text("\",\"latency_us\":{")
    output.latency("p50", durations.percentile(0, permille: 500), first: true)
    output.latency("p90", durations.percentile(0, permille: 900))
    output.latency("p99", durations.percentile(0, permille: 990))
    output.latency("p999", durations.percentile(0, permille: 999))
    output.latency("max", durations.percentile(0, permille: 1000))
    output.text("},\"allocations\":")
    output.integer(allocations)
    output.text(",\"layers\":[")
    for layer in 0..<classifier.model.operationCount {
      let record = classifier.model.operation(layer)
      output.text(layer == 0 ? "{" : ",{")
      output.key("name", first: true)
      unsafe output.string(classifier.model.unsafeName(record.name))
      output.text(",\"op\":\"")
      output.text(record.operation.kind.name)
      output.text("\"")
      output.latency("p50_us", durations.percentile(1 + layer, permille: 500))
      output.key("macs")
      output.integer(record.multiplyAccumulates)
      output.text("}")
    }
    output.text("]}\n")
  }

  private static func report(
    _ output: inout TextWriter, _ classifier: borrowing Classifier, _ durations: borrowing Durations,
    _ options: Options, _ allocations: UInt64
  ) {
    output.integer(options.frames)
    output.text(" frames, 1 thread, ")
    output.text(options.instructionSet.name)
    output.text("; microseconds: median ")
    output.microseconds(durations.percentile(0, permille: 500))
    output.text(", p90 ")
    output.microseconds(durations.percentile(0, permille: 900))
    output.text(", p99 ")
    output.microseconds(durations.percentile(0, permille: 990))
    output.text(", p99.9 ")
    output.microseconds(durations.percentile(0, permille: 999))
    output.text(", greatest ")
    output.microseconds(durations.percentile(0, permille: 1000))
    output.text("\nheap calls during these frames: ")
    output.integer(allocations)
    output.text("\n")
    for layer in 0..<classifier.model.operationCount {
      output.text("  ")
      output.microseconds(durations.percentile(1 + layer, permille: 500))
      output.text("  ")
      unsafe output.text(classifier.model.unsafeName(classifier.model.operation(layer).name))
      output.text("\n")
    }
  }
}

extension TextWriter {
  fileprivate mutating func latency(_ name: StaticString, _ nanoseconds: UInt64, first: Bool = false) {
    key(name, first: first)
    microseconds(nanoseconds)
  }

  fileprivate mutating func microseconds(_ nanoseconds: UInt64) {
    decimal(Int64(nanoseconds), fractionDigits: 3)
  }
}

extension Classifier {
  /// Gives the session a test vector's pixels; the vectors repeat. A model without any gets a black frame.
  fileprivate mutating func beginTestVector(_ number: Int) throws(EdgeError) {
    let count = model.testVectorCount
    let pixels = unsafe count > 0 ? model.unsafeTestPixels(number % count) : unsafePixels
    do throws(SessionError) { unsafe try session.begin(pixels: pixels) } catch { throw .session(error) }
  }
}
