import EdgeProgram
import EdgeRuntime

/// `selftest M.fxm [--threads N] [--public-key K] [--json]`: the model's test vectors on this machine, by every instruction set that it has.
enum SelftestCommand {
  static func run(_ arguments: consuming Words) throws(EdgeError) {
    var options = try Options(arguments, accepting: .json | .threads | .publicKey)
    let path = try options.model()
    try options.end()
    let trust = try Trust(options)
    var output = TextWriter.standardOutput
    var passed = true
    if options.json { output.text("{\"isa\":[\"") }
    for number in InstructionSet.numbers {
      guard let instructionSet = InstructionSet(rawValue: number), instructionSet.isAvailable else { continue }
      var classifier = try Classifier(path, trust, instructionSet, options.threads)
      let same = try classifier.hasTestDigest()
      passed = passed && same
      if options.json {
        // The scalar reference is number 0 and every machine has it.
        if number > 0 { output.text("\",\"") }
        output.text(instructionSet.name)
      } else {
        output.text(instructionSet.name)
        output.text(same ? ": passed\n" : ": FAILED\n")
      }
    }
    let digest = try trust.model(path).testDigest
    output.text(options.json ? "\"],\"passed\":" : "passed: ")
    output.text(passed ? "true" : "false")
    output.text(options.json ? ",\"digest\":\"" : "\ndigest: ")
    for index in 0..<digest.count { output.hexadecimal(digest[index]) }
    output.text(options.json ? "\"}\n" : "\n")
    try output.finish()
    guard passed else { throw .selftestFailed(path) }
  }
}

extension Classifier {
  /// True if the outputs of all test vectors have the digest that the file states.
  mutating func hasTestDigest() throws(EdgeError) -> Bool {
    guard model.testVectorCount > 0 else { throw .noTestVectors(path) }
    do throws(SessionError) { return try session.passesTestVectors(of: model) } catch { throw .session(error) }
  }
}
