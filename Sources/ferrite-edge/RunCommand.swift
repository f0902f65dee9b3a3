import CLinux
import EdgeProgram

/// `run M.fxm IMAGE.pgm|FOLDER... [--threads N] [--cpus LIST] [--priority P] [--realtime] [--isa I] [--public-key K]
/// [--json]`: a line for each image.
enum RunCommand {
  static func run(_ arguments: consuming Words) throws(EdgeError) {
    var options = try Options(arguments, accepting: .json | .computing | .publicKey)
    var classifier = try Classifier(options.model(), Trust(options), options.instructionSet, options.threads)
    try classifier.requireOneInput()
    guard var file = options.file() else { throw .usage("no image given", nil) }
    try options.threads.lockMemory()
    var output = TextWriter.standardOutput
    while true {
      if var folder = try InputFolder(file) {
        while let file = folder.nextFile() { try classify(file, &classifier, &output, options.json) }
      } else {
        try classify(file, &classifier, &output, options.json)
      }
      guard let next = options.file() else { return }
      file = next
    }
  }

  private static func classify(
    _ file: Word, _ classifier: inout Classifier, _ output: inout TextWriter, _ json: Bool
  ) throws(EdgeError) {
    let descriptor = unsafe linux_open(file.start)
    guard descriptor >= 0 else { throw .unreadable(file, systemError: -descriptor) }
    defer { linux_close(descriptor) }
    var frames = FrameReader(descriptor: descriptor, .pgm, classifier.size)
    var count: UInt64 = 0
    while try classifier.classifyNext(of: &frames, named: file) {
      output.decision(classifier, name: file, frame: count, json: json)
      count += 1
    }
    guard count > 0 else { throw .frame(file, FrameError(.truncated, at: 0)) }
    try output.finish()
  }
}

extension TextWriter {
  /// Writes what waits, whole lines, and throws if anything since the start could not be written.
  mutating func finish() throws(EdgeError) {
    endLine()
    guard systemError == 0 else { throw .output(systemError: systemError) }
  }
}
