import CLinux
import EdgeRuntime

/// `watch M.fxm --board B.board (--stdin pgm|raw | IMAGE.pgm...) [--threads N] [--cpus LIST] [--priority P] [--isa I] [--json]`:
/// a line of text and a pin for each frame.
///
/// The lines are taken, at the safe level, before anything that can fail for long or block: what an earlier program left on
/// them is gone even if the model can't be read. However this one ends, by the end of the input, an error or a signal, the
/// lines are driven to the safe level and then released; `OutputLines` sees to the signals.
enum WatchCommand {
  static func run(_ arguments: consuming Words) throws(EdgeError) {
    var options = try Options(arguments, accepting: .json | .computing | .board | .standardInput)
    let board = try Board(options.requiredBoard())
    let model = try options.model()
    let firstFile = options.file()
    guard (firstFile == nil) != (options.standardInput == nil) else {
      throw .usage("watch takes images or --stdin, one of the two", nil)
    }
    let lines = try board.takeLines()
    let classifier = try Classifier(model, options.instructionSet, options.threads)
    try board.match(classifier.model)
    var watch = Watch(classifier, lines, board, json: options.json)
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
  private let board: Board
  private let json: Bool
  private var output = TextWriter.standardOutput
  private var frame = 0

  init(_ classifier: consuming Classifier, _ lines: consuming OutputLines, _ board: consuming Board, json: Bool) {
    self.classifier = classifier
    self.lines = lines
    self.board = board
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
    var frames = FrameReader(descriptor: descriptor, encoding, classifier.size)
    while try classifier.classifyNext(of: &frames, named: name) {
      let label = unsafe classifier.model.unsafeLabel(classifier.session.classIndex)
      do throws(SystemError) {
        unsafe try lines.show(entry: board.file.entry(showing: label))
      } catch {
        throw .lines(systemError: error.number)
      }
      output.decision(classifier, name: name, frame: frame, json: json)
      frame += 1
      try output.finish()
    }
  }

  mutating func driveSafe() throws(EdgeError) {
    do throws(SystemError) { try lines.driveSafe() } catch { throw .lines(systemError: error.number) }
  }
}
