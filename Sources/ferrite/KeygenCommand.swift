import ArgumentParser
import EdgeRuntime
import Exporter

/// `ferrite keygen`: a pair of keys, the secret one for who signs models, the public one for devices.
struct Keygen: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a pair of Ed25519 keys to sign models with.",
    discussion: """
      NAME.key is the secret key: whoever has it can sign for your devices, so keep it off them and keep a copy of it. NAME.pub \
      is the public key, which devices get as /etc/ferrite-edge/key.pub. Keys that are there already are not replaced.
      """)

  @Option(name: [.short, .long], help: "The keys' name: NAME.key and NAME.pub are written.")
  var output: String

  @Flag(help: "Print one JSON document.")
  var json = false

  func validate() throws {
    guard !output.isEmpty, !output.hasSuffix("/") else { throw ValidationError("--output needs a name") }
  }

  func run() throws {
    let key = try KeyFile.generate(name: output).publicKey
    if json {
      let document: JSON = [
        "key": JSON(key.identifier.hexadecimal), "secret": JSON("\(output).key"), "public": JSON("\(output).pub"),
      ]
      print(document)
    } else {
      print("key \(key.identifier.hexadecimal): secret in \(output).key, public in \(output).pub")
    }
  }
}
