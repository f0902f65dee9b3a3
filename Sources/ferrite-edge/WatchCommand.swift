import CLinux
import EdgeProgram
import EdgeRuntime

/// `watch M.fxm [--board B.board] FRAMES [DETECT] [DECIDING] [COMPUTING] [TELLING]`: a line of
/// text for each frame, and pins that show the decision.
///
/// The lines are taken, at the safe level, before anything that can fail for long or block: what an earlier program left on
/// them is gone even if the model can't be read. However this one ends, by the end of the input, an error or a signal, the
/// lines are driven to the safe level and then released; `OutputLines` sees to the signals.
enum WatchCommand {
  static func run(_ arguments: consuming Words) throws(EdgeError) {
    // Until there is something to report, a request for it passes by.
    unsafe linux_on_request({ _ in }, nil)
    var options = try Options(arguments, accepting: .json | .computing | .board | .stream | .telling | .publicKey)
    let model = try options.model()
    let firstFile = options.file()
    guard (firstFile == nil) != (options.standardInput == nil && options.camera == nil) else {
      throw .usage("watch takes images, --stdin or --camera, one of them", nil)
    }
    let pins = try Pins(options.board)
    let classifier = try Self.classifier(model, options)
    guard classifier.model.scoresOutput != nil else { throw .notScores(classifier.path) }
    try classifier.requireOneInput()
    try pins.match(classifier.model)
    var watch = try Watch(classifier, pins, options)
    var failure: EdgeError?
    do throws(EdgeError) {
      switch options.standardInput {
      case .frames(let encoding):
        try options.threads.lockMemory()
        try watch.show(framesOf: 0, encoding, name: nil)
      case .camera(let encoding): try watch.show(encoding, options)
      case nil: if let camera = options.camera { try watch.show(camera: camera, options) }
      }
      if firstFile != nil { try options.threads.lockMemory() }
      var file = firstFile
      while let name = file {
        if var folder = try InputFolder(name) {
          while let file = folder.nextFile() { try watch.show(file) }
        } else {
          try watch.show(name)
        }
        file = options.file()
      }
    } catch {
      failure = error
    }
    do throws(EdgeError) { try watch.driveSafe() } catch { failure = failure ?? error }
    do throws(EdgeError) { try watch.finish(orderly: failure == nil) } catch { failure = failure ?? error }
    if let failure { throw failure }
  }
}

extension WatchCommand {
  /// The model, or where it can't be read or isn't whole the one before it, which `install-model` has kept.
  private static func classifier(_ path: Word, _ options: borrowing Options) throws(EdgeError) -> Classifier {
    let trust = try Trust(options)
    do throws(EdgeError) {
      return try Classifier(path, trust, options.instructionSet, options.threads)
    } catch {
      guard case .model = error, let old = unsafe linux_old_path(path.start) else { throw error }
      var writer = TextWriter.standardError
      error.report(to: &writer)
      let before = unsafe Word(old)
      do throws(EdgeError) {
        let model = try trust.model(before, installedAt: path)
        let classifier = try Classifier(model, before, options.instructionSet, options.threads)
        writer.text("ferrite-edge: warning: the model before it runs instead: ")
        writer.text(before)
        writer.text("\n")
        writer.flush()
        return classifier
      } catch {
        // Where there is none, that is no news.
        if case .model(_, let fault) = error, fault.systemError == ENOENT {} else { error.report(to: &writer) }
        writer.flush()
        throw .reported
      }
    }
  }
}

/// A board's lines and lights, if there is a board.
private struct Pins: ~Copyable {
  private let board: Board?
  private var lines: OutputLines?
  private var lights: LightOutputs?

  /// Takes the lines at the safe level.
  init(_ path: Word?) throws(EdgeError) {
    guard let path else {
      var writer = TextWriter.standardError
      writer.text("ferrite-edge: no --board, so no line is driven\n")
      writer.flush()
      board = nil
      lines = nil
      lights = nil
      return
    }
    let board = try Board(path)
    let lines = try board.takeLines()
    let lights = try board.takeLights()
    self.board = consume board
    self.lines = lines
    self.lights = lights
  }

  func match(_ model: borrowing ModelFile) throws(EdgeError) {
    switch board {
    case .some(let board): try board.match(model)
    case .none: break
    }
  }

  /// Makes the line and the lights of a class active, if it has any, and the others inactive.
  ///
  /// - Parameter strength: of 65536, how sure the decision is.
  mutating func show(_ decision: Int?, strength: UInt32, of model: borrowing ModelFile) throws(EdgeError) {
    let now = linux_nanoseconds()
    switch board {
    case .some(let board):
      let label = unsafe decision.map { unsafe model.unsafeLabel($0) }
      let entry: Int? = if let label = unsafe label { unsafe board.file.entry(showing: label) } else { nil }
      do throws(SystemError) { try lines?.show(entry: entry, number: decision.map { $0 + 1 } ?? 0, at: now) } catch {
        throw .lines(systemError: error.number)
      }
      do throws(SystemError) {
        unsafe try lights?.show(label: label, strength: strength, of: board.file, at: now)
      } catch {
        throw .lights(systemError: error.number)
      }
    case .none: break
    }
  }

  /// When a pattern changes a line or a light next, by the monotonic clock; nil for never.
  var nextChange: UInt64? {
    let line: UInt64? =
      switch lines {
      case .some(let lines): lines.nextChange
      case .none: nil
      }
    let light: UInt64? =
      switch lights {
      case .some(let lights): lights.nextChange
      case .none: nil
      }
    guard let line, let light else { return line ?? light }
    return min(line, light)
  }

  /// Goes on with patterns between two decisions.
  mutating func advance() throws(EdgeError) {
    let now = linux_nanoseconds()
    do throws(SystemError) { try lines?.advance(to: now) } catch { throw .lines(systemError: error.number) }
    do throws(SystemError) { try lights?.advance(to: now) } catch { throw .lights(systemError: error.number) }
  }

  /// All of them, even where some can't be driven.
  mutating func driveSafe() throws(EdgeError) {
    var failure: EdgeError?
    do throws(SystemError) { try lines?.driveSafe() } catch { failure = .lines(systemError: error.number) }
    do throws(SystemError) { try lights?.driveSafe() } catch { failure = failure ?? .lights(systemError: error.number) }
    if let failure { throw failure }
  }
}

/// A classifier, what is made of its answers, and the lines that show it.
@safe
private struct Watch: ~Copyable {
  private var classifier: Classifier
  private var pins: Pins
  private var filter: DecisionFilter
  private let json: Bool
  private var output: TextWriter
  private var frame: UInt64 = 0
  private let telling: Telling
  /// Of decisions. A live camera's wait here for their reader; no frame waits for him.
  private let lines: OpaquePointer
  private var isCamera = false
  private var manager: ServiceManager

  init(_ classifier: consuming Classifier, _ pins: consuming Pins, _ options: borrowing Options) throws(EdgeError) {
    let classes = classifier.model.classCount
    guard classes <= DecisionFilter.greatestClasses else {
      throw .usage("watch takes models of at most 256 classes", nil)
    }
    var manager = ServiceManager()
    let lines = unsafe try Self.startLines(waits: !options.isLive)
    if let path = options.telling.watchdog { try manager.open(watchdog: path) }
    let telling = unsafe try Telling(
      options.telling, unsafeLines: lines, isSummedUp: options.summary, watchdog: manager.watchdogDescriptor,
      classifier.model)
    output = unsafe TextWriter(unsafeLines: lines)
    unsafe self.lines = lines
    self.telling = telling
    filter = DecisionFilter(options.decisions.settings, classes: classes)
    self.classifier = classifier
    self.pins = pins
    json = options.json
    self.manager = manager
    manager.ready()
  }

  private static func startLines(waits: Bool) throws(EdgeError) -> OpaquePointer {
    var started: OpaquePointer?
    let error = unsafe linux_start_lines(1, waits, &started)
    guard error == 0, let started = unsafe started else { throw .threads(.notStarted(systemError: error)) }
    return unsafe started
  }

  /// Shows every frame of a file.
  mutating func show(_ file: Word) throws(EdgeError) {
    let descriptor = unsafe linux_open(file.start)
    guard descriptor >= 0 else { throw .unreadable(file, systemError: -descriptor) }
    defer { linux_close(descriptor) }
    try show(framesOf: descriptor, .pgm, name: file)
  }

  /// Shows every frame of a descriptor.
  mutating func show(framesOf descriptor: Int32, _ encoding: FrameEncoding, name: Word?) throws(EdgeError) {
    var frames = FrameReader(descriptor: descriptor, encoding, classifier.size)
    while true {
      while let change = pins.nextChange, !frames.isReady(by: change) { try pins.advance() }
      guard try classifier.classifyNext(of: &frames, named: name) else { return }
      // Nobody knows when it was captured.
      var stamps = FrameStatistics.Stamps()
      stamps.captured = classifier.preparedNanoseconds
      stamps.taken = classifier.preparedNanoseconds
      stamps.found = classifier.preparedNanoseconds
      try decide(&stamps, at: classifier.preparedNanoseconds, .square, dropped: 0)
      try tell(name, .square)
    }
  }

  /// Shows a camera's frames on standard input.
  mutating func show(_ encoding: CameraEncoding, _ options: borrowing Options) throws(EdgeError) {
    guard let size = options.size else { throw .usage("no --size given", nil) }
    // The pool is the classifier's, which stays as long as these frames are shown.
    var frames = try CameraFrames(
      encoding, size, to: classifier.size, options.detection, every: options.keepsEvery, on: classifier.pool)
    try options.threads.lockMemory()
    try show(&frames)
  }

  mutating func show(camera: Word, _ options: borrowing Options) throws(EdgeError) {
    var frames = try CameraFrames(
      camera: camera, options.size, to: classifier.size, options.detection, on: classifier.pool)
    try options.threads.lockMemory()
    try show(&frames)
  }

  private mutating func show(_ frames: inout CameraFrames) throws(EdgeError) {
    isCamera = true
    telling.begin()
    while true {
      while let change = pins.nextChange, !frames.isReady(by: change) { try pins.advance() }
      guard let sight = try classifier.classifyNext(of: &frames) else { return }
      var stamps = FrameStatistics.Stamps()
      stamps.captured = frames.nanoseconds
      stamps.taken = frames.takenNanoseconds
      stamps.found = frames.foundNanoseconds
      try decide(&stamps, at: frames.nanoseconds, sight, dropped: frames.dropped)
      try tell(nil, sight)
    }
  }

  /// First the lines: the text can wait for whoever reads it. Where nobody is, no class has any probability.
  private mutating func decide(
    _ stamps: inout FrameStatistics.Stamps, at nanoseconds: UInt64, _ sight: Sight, dropped: UInt64
  ) throws(EdgeError) {
    var isNobody = false
    if case .nobody = sight { isNobody = true }
    stamps.prepared = classifier.preparedNanoseconds
    stamps.inferred = linux_nanoseconds()
    _ = filter.update(at: nanoseconds) { isNobody ? 0 : classifier.session.probability($0) }
    stamps.decided = linux_nanoseconds()
    try pins.show(
      filter.decision, strength: filter.decision.map { filter.score($0) } ?? 0, of: classifier.model)
    stamps.pinned = linux_nanoseconds()
    telling.statistics.add(
      stamps, decision: filter.decision, isNobody: isNobody, dropped: dropped, deadline: telling.deadline)
    manager.frameFinished(at: stamps.pinned)
  }

  private mutating func tell(_ name: Word?, _ sight: Sight) throws(EdgeError) {
    output.decision(classifier, sight, name: name, frame: frame, shown: filter.decision, json: json)
    frame += 1
    try output.finish()
  }

  mutating func driveSafe() throws(EdgeError) {
    manager.stopping()
    try pins.driveSafe()
  }

  /// When the lines are safe: what a camera's frames came to, the last lines and metrics. A reader or a disk that doesn't take its
  /// part in a second misses it; that a disk or a reader refused it is an error.
  mutating func finish(orderly: Bool) throws(EdgeError) {
    if orderly { manager.stopWatchdog() }
    unsafe linux_drain_lines(lines, Telling.patience)
    telling.sumUp(to: &output)
    unsafe linux_finish_lines(lines, Telling.patience)
    telling.finish()
    if isCamera { telling.report() }
    let error = unsafe linux_lines_error(lines)
    guard error == 0 else { throw .output(systemError: error) }
  }
}
