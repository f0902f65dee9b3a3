import CLinux
import EdgeRuntime

/// What `watch` tells others beside the lines of decisions, none of which a frame waits for: the report that SIGUSR1 asks for and that
/// an ending signal leaves, and the metrics file.
///
/// A thread of its own writes the first and the last; the report at an ending signal is written by its handler, as far as it can be
/// without waiting. What they read lies in memory that stays until the program ends.
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
  var droppedLines: UInt64 { unsafe subject.pointee.droppedLines }
  var deadline: UInt64? { unsafe subject.pointee.deadline }

  /// - Parameter lines: where lines of decisions wait for their reader, if they do.
  init(
    _ options: TellingOptions, unsafeLines lines: OpaquePointer?, watchdog: Int32?, _ model: borrowing ModelFile
  ) throws(EdgeError) {
    guard let statistics = FrameStatistics() else { throw .noMemory }
    let page = unsafe try pages(MemoryLayout<TellingSubject>.stride)
    guard let base = page.baseAddress else { throw .noMemory }
    unsafe subject = base.bindMemory(to: TellingSubject.self, capacity: 1)
    unsafe subject.initialize(
      to: TellingSubject(
        statistics: statistics, lines: lines, watchdog: watchdog, deadline: options.deadlineNanoseconds,
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
    return 0
  }

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
  let lines: OpaquePointer?
  let watchdog: Int32?
  let deadline: UInt64?
  var metrics: MetricsFile?

  var droppedLines: UInt64 { if let lines = unsafe lines { unsafe linux_dropped_lines(lines) } else { 0 } }

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
