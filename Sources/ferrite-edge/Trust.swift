import CLinux
import EdgeProgram
import EdgeRuntime

/// Whose files this device takes: anybody's, or, where a public key is configured, those alone that its owner signed, and none that is older
/// than what `install-model` has accepted in the same place.
struct Trust {
  /// A key here configures the device; `--public-key FILE` names another one.
  static let defaultKey: StaticString = "/etc/ferrite-edge/key.pub"

  let key: PublicKey?

  init(_ options: borrowing Options) throws(EdgeError) { try self.init(options.publicKey) }

  /// - Parameter named: the file of a key that has to be there; without one, that of the device, if there is one.
  @inline(never)
  init(_ named: Word?) throws(EdgeError) {
    let path = named ?? Word(Self.defaultKey)
    // One byte more than a key file may have, so that a longer one shows.
    var text = InlineArray<128, UInt8>(repeating: 0)
    let count: Int
    do throws(EdgeError) {
      var storage = text.mutableSpan
      count = try path.read(into: &storage)
    } catch {
      // A key that can't be read must not pass for none.
      guard named == nil, case .unreadable(_, ENOENT) = error else { throw error }
      key = nil
      return
    }
    do throws(KeyError) {
      // Plain bytes have no padding that could be read.
      key = unsafe try PublicKey(text: text.span.extracting(0..<count).bytes)
    } catch {
      throw .key(path, error)
    }
  }

  /// The model at `path`.
  ///
  /// - Parameters:
  ///   - place: where it is installed, if that isn't `path`.
  ///   - checkingSequence: false for whoever compares it with what was accepted elsewhere.
  @inline(never)
  func model(
    _ path: Word, installedAt place: Word? = nil, checkingSequence: Bool = true
  ) throws(EdgeError) -> ModelFile {
    let model: ModelFile
    do throws(ModelError) { model = unsafe try ModelFile(path: path.start, key: key) } catch {
      throw .model(path, error)
    }
    if checkingSequence { try check(model.signature, of: path, installedAt: place) }
    return model
  }

  /// The cascade at `path`, as `model` has it.
  @inline(never)
  func cascade(_ path: Word, checkingSequence: Bool = true) throws(EdgeError) -> CascadeFile {
    let cascade: CascadeFile
    do throws(CascadeError) { cascade = unsafe try CascadeFile(path: path.start, key: key) } catch {
      throw .cascade(path, error)
    }
    if checkingSequence { try check(cascade.signature, of: path, installedAt: nil) }
    return cascade
  }

  /// With a key, both kinds of file come with a signature or not at all.
  private func check(
    _ signature: FileSignature?, of path: Word, installedAt place: Word?
  ) throws(EdgeError) {
    guard let key, let signature else { return }
    let accepted = try AcceptedSequence(of: place ?? path, key.identifier).number
    guard signature.sequence >= accepted else {
      throw .older(path, sequence: signature.sequence, accepted: accepted)
    }
  }
}
