import CLinux
import EdgeProgram
import EdgeRuntime

/// `install-model NEW.fxm [--to PATH] [--board B.board] [--public-key K] [--allow-older]`: puts a model in the place of the one that a service
/// runs, if it is whole, gives its own test vectors' logits on this machine, has the board's classes, and, where a public key is configured,
/// is its owner's and no older than what was accepted before. A cascade (`NEW.fxc`) is put in its place alike.
///
/// The file before it is kept as `PATH.old`, to which `watch` falls back where it can't take a new model. A power cut at any
/// moment leaves a whole file at `PATH`.
enum InstallCommand {
  static let defaultPath: StaticString = "/etc/ferrite-edge/model.fxm"
  static let defaultCascadePath: StaticString = "/etc/ferrite-edge/face.fxc"

  static func run(_ arguments: consuming Words) throws(EdgeError) {
    var options = try Options(arguments, accepting: .destination | .board | .publicKey | .allowOlder)
    let path = try options.model()
    try options.end()
    let trust = try Trust(options)
    guard trust.key != nil || !options.allowsOlder else {
      throw .usage("--allow-older goes with a public key; without one, no file is older", nil)
    }
    if path.hasSuffix(".fxc") {
      try installCascade(path, trust, options)
    } else {
      try installModel(path, trust, options)
    }
  }

  private static func installModel(
    _ path: Word, _ trust: Trust, _ options: borrowing Options
  ) throws(EdgeError) {
    let destination = options.destination ?? Word(Self.defaultPath)
    let place = Place(destination, trust, allowsOlder: options.allowsOlder)
    let model = try trust.model(path, checkingSequence: false)
    // What stands there counts even if a power cut came before it was recorded.
    let standing = try? trust.model(destination, checkingSequence: false).signature
    try place.admit(path, model.signature, standing: standing)
    let classifier = try tested(model, path)
    if let board = options.board { try Board(board).match(classifier.model) }
    try unsafe place.install(classifier.model.unsafeFile)
    // As it now stands there.
    let installed = try tested(try trust.model(destination, checkingSequence: false), destination)
    try place.record(installed.model.signature)
    try report(destination, installed.model.digest)
  }

  private static func installCascade(
    _ path: Word, _ trust: Trust, _ options: borrowing Options
  ) throws(EdgeError) {
    guard options.board == nil else { throw .usage("--board goes with a model, not with", path) }
    let destination = options.destination ?? Word(Self.defaultCascadePath)
    let place = Place(destination, trust, allowsOlder: options.allowsOlder)
    let cascade = try trust.cascade(path, checkingSequence: false)
    let standing = try? trust.cascade(destination, checkingSequence: false).signature
    try place.admit(path, cascade.signature, standing: standing)
    try unsafe place.install(cascade.unsafeFile)
    let installed = try trust.cascade(destination, checkingSequence: false)
    try place.record(installed.signature)
    try report(destination, installed.digest)
  }

  private static func report(_ destination: Word, _ digest: InlineArray<32, UInt8>) throws(EdgeError) {
    var output = TextWriter.standardOutput
    output.text("installed: ")
    output.text(destination)
    output.text("\ndigest: ")
    for index in 0..<digest.count { output.hexadecimal(digest[index]) }
    output.text("\n")
    try output.finish()
  }

  /// A model that has passed its test vectors by this machine's best instruction set.
  private static func tested(_ model: consuming ModelFile, _ path: Word) throws(EdgeError) -> Classifier {
    var classifier = try Classifier(model, path, .best, ThreadOptions())
    guard try classifier.hasTestDigest() else { throw .selftestFailed(path) }
    guard classifier.model.scoresOutput != nil else { throw .notScores(path) }
    try classifier.requireOneInput()
    return classifier
  }
}

/// Where a file is installed, and what may be.
private struct Place {
  private let destination: Word
  private let trust: Trust
  private let allowsOlder: Bool

  init(_ destination: Word, _ trust: Trust, allowsOlder: Bool) {
    self.destination = destination
    self.trust = trust
    self.allowsOlder = allowsOlder
  }

  /// Refuses a file that is older than what was accepted here, by the record or by what stands here, unless that is allowed.
  ///
  /// - Parameter signature: none without a key, and then everything is admitted.
  func admit(_ path: Word, _ signature: FileSignature?, standing: FileSignature?) throws(EdgeError) {
    guard let key = trust.key, let signature, !allowsOlder else { return }
    let recorded = try AcceptedSequence(of: destination, key.identifier).number
    let accepted = max(recorded, standing?.sequence ?? 0)
    guard signature.sequence >= accepted else {
      throw .older(path, sequence: signature.sequence, accepted: accepted)
    }
  }

  func install(_ file: UnsafeRawBufferPointer) throws(EdgeError) {
    guard let bytes = file.baseAddress else { return }
    let error = unsafe linux_install_file(bytes, file.count, destination.start)
    guard error == 0 else { throw .notInstalled(destination, systemError: error) }
  }

  /// After the file itself, so that a power cut between them leaves one that runs: the record never names more than what stands here.
  func record(_ signature: FileSignature?) throws(EdgeError) {
    guard let key = trust.key, let signature else { return }
    try AcceptedSequence.keep(signature.sequence, key.identifier, of: destination)
  }
}
