import CFerrite
import EdgeRuntime

/// What stands first in the memory of a session, before the labels and the runtime's arena.
@safe
struct OpenSession: ~Copyable {
  /// First, so that it can be read before anything else is believed.
  private let stamp: UInt64
  var session: Session
  let model: ModelFile
  /// Nil for one thread, which so takes nothing of the system's.
  private let pool: ThreadPool?
  private let labels: LabelTexts
  /// Whether there are results.
  private(set) var hasRun = false

  private static let open: UInt64 = 0x9E11_F3D7_6C0A_5B4E

  init(
    _ session: consuming Session, _ model: consuming ModelFile, _ pool: consuming ThreadPool?, _ labels: LabelTexts
  ) {
    stamp = Self.open
    self.session = session
    self.model = model
    self.pool = pool
    self.labels = labels
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

  mutating func selfTest() throws(Failure) {
    guard model.testVectorCount > 0 else { throw .noTestVectors }
    hasRun = true
    let passed: Bool
    do throws(SessionError) { passed = try session.passesTestVectors(of: model) } catch { throw .session(error) }
    guard passed else { throw .selfTest }
  }

  func unsafeLabel(_ index: Int) -> UnsafePointer<CChar>? {
    guard 0..<model.classCount ~= index else { return nil }
    return unsafe labels.unsafeText(index)
  }
}

/// The labels as C has them, a zero behind each.
@safe
struct LabelTexts {
  private let offsets: UnsafeMutablePointer<UInt32>
  private let texts: UnsafeMutablePointer<CChar>

  /// A multiple of 64.
  static func bytes(_ model: borrowing ModelFile) -> Int64 {
    Layout.aligned(Int64(offsetBytes(model)) + textBytes(model))
  }

  private static func offsetBytes(_ model: borrowing ModelFile) -> Int {
    model.classCount * MemoryLayout<UInt32>.stride
  }

  /// Less than the model's file has.
  private static func textBytes(_ model: borrowing ModelFile) -> Int64 {
    var bytes: Int64 = 0
    unsafe model.unsafeForEachLabel { label in bytes += Int64(label.count) + 1 }
    return bytes
  }

  /// - Parameter memory: `bytes(model)` bytes at a multiple of 64, which outlive this value.
  init(_ model: borrowing ModelFile, unsafeMemory memory: UnsafeMutableRawPointer) {
    let offsets = unsafe memory.bindMemory(to: UInt32.self, capacity: model.classCount)
    let texts = unsafe (memory + Self.offsetBytes(model)).assumingMemoryBound(to: CChar.self)
    var (index, place) = (0, 0)
    unsafe model.unsafeForEachLabel { label in
      unsafe offsets[index] = UInt32(place)
      for position in label.indices {
        unsafe texts[place] = CChar(bitPattern: label[position])
        place += 1
      }
      unsafe texts[place] = 0
      index += 1
      place += 1
    }
    unsafe self.offsets = offsets
    unsafe self.texts = texts
  }

  /// - Parameter index: of a class.
  func unsafeText(_ index: Int) -> UnsafePointer<CChar> { unsafe UnsafePointer(texts + Int(offsets[index])) }
}
