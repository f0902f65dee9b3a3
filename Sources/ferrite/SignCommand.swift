import ArgumentParser
import EdgeRuntime
import Exporter

/// `ferrite sign`: a signature behind a model or a cascade.
struct Sign: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Signs a model file, or a face detector's cascade.",
    discussion: """
      The signature stands behind the file, which stays a file that every command takes; an earlier signature is replaced. It covers every \
      byte and the sequence number. A device that has accepted a file takes none of a smaller number in its place: raise it to retire those \
      before.
      """)

  @Argument(help: "The model file (.fxm), or a cascade (\(LoadedCascade.suffix)).")
  var file: String

  @Option(help: "The secret key, as `ferrite keygen` wrote it.")
  var key: String

  @Option(help: "The sequence number, 0 to 2^53-1.")
  var sequence: UInt64 = 0

  @Option(name: [.short, .long], help: "The file to write (default: the file itself).")
  var output: String?

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    guard output != key else { throw ValidationError("-o \(key): would replace the key") }
    guard output != "" else { throw ValidationError("--output is empty") }
    guard sequence <= SignatureLayout.maximumSequence else {
      throw ValidationError("--sequence \(sequence): 0 to \(SignatureLayout.maximumSequence) are possible")
    }
  }

  func run() throws {
    let pair = try KeyFile.keyPair(path: key)
    let unsigned = try SignableFile(path: file)
    try AtomicFile.write(pair.signed(unsigned.bytes, sequence: sequence), to: output ?? file)
    // As it now stands there.
    let signed = try SignableFile(path: output ?? file, key: pair.publicKey)
    print(try signed.report(json: json, path: output ?? file))
  }
}
