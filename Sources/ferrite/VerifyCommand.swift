import ArgumentParser
import EdgeRuntime
import Exporter

/// `ferrite verify`: whether a file is what the owner of a key signed.
struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tells whether a model or cascade is signed by a key.",
    discussion: "Exits with 65 unless the file is whole and the signature behind it is the key's.")

  @Argument(help: "The model file (.fxm), or a cascade (\(LoadedCascade.suffix)).")
  var file: String

  @Option(help: "The public key, as `ferrite keygen` wrote it.")
  var key: String

  @Flag(help: "Print one JSON document.")
  var json = false

  func run() throws {
    let file = try SignableFile(path: file, key: try KeyFile.publicKey(path: key))
    print(try file.report(json: json, path: self.file))
  }
}
