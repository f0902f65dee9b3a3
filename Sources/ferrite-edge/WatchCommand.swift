import CLinux
import EdgeRuntime

/// `watch M.fxm --board B.board (--stdin pgm|raw | IMAGE.pgm...) [--isa I] [--json]`: a line of text and a pin for each frame.
///
/// However it ends, by the end of the input, an error, SIGTERM, SIGINT or SIGHUP, the lines are driven to the safe level and
/// then released.
enum WatchCommand {
  static func run(_ arguments: consuming Words) throws(EdgeError) {
    var options = try Options(arguments, accepting: .json | .instructionSet | .board | .standardInput)
    let board = try Board(options.requiredBoard())
    let classifier = try Classifier(options.model(), options.instructionSet)
    let firstFile = options.file()
    guard (firstFile == nil) != (options.standardInput == nil) else {
      throw .usage("watch takes images or --stdin, one of the two", nil)
    }
    let entries = try board.entries(for: classifier.model)
    let stopSignals = linux_stop_signals()
    guard stopSignals >= 0 else { throw .signals(systemError: -stopSignals) }
    var watch = Watch(classifier, try board.takeLines(), entries, stopSignals: stopSignals, json: options.json)
    var failure: EdgeError?
    do throws(EdgeError) {
      if let encoding = options.standardInput {
        try watch.show(framesOf: 0, encoding, name: nil)
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
  }
}

/// A classifier with the lines that show its decisions.
private struct Watch: ~Copyable {
  private var classifier: Classifier
  private var lines: OutputLines
  private let entries: ClassEntries
  private let stopSignals: Int32
  private let json: Bool
  private var output = TextWriter.standardOutput
  private var frame = 0

  init(
    _ classifier: consuming Classifier, _ lines: consuming OutputLines, _ entries: ClassEntries, stopSignals: Int32,
    json: Bool
  ) {
    self.classifier = classifier
    self.lines = lines
    self.entries = entries
    self.stopSignals = stopSignals
    self.json = json
  }

  /// Shows every frame of a file.
  mutating func show(_ file: Word) throws(EdgeError) {
    let descriptor = unsafe linux_open(file.start)
    guard descriptor >= 0 else { throw .unreadable(file, systemError: -descriptor) }
    defer { linux_close(descriptor) }
    try show(framesOf: descriptor, .pgm, name: file)
  }

  /// Shows every frame of a descriptor: first on the lines, then as text.
  mutating func show(framesOf descriptor: Int32, _ encoding: FrameEncoding, name: Word?) throws(EdgeError) {
    var frames = FrameReader(descriptor: descriptor, encoding, classifier.size, stopSignals: stopSignals)
    while try classifier.classifyNext(of: &frames, named: name) {
      do throws(SystemError) {
        try lines.show(entry: entries.entry(of: classifier.session.classIndex))
      } catch {
        throw .lines(systemError: error.number)
      }
      output.decision(classifier, name: name, frame: frame, json: json)
      frame += 1
      try write()
    }
  }

  /// Writes the decision, unless the program is told to stop while nobody reads.
  private mutating func write() throws(EdgeError) {
    let ready = linux_wait(output.descriptor, 1, stopSignals)
    guard ready >= 0 else { throw .output(systemError: -ready) }
    guard ready == 1 else { throw .stopped }
    try output.finish()
  }

  mutating func driveSafe() throws(EdgeError) {
    do throws(SystemError) { try lines.driveSafe() } catch { throw .lines(systemError: error.number) }
  }
}
