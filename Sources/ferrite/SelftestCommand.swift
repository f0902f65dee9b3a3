import ArgumentParser
import EdgeRuntime

/// `ferrite selftest`: the model's test vectors on every instruction set of this machine.
struct Selftest: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Runs a model's test vectors on every instruction set of this machine.",
    discussion: """
      Passes if the values of all outputs have the digest that the file states, bit for bit. The digest is BLAKE2b-256 of the raw \
      values as 32-bit integers. Exits with 65 when it fails.
      """)

  @Argument(help: "The model file (.fxm).")
  var model: String

  @OptionGroup var sharing: ThreadsOption

  @Flag(help: "Print one JSON document.")
  var json = false

  func run() throws {
    let model = try LoadedModel(path: model)
    guard model.file.testVectorCount > 0 else { throw BadData("\(model.path): holds no test vectors") }
    let wanted = model.file.testDigest.hexadecimal
    var failed: [String] = []
    for instructionSet in InstructionSet.available {
      let digest = try outputsDigest(model, instructionSet)
      if digest != wanted { failed.append("\(instructionSet.name)") }
      if !json { print("\(instructionSet.name): \(digest == wanted ? "passed" : "FAILED, its digest is \(digest)")") }
    }
    if json {
      let document: JSON = [
        "passed": .bool(failed.isEmpty), "isa": JSON(InstructionSet.available.map { JSON("\($0.name)") }),
        "digest": JSON(wanted), "vectors": JSON(model.file.testVectorCount),
      ]
      print(document)
    } else {
      print("\(model.file.testVectorCount) test vectors, digest \(wanted)")
    }
    guard failed.isEmpty else {
      throw BadData("\(model.path): wrong outputs on \(failed.joined(separator: ", "))")
    }
  }

  private func outputsDigest(_ model: LoadedModel, _ instructionSet: InstructionSet) throws -> String {
    let classifier = try Classifier(model, instructionSet: instructionSet, threads: sharing.threads)
    let digest = Digest.of { digest in
      for vector in 0..<model.file.testVectorCount {
        classifier.run(raw: model.testFrame(vector))
        classifier.addOutputs(to: digest)
      }
    }
    return digest.hexadecimal
  }
}
