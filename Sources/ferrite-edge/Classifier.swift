import CLinux
import EdgeProgram
import EdgeRuntime

/// A model, its arena, threads and one frame: everything that classifying needs, taken once at the start.
@safe
struct Classifier: ~Copyable {
  let path: Word
  let model: ModelFile
  let size: FrameSize
  var session: Session
  let pool: ThreadPool
  private let pixels: UnsafeMutableRawBufferPointer
  /// When the last frame stood at the network's input.
  private(set) var preparedNanoseconds: UInt64 = 0

  init(
    _ path: Word, _ trust: Trust, _ instructionSet: InstructionSet = .best, _ threads: ThreadOptions = ThreadOptions()
  ) throws(EdgeError) {
    try self.init(try trust.model(path), path, instructionSet, threads)
  }

  /// - Parameter path: of the model, for messages.
  @inline(never)
  init(
    _ model: consuming ModelFile, _ path: Word, _ instructionSet: InstructionSet, _ threads: ThreadOptions
  ) throws(EdgeError) {
    let pool = try threads.start()
    let input = model.tensor(model.inputTensor)
    let pixels = unsafe try pages(model.frameBytes)
    let session = try Self.session(model, instructionSet, pool)
    size = FrameSize(height: input.height, width: input.width, channels: input.channels)
    unsafe self.pixels = pixels
    self.path = path
    self.session = session
    self.model = model
    self.pool = pool
  }

  private static func session(
    _ model: borrowing ModelFile, _ instructionSet: InstructionSet, _ pool: borrowing ThreadPool
  ) throws(EdgeError) -> Session {
    let arena = unsafe try pages(model.sessionBytes(threads: pool.threads))
    do throws(SessionError) {
      return unsafe try Session(
        unsafeModel: model, arena: arena, instructionSet: instructionSet, unsafePool: pool)
    } catch {
      throw .session(error)
    }
  }

  /// For commands that show frames to the network, and nothing else.
  func requireOneInput() throws(EdgeError) {
    guard model.inputCount == 1 else { throw .severalInputs(path) }
  }

  /// What the last frame left; zeros before the first.
  var unsafePixels: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(pixels) }

  /// Reads the next frame and runs the network on it.
  ///
  /// - Returns: false at the end of the input.
  mutating func classifyNext(of frames: inout FrameReader, named name: Word?) throws(EdgeError) -> Bool {
    do throws(FrameError) {
      guard unsafe try frames.next(into: pixels) else { return false }
    } catch {
      throw .frame(name, error)
    }
    preparedNanoseconds = linux_nanoseconds()
    unsafe try run(unsafePixels)
    return true
  }

  /// Takes a camera's next frame and runs the network on it, unless it shows nobody.
  ///
  /// - Returns: nil at the end of the input.
  mutating func classifyNext(of frames: inout CameraFrames) throws(EdgeError) -> Sight? {
    guard let sight = unsafe try frames.next(into: pixels) else { return nil }
    preparedNanoseconds = linux_nanoseconds()
    if case .nobody = sight { return sight }
    unsafe try run(unsafePixels)
    return sight
  }

  /// Runs the network on a frame of the model's size.
  mutating func run(_ frame: UnsafeRawBufferPointer) throws(EdgeError) {
    do throws(SessionError) { unsafe try session.run(pixels: frame) } catch { throw .session(error) }
  }
}

/// Pages of zeros that stay until the program ends.
func pages(_ bytes: Int) throws(EdgeError) -> UnsafeMutableRawBufferPointer {
  guard let base = unsafe linux_pages(max(bytes, 1)) else { throw .noMemory }
  return unsafe UnsafeMutableRawBufferPointer(start: base, count: bytes)
}
