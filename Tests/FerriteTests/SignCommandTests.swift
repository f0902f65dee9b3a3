import Foundation
import Testing

@Suite struct SignCommandTests {
  private let fixture: Fixture
  private let folder: TemporaryFolder

  init() throws {
    fixture = try Fixture.shared.get()
    folder = try TemporaryFolder()
  }

  private func run(_ arguments: String...) throws -> BuiltProgram.Outcome {
    try BuiltProgram.run(arguments, in: folder.url)
  }

  private func bytes(_ name: String) throws -> Data { try Data(contentsOf: folder.url.appendingPathComponent(name)) }

  private func mode(_ name: String) throws -> Int? {
    try FileManager.default.attributesOfItem(atPath: folder.path(name))[.posixPermissions] as? Int
  }

  /// Makes the keys `NAME.key` and `NAME.pub`, and a copy of the model. Returns the key's identifier.
  private func prepare(_ name: String = "owner") throws -> String {
    let outcome = try run("keygen", "-o", name, "--json")
    #expect(outcome.status == 0, "\(outcome)")
    #expect(outcome.json["secret"] as? String == "\(name).key" && outcome.json["public"] as? String == "\(name).pub")
    try folder.write(Data(contentsOf: URL(fileURLWithPath: fixture.model)), to: "model.fxm")
    return try #require(outcome.json["key"] as? String)
  }

  @Test func aSignedModelIsVerifiedAndRuns() throws {
    let key = try prepare()
    let before = try bytes("model.fxm")
    let signed = try run("sign", "model.fxm", "--key", "owner.key", "--sequence", "42", "--json")
    #expect(signed.status == 0, "\(signed)")
    let verified = try run("verify", "model.fxm", "--key", "owner.pub", "--json")
    #expect(verified.status == 0 && verified.output == signed.output)
    #expect(verified.json["key"] as? String == key && verified.json["sequence"] as? Int == 42)
    #expect(verified.json["digest"] as? String == before[64..<96].map { String(format: "%02x", $0) }.joined())
    let after = try bytes("model.fxm")
    #expect(after.count == before.count + 128 && after.prefix(before.count) == before)
    #expect(try run("selftest", "model.fxm").status == 0)
    let inspected = try #require(try run("inspect", "model.fxm", "--json").json["signature"] as? [String: Any])
    #expect(inspected.count == 2 && inspected["key"] as? String == key && inspected["sequence"] as? Int == 42)
    #expect(try BuiltProgram.run("inspect", fixture.model, "--json").json["signature"] is NSNull)
    #expect(try run("inspect", "model.fxm").output.contains("signature   by key \(key), sequence 42, not verified\n"))
    // The same again; and another number in the place of the first.
    #expect(try run("sign", "model.fxm", "--key", "owner.key", "--sequence", "42").status == 0)
    #expect(try bytes("model.fxm") == after)
    #expect(try run("sign", "model.fxm", "--key", "owner.key", "-o", "next.fxm", "--sequence", "43").status == 0)
    #expect(try bytes("model.fxm") == after)
    #expect(try bytes("next.fxm").count == after.count && bytes("next.fxm") != after)
    let text = try run("verify", "next.fxm", "--key", "owner.pub").output
    #expect(text.hasPrefix("next.fxm: signed by key \(key), sequence 43\ndigest: "), "\(text)")
  }

  @Test func aSecretKeyIsItsOwnersAlone() throws {
    _ = try prepare()
    #expect(try mode("owner.key") == 0o600)
    let secret = try bytes("owner.key")
    for exposed in [0o644, 0o640, 0o604, 0o620, 0o602, 0o666] {
      try FileManager.default.setAttributes([.posixPermissions: exposed], ofItemAtPath: folder.path("owner.key"))
      let outcome = try run("sign", "model.fxm", "--key", "owner.key")
      #expect(
        outcome.status == 65 && outcome.errors.contains("owner.key: others than its owner may read"), "\(outcome)")
    }
    // A key that is there is never replaced, and no half of a pair is left.
    let again = try run("keygen", "-o", "owner")
    #expect(again.status == 65 && again.errors.contains("owner.key: is there already"), "\(again)")
    #expect(try bytes("owner.key") == secret)
    try folder.write(Data(), to: "half.pub")
    let half = try run("keygen", "-o", "half")
    #expect(half.status == 65 && half.errors.contains("half.pub: is there already"))
    #expect(!folder.names.contains("half.key"))
    #expect(
      try run("keygen", "-o", "no/such").errors.contains("no/such.key: can't be written: No such file or directory"))
    // Twice the same key would be no secret.
    _ = try prepare("second")
    #expect(try bytes("second.key") != secret)
  }

  @Test func whatIsNotTheKeysIsRefused() throws {
    let key = try prepare()
    _ = try prepare("other")
    func refused(_ message: String, _ file: String = "model.fxm", _ location: SourceLocation = #_sourceLocation) throws
    {
      let outcome = try run("verify", file, "--key", "owner.pub")
      #expect(outcome.status == 65 && outcome.output.isEmpty, "\(outcome)", sourceLocation: location)
      #expect(outcome.errors.contains("\(file): \(message)"), "\(outcome)", sourceLocation: location)
    }
    try refused("the file is not signed")
    #expect(try run("sign", "model.fxm", "--key", "other.key").status == 0)
    try refused("the file is signed by another key")
    #expect(try run("sign", "model.fxm", "--key", "owner.key").status == 0)
    let signed = try bytes("model.fxm")
    #expect(key.count == 16)
    for (place, message) in [
      (signed.count - 1, "the signature is not the key's"), (signed.count - 120, "what stands behind the file is no"),
      (signed.count - 112, "the signature is not the key's"), (signed.count - 90, "the signature is another file's"),
      (signed.count / 2, "the digest does not match"),
    ] {
      var altered = signed
      altered[place] ^= 1
      try folder.write(altered, to: "altered.fxm")
      try refused(message, "altered.fxm")
    }
    try folder.write(signed.dropLast(), to: "cut.fxm")
    try refused("the file's length is not the one in its header", "cut.fxm")
    // A damaged model is not signed either.
    var damaged = signed
    damaged[signed.count / 2] ^= 1
    try folder.write(damaged, to: "altered.fxm")
    #expect(try run("sign", "altered.fxm", "--key", "owner.key").status == 65)
    #expect(try bytes("altered.fxm") == damaged)
  }

  @Test func aDamagedKeyIsNamed() throws {
    _ = try prepare()
    #expect(try run("sign", "model.fxm", "--key", "owner.key").status == 0)
    func expect(_ message: String, _ arguments: String..., location: SourceLocation = #_sourceLocation) throws {
      let outcome = try BuiltProgram.run(arguments, in: folder.url)
      #expect(outcome.status == 65 && outcome.errors.contains(message), "\(outcome)", sourceLocation: location)
    }
    let (secret, open) = (try bytes("owner.key"), try bytes("owner.pub"))
    for count in 0..<open.count {
      try folder.write(open.prefix(count), to: "cut.pub")
      try expect("cut.pub: ", "verify", "model.fxm", "--key", "cut.pub")
    }
    for count in stride(from: 0, to: secret.count, by: 7) {
      try? FileManager.default.removeItem(atPath: folder.path("cut.key"))
      try folder.write(secret.prefix(count), to: "cut.key")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: folder.path("cut.key"))
      try expect("cut.key: ", "sign", "model.fxm", "--key", "cut.key")
    }
    var flipped = secret
    flipped[25] = flipped[25] == 0x30 ? 0x31 : 0x30
    try folder.write(flipped, to: "cut.key")
    try expect("its halves don't belong together", "sign", "model.fxm", "--key", "cut.key")
    try expect("this is a public key; take the .key", "sign", "model.fxm", "--key", "owner.pub")
    try expect("this is a secret key", "verify", "model.fxm", "--key", "owner.key")
    try expect("absent.pub: cannot be read: No such file", "verify", "model.fxm", "--key", "absent.pub")
    try expect("it is no ordinary file", "verify", "model.fxm", "--key", folder.url.path)
    #expect(try run("sign", "model.fxm", "--key", "owner.key", "--sequence", "9007199254740992").status == 64)
    #expect(try run("sign", "model.fxm", "--key", "owner.key", "--sequence", "-1").status == 64)
    #expect(try run("sign", "model.fxm", "--key", "owner.key", "-o", "owner.key").status == 64)
    #expect(try bytes("owner.key") == secret)
  }
}
