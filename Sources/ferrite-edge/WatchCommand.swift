import CLinux
import EdgeRuntime

/// `watch M.fxm [--board B.board] FRAMES [DETECTING] [DECIDING] [COMPUTING] [--json]`: a line of
/// text for each frame, and pins that show the decision.
///
/// The lines are taken, at the safe level, before anything that can fail for long or block: what an earlier program left on
/// them is gone even if the model can't be read. However this one ends, by the end of the input, an error or a signal, the
/// lines are driven to the safe level and then released; `OutputLines` sees to the signals.
enum WatchCommand {
  static func run(_ arguments: consuming Words) throws(EdgeError) {
    var options = try Options(arguments, accepting: .json | .computing | .board | .stream)
    let model = try options.model()
    let firstFile = options.file()
    guard (firstFile == nil) != (options.standardInput == nil && options.camera == nil) else {
      throw .usage("watch takes images, --stdin or --camera, one of them", nil)
    }
    let pins = try Pins(options.board)
    let classifier = try Self.classifier(model, options)
    try pins.match(classifier.model)
    var watch = try Watch(classifier, pins, options)
    var failure: EdgeError?
    do throws(EdgeError) {
      switch options.standardInput {
      case .frames(let encoding): try watch.show(framesOf: 0, encoding, name: nil)
      case .camera(let encoding): try watch.show(encoding, options)
      case nil: if let camera = options.camera { try watch.show(camera: camera, options) }
      }
      var file = firstFile
      while let name = file {
        try watch.show(name)
        file = options.file()
      }
    } catch {
      failure = error
    }
    try watch.driveSafe()
    if let failure { throw failure }
    watch.report()
  }
}

extension WatchCommand {
  /// The model, or where it can't be read or isn't whole the one before it, which `install-model` has kept.
  private static func classifier(_ path: Word, _ options: borrowing Options) throws(EdgeError) -> Classifier {
    do throws(EdgeError) {
      return try Classifier(path, options.instructionSet, options.threads)
    } catch {
      guard case .model = error, let old = unsafe linux_old_path(path.start),
        let before = unsafe try? Classifier(Word(old), options.instructionSet, options.threads)
      else { throw error }
      var writer = TextWriter.standardError
      error.report(to: &writer)
      writer.text("ferrite-edge: warning: the model before it runs instead: ")
      unsafe writer.text(Word(old))
      writer.text("\n")
      writer.flush()
      return before
    }
  }
}

/// A board's lines, if there is a board.
private struct Pins: ~Copyable {
  private let board: Board?
  private var lines: OutputLines?

  /// Takes the lines at the safe level.
  init(_ path: Word?) throws(EdgeError) {
    guard let path else {
      var writer = TextWriter.standardError
      writer.text("ferrite-edge: no --board, so no line is driven\n")
      writer.flush()
      board = nil
      lines = nil
      return
    }
    let board = try Board(path)
    lines = try board.takeLines()
    self.board = consume board
  }

  func match(_ model: borrowing ModelFile) throws(EdgeError) {
    switch board {
    case .some(let board): try board.match(model)
    case .none: break
    }
  }

  /// Makes the line of a class active, if it has one, and the others inactive.
  mutating func show(_ decision: Int?, of model: borrowing ModelFile) throws(EdgeError) {
    var entry: Int?
    if let decision {
      switch board {
      case .some(let board): entry = unsafe board.file.entry(showing: model.unsafeLabel(decision))
      case .none: break
      }
    }
    do throws(SystemError) { try lines?.show(entry: entry, number: decision.map { $0 + 1 } ?? 0) } catch {
      throw .lines(systemError: error.number)
    }
  }

  mutating func driveSafe() throws(EdgeError) {
    do throws(SystemError) { try lines?.driveSafe() } catch { throw .lines(systemError: error.number) }
  }
}

/// A classifier, what is made of its answers, and the lines that show it.
private struct Watch: ~Copyable {
  private var classifier: Classifier
  private var pins: Pins
  private var filter: DecisionFilter
  private let json: Bool
  private var output = TextWriter.standardOutput
  private var frame = 0
  private var dropped: UInt64 = 0
  private var latencies = FrameLatencies()
  private var manager = ServiceManager()

  init(_ classifier: consuming Classifier, _ pins: consuming Pins, _ options: borrowing Options) throws(EdgeError) {
    let classes = classifier.model.classCount
    guard classes <= DecisionFilter.greatestClasses else {
      throw .usage("watch takes models of at most 256 classes", nil)
    }
    filter = DecisionFilter(options.decisions.settings, classes: classes)
    self.classifier = classifier
    self.pins = pins
    json = options.json
    manager.ready()
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
    while try classifier.classifyNext(of: &frames, named: name) {
      try decide(at: linux_nanoseconds(), .square)
      try tell(name, .square)
    }
  }

  /// Shows a camera's frames on standard input.
  mutating func show(_ encoding: CameraEncoding, _ options: borrowing Options) throws(EdgeError) {
    guard let size = options.size else { throw .usage("no --size given", nil) }
    var frames = try CameraFrames(encoding, size, to: classifier.size, options.detection, every: options.keepsEvery)
    try show(&frames)
  }

  mutating func show(camera: Word, _ options: borrowing Options) throws(EdgeError) {
    var frames = try CameraFrames(camera: camera, options.size, to: classifier.size, options.detection)
    try show(&frames)
  }

  private mutating func show(_ frames: inout CameraFrames) throws(EdgeError) {
    while let sight = try classifier.classifyNext(of: &frames) {
      let inferred = linux_nanoseconds()
      try decide(at: frames.nanoseconds, sight)
      latencies.add(
        sight, captured: frames.nanoseconds, taken: frames.nanosecondsTaken, seen: frames.nanosecondsSeen,
        inferred: inferred, shown: linux_nanoseconds())
      try tell(nil, sight)
    }
    dropped = frames.dropped
  }

  /// First the lines: the text can wait for whoever reads it. Where nobody is, no class has any probability.
  private mutating func decide(at nanoseconds: UInt64, _ sight: Sight) throws(EdgeError) {
    var isNobody = false
    if case .nobody = sight { isNobody = true }
    _ = filter.update(at: nanoseconds) { isNobody ? 0 : classifier.session.probability($0) }
    try pins.show(filter.decision, of: classifier.model)
    manager.frameFinished(at: linux_nanoseconds())
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

  /// Tells, after a camera's frames, how many there were and how long they took.
  func report() {
    guard latencies.total > 0 else { return }
    var writer = TextWriter.standardError
    writer.integer(frame)
    writer.text(" frames, ")
    writer.integer(dropped)
    writer.text(" dropped; ")
    writer.latencies(latencies)
    writer.flush()
  }
}
