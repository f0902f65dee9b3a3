import EdgeRuntime

/// `selftest M.fxm [--json]`: the model's test vectors on this machine, by every instruction set that it has.
enum SelftestCommand {
  static func run(_ arguments: consuming Words) throws(EdgeError) {
    var options = try Options(arguments, accepting: .json)
    let path = try options.model()
    try options.end()
    var output = TextWriter.standardOutput
    var passed = true
    var digest = InlineArray<32, UInt8>(repeating: 0)
    if options.json { output.text("{\"isa\":[\"") }
    for number in InstructionSet.numbers {
      guard let instructionSet = InstructionSet(rawValue: number), instructionSet.isAvailable else { continue }
      var classifier = try Classifier(path, instructionSet)
      guard classifier.model.testVectorCount > 0 else { throw .noTestVectors(path) }
      let same = try classifier.givesTestLogits()
      passed = passed && same
      digest = classifier.model.testDigest
      if options.json {
        // The scalar reference is number 0 and every machine has it.
        if number > 0 { output.text("\",\"") }
        output.text(instructionSet.name)
      } else {
        output.text(instructionSet.name)
        output.text(same ? ": all logits as in the file\n" : ": LOGITS DIFFER\n")
      }
    }
    if options.json { output.text("\"],\"passed\":") } else { output.text("passed: ") }
    output.text(passed ? "true" : "false")
    output.text(options.json ? ",\"digest\":\"" : "\ndigest: ")
    for index in 0..<digest.count { output.hexadecimal(digest[index]) }
    output.text(options.json ? "\"}\n" : "\n")
    try output.finish()
    guard passed else { throw .selftestFailed(path) }
  }
}

extension Classifier {
  /// True if every test vector gives the logits that the file states.
  fileprivate mutating func givesTestLogits() throws(EdgeError) -> Bool {
    for vector in 0..<model.testVectorCount {
      unsafe try run(model.unsafeTestPixels(vector))
      for index in 0..<model.classCount where session.logit(index) != model.testLogit(vector, class: index) {
        return false
      }
    }
    return true
  }
}
