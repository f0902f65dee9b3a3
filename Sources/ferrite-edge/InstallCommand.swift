import CLinux
import EdgeProgram
import EdgeRuntime

/// `install-model NEW.fxm [--to PATH] [--board B.board]`: puts a model in the place of the one that a service runs, if it is whole, gives
/// its own test vectors' logits on this machine, and has the board's classes.
///
/// The model before it is kept as `PATH.old`, to which `watch` falls back where it can't take the new one. A power cut at any
/// moment leaves a whole model at `PATH`.
enum InstallCommand {
  static let defaultPath: StaticString = "/etc/ferrite-edge/model.fxm"

  static func run(_ arguments: consuming Words) throws(EdgeError) {
    var options = try Options(arguments, accepting: .destination | .board)
    let path = try options.model()
    try options.end()
    let classifier = try tested(path)
    if let board = options.board { try Board(board).match(classifier.model) }
    let destination = options.destination ?? Word(Self.defaultPath)
    let error = unsafe linux_install_file(
      classifier.model.unsafeFile.baseAddress!, classifier.model.fileBytes, destination.start)
    guard error == 0 else { throw .notInstalled(destination, systemError: error) }
    // As it now stands there.
    let digest = try tested(destination).model.digest
    var output = TextWriter.standardOutput
    output.text("installed: ")
    output.text(destination)
    output.text("\ndigest: ")
    for index in 0..<digest.count { output.hexadecimal(digest[index]) }
    output.text("\n")
    try output.finish()
  }

  /// A model that has passed its test vectors by this machine's best instruction set.
  private static func tested(_ path: Word) throws(EdgeError) -> Classifier {
    var classifier = try Classifier(path, .best, ThreadOptions())
    guard try classifier.hasTestDigest() else { throw .selftestFailed(path) }
    return classifier
  }
}
