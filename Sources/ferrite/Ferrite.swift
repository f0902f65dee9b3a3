import ArgumentParser

@main
struct Ferrite: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ferrite",
    abstract: "Turns trained float networks into fixed-point models and runs them.",
    discussion: "Exits with 64 when called wrongly and with 65 when data is bad, and says why on standard error.",
    subcommands: [
      Export.self, Calibrate.self, Search.self, Inspect.self, Run.self, Compare.self, Merge.self, Explain.self,
      Detect.self, Bench.self, Selftest.self, Conformance.self, Faces.self, Keygen.self, Sign.self, Verify.self,
    ])

  /// Parses and runs a command. What the parser and `validate()` find is the caller's mistake, 64; what a command throws
  /// while it runs is about the data, 65, unless the parser knows a code for it (a `ValidationError`, a request for help).
  static func main() {
    do {
      var command = try parseAsRoot()
      do {
        try command.run()
        try flushOutput()
      } catch let error where !(error is ExitCode) && exitCode(for: error) == .failure {
        printError("\(error)")
        exit(withError: ExitCode.badData)
      }
    } catch {
      exit(withError: error)
    }
  }
}

extension ExitCode {
  /// sysexits.h's EX_DATAERR.
  static let badData = ExitCode(65)
}

/// Why a command gives up on its data, with the file's name.
struct BadData: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }
}
