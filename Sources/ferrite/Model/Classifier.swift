import EdgeRuntime
import Exporter

/// A session, its arena and the threads that share its frames. For one thread at a time.
@safe
final class Classifier {
  let model: LoadedModel
  private let pool: ThreadPool
  private let arena: UnsafeMutableRawBufferPointer
  private var session: Session
  /// What becomes of the numbers of a frame.
  private let inputs: InputFormats

  /// - Parameters:
  ///   - instructionSet: one that this machine has.
  ///   - threads: 1 to `ThreadPool.maximumThreads`.
  init(_ model: LoadedModel, instructionSet: InstructionSet, threads: Int = 1) throws {
    self.model = model
    inputs = InputFormats(model.file)
    do throws(ThreadError) { pool = try ThreadPool(threads: threads) } catch {
      throw BadData("--threads \(threads): \(error.explanation)")
    }
    unsafe arena = UnsafeMutableRawBufferPointer.allocate(
      byteCount: model.file.sessionBytes(threads: threads), alignment: Layout.alignment)
    do throws(SessionError) {
      session = unsafe try Session(
        unsafeModel: model.file, arena: arena, instructionSet: instructionSet, unsafePool: pool)
    } catch {
      unsafe arena.deallocate()
      throw BadData("\(model.path): \(error.message)")
    }
  }

  deinit { unsafe arena.deallocate() }

  /// Runs the network on a frame of pixels, and the numbers of other inputs behind them, as `FloatRunner` has them.
  func run(_ frame: [UInt8]) { run(raw: inputs.raw(frame)) }

  /// The same for a frame of pixels and raw values, as test vectors have it: `model.file.frameBytes` bytes.
  func run(raw frame: [UInt8]) {
    begin(raw: frame)
    for operation in 0..<session.operationCount { step(operation) }
  }

  /// Prepares the inputs; then every `step` in order makes a frame.
  func begin(_ frame: [UInt8]) { begin(raw: inputs.raw(frame)) }

  func begin(raw frame: [UInt8]) {
    do throws(SessionError) {
      unsafe try frame.span.withUnsafeBytes { bytes throws(SessionError) in unsafe try session.begin(frame: bytes) }
    } catch {
      preconditionFailure("a frame has the size that the model asks for")
    }
  }

  func step(_ operation: Int) { session.step(operation) }

  // MARK: Results of the last frame

  /// The raw values of an output.
  func rawValues(_ output: ModelOutput) -> [Int32] {
    (0..<output.record.count).map { session.value($0, of: output.tensor) }
  }

  /// Adds the values of all outputs to a digest.
  func addOutputs(to digest: borrowing Digest) { session.addOutputs(to: digest) }

  /// The first class of the greatest logit; 0 without one output of scores.
  var classIndex: Int { session.classIndex }
  /// Raw logits; none without one output of scores.
  var logits: [Int32] { (0..<session.classCount).map { session.logit($0) } }
  /// Fractions of one, multiples of 2^-16; none without one output of scores.
  var probabilities: [Double] {
    (0..<session.classCount).map { Double(session.probability($0)) / Double(Softmax.one) }
  }

  /// The values of a tensor, valid between the operation that writes it and the one that reuses its memory.
  func values(_ tensor: Int) -> [Double] {
    let record = model.file.tensor(tensor)
    let step = scale(record.format)
    return (0..<record.count).map { Double(session.value($0, of: tensor)) * step }
  }

  /// `2^-fraction`.
  private func scale(_ format: FixedFormat) -> Double {
    Double(sign: .plus, exponent: -format.fraction, significand: 1)
  }
}

extension InstructionSet {
  /// Those of this machine.
  static var available: [InstructionSet] { allCases.filter(\.isAvailable) }
}
