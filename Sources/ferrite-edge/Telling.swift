import CHeap
import CLinux
import EdgeProgram
import EdgeRuntime

/// What `watch` tells others beside the lines of decisions, none of which a frame waits for: the report that SIGUSR1 asks for and that
/// an ending signal leaves, the line that sums up, and the metrics file.
///
/// A thread of its own writes the report that is asked for and the metrics. At an ending signal its handler writes the report, as far as
/// that needs no waiting, and the summary, which waits for a reader of decisions no longer than an orderly end does. What they read lies
/// in memory that stays until the program ends.
@safe
struct Telling {
  /// How long an orderly end waits for a slow disk or a slow reader.
  static let patience: UInt64 = 1_000_000_000
  private static let metricsPeriod: UInt64 = 5_000_000_000
  private static let report: UInt32 = 1
  private static let metrics: UInt32 = 2

  private let subject: UnsafeMutablePointer<TellingSubject>
  private let aside: OpaquePointer
  var statistics: FrameStatistics { unsafe subject.pointee.statistics }
  var deadline: UInt64? { unsafe subject.pointee.deadline }

  /// - Parameters:
  ///   - lines: of decisions.
  ///   - isSummedUp: whether a last line sums up a camera's frames.
  init(
    _ options: TellingOptions, unsafeLines lines: OpaquePointer, isSummedUp: Bool, watchdog: Int32?,
    _ model: borrowing ModelFile
  ) throws(EdgeError) {
    guard let statistics = FrameStatistics() else { throw .noMemory }
    let page = unsafe try pages(MemoryLayout<TellingSubject>.stride)
    guard let base = page.baseAddress else { throw .noMemory }
    unsafe subject = base.bindMemory(to: TellingSubject.self, capacity: 1)
    unsafe subject.initialize(
      to: TellingSubject(
        statistics: statistics, lines: lines, isSummedUp: isSummedUp, watchdog: watchdog,
        deadline: options.deadlineNanoseconds,
        metrics: try options.metrics.map { path throws(EdgeError) in try MetricsFile(path, model) }))
    var started: OpaquePointer?
    let error = unsafe linux_start_aside(
      { context, reasons in unsafe Telling.work(context, reasons) }, subject,
      options.metrics == nil ? 0 : Self.metricsPeriod, &started)
    guard error == 0, let started = unsafe started else { throw .threads(.notStarted(systemError: error)) }
    unsafe aside = started
    unsafe linux_on_request({ unsafe Telling.ask($0) }, UnsafeMutableRawPointer(started))
    unsafe linux_before_ending(
      Int32(linux_ending_parting), { unsafe Telling.part($0) }, UnsafeMutableRawPointer(subject))
  }

  /// On the thread beside the frames.
  private static func work(_ context: UnsafeMutableRawPointer?, _ reasons: UInt32) {
    guard let context = unsafe context else { return }
    let subject = unsafe context.assumingMemoryBound(to: TellingSubject.self)
    if reasons & report != 0 {
      var writer = TextWriter.standardError
      unsafe subject.pointee.report(to: &writer)
      writer.flush()
    }
    if reasons & (metrics | UInt32(linux_aside_period)) != 0 { unsafe subject.pointee.writeMetrics() }
  }

  /// In the handler of SIGUSR1.
  private static func ask(_ context: UnsafeMutableRawPointer?) {
    guard let context = unsafe context else { return }
    unsafe linux_ask_aside(OpaquePointer(context), report)
  }

  /// In the handler of a signal that ends the program.
  private static func part(_ context: UnsafeMutableRawPointer?) -> Int32 {
    guard let context = unsafe context else { return 0 }
    let subject = unsafe context.assumingMemoryBound(to: TellingSubject.self)
    if let watchdog = unsafe subject.pointee.watchdog { _ = linux_stop_watchdog(watchdog) }
    var writer = TextWriter(impatientDescriptor: 2)
    unsafe subject.pointee.report(to: &writer)
    writer.flush()
    unsafe subject.pointee.sumUpAtLast()
    return 0
  }

  /// Before a camera's first frame.
  func begin() { unsafe subject.pointee.heapCallsBefore = heap_calls() }

  /// At an orderly end, when the lines are safe and those of decisions are written.
  func sumUp(to output: inout TextWriter) { unsafe subject.pointee.sumUp(to: &output) }

  /// Before an orderly end, when the lines are safe: the metrics file for the last time.
  func finish() {
    // The report that follows counts what signals would report twice.
    linux_before_ending(Int32(linux_ending_parting), nil, nil)
    _ = unsafe linux_finish_aside(aside, Self.metrics, Self.patience)
  }

  func report() {
    var writer = TextWriter.standardError
    unsafe subject.pointee.report(to: &writer)
    writer.flush()
  }
}

/// What is told about.
@safe
struct TellingSubject {
  let statistics: FrameStatistics
  let lines: OpaquePointer
  let isSummedUp: Bool
  let watchdog: Int32?
  let deadline: UInt64?
  var metrics: MetricsFile?
  /// Heap calls of the program before a camera's first frame; nil where there is no camera.
  var heapCallsBefore: UInt64?
  private var hasSummedUp = false

  init(
    statistics: FrameStatistics, lines: OpaquePointer, isSummedUp: Bool, watchdog: Int32?, deadline: UInt64?,
    metrics: MetricsFile?
  ) {
    self.statistics = statistics
    unsafe self.lines = lines
    self.isSummedUp = isSummedUp
    self.watchdog = watchdog
    self.deadline = deadline
    self.metrics = metrics
  }

  var droppedLines: UInt64 { unsafe linux_dropped_lines(lines) }

  mutating func sumUp(to output: inout TextWriter) {
    guard writeSummary(to: &output) else { return }
    output.endLine()
    // Behind it: a signal that comes between finds it to be done, and a summary twice is better than none.
    hasSummedUp = true
  }

  /// The same in a signal's handler.
  func sumUpAtLast() {
    guard !hasSummedUp else { return unsafe linux_drain_lines(lines, Telling.patience) }
    var writer = unsafe TextWriter(unsafeLastOf: lines, patience: Telling.patience)
    if writeSummary(to: &writer) { writer.flush() }
  }

  private func writeSummary(to writer: inout TextWriter) -> Bool {
    guard isSummedUp, let heapCallsBefore else { return false }
    writer.summary(
      statistics, deadline: deadline, droppedLines: droppedLines, allocations: heap_calls() - heapCallsBefore)
    return true
  }

  /// For people. Nothing here waits but the writer.
  func report(to writer: inout TextWriter) {
    writer.statistics(statistics, deadline: deadline)
    guard droppedLines > 0 else { return }
    writer.text("  ")
    writer.integer(droppedLines)
    writer.text(" lines of output dropped: nobody took them in time\n")
  }

  /// Says on standard error why it can't, once until it can again.
  mutating func writeMetrics() {
    let (statistics, deadline, droppedLines) = (self.statistics, self.deadline, self.droppedLines)
    metrics?.write(statistics, deadline: deadline, droppedLines: droppedLines)
  }
}
