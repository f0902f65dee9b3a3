import CFerrite
import EdgeRuntime

/// What stands first in the memory of a session, before its texts and the runtime's arena.
@safe
struct OpenSession: ~Copyable {
  /// First, so that it can be read before anything else is believed.
  private let stamp: UInt64
  var session: Session
  let model: ModelFile
  /// Nil for one thread, which so takes nothing of the system's.
  private let pool: ThreadPool?
  private let texts: SessionTexts
  /// Whether there are results.
  private(set) var hasRun = false

  private static let open: UInt64 = 0x9E11_F3D7_6C0A_5B4E

  init(
    _ session: consuming Session, _ model: consuming ModelFile, _ pool: consuming ThreadPool?, _ texts: SessionTexts
  ) {
    stamp = Self.open
    self.session = session
    self.model = model
    self.pool = pool
    self.texts = texts
  }

  /// The session of a caller's pointer; nil for NULL, and where the stamp says that it has been closed.
  static func at(_ session: OpaquePointer?) -> UnsafeMutablePointer<OpenSession>? {
    guard let session = unsafe session else { return nil }
    let place = unsafe UnsafeMutableRawPointer(session)
    guard unsafe place.load(as: UInt64.self) == open else { return nil }
    return unsafe place.assumingMemoryBound(to: OpenSession.self)
  }

  static func required(_ session: OpaquePointer?) throws(Failure) -> UnsafeMutablePointer<OpenSession> {
    guard let session = unsafe session else { throw .argument("the session is NULL") }
    guard let open = unsafe at(session) else { throw .closed("the session is not open") }
    return unsafe open
  }

  mutating func run(_ pixels: UnsafeRawBufferPointer) throws(Failure) {
    do throws(SessionError) { unsafe try session.run(pixels: pixels) } catch { throw .session(error) }
    hasRun = true
  }

  /// Results end with it: an input may lie where an output did.
  mutating func set(_ values: Span<Int32>, ofInput index: Int) throws(Failure) {
    do throws(SessionError) { try session.set(values, ofInput: index) } catch { throw .session(error) }
    hasRun = false
  }

  mutating func selfTest() throws(Failure) {
    guard model.testVectorCount > 0 else { throw .noTestVectors }
    hasRun = true
    let passed: Bool
    do throws(SessionError) { passed = try session.passesTestVectors(of: model) } catch { throw .session(error) }
    guard passed else { throw .selfTest }
  }

  /// A class of the only output of scores; nil where there is none.
  func unsafeLabel(_ index: Int) -> UnsafePointer<CChar>? {
    guard let output = model.scoresOutput else { return nil }
    return unsafe unsafeLabel(index, ofOutput: output)
  }

  func unsafeLabel(_ index: Int, ofOutput output: Int) -> UnsafePointer<CChar>? {
    guard 0..<model.outputCount ~= output, 0..<model.labelCount(ofOutput: output) ~= index else { return nil }
    return unsafe texts.unsafeText(
      model.outputCount + model.inputCount + model.labelCount(beforeOutput: output) + index)
  }

  func unsafeName(ofInput index: Int) -> UnsafePointer<CChar>? {
    guard 0..<model.inputCount ~= index else { return nil }
    return unsafe texts.unsafeText(model.outputCount + index)
  }

  func unsafeName(ofOutput index: Int) -> UnsafePointer<CChar>? {
    guard 0..<model.outputCount ~= index else { return nil }
    return unsafe texts.unsafeText(index)
  }
}
