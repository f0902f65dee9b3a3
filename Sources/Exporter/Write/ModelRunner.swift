import EdgeRuntime

/// Runs an encoded model as a device would: the loader's checks, then a session over the file's bytes.
///
/// For one thread at a time.
final class ModelRunner {
  private let file: AlignedBytes
  private let arena: AlignedBytes
  private let model: ModelFile
  private var session: Session

  /// - Throws: `ExportError.refusedByLoader` if the writer made a file that does not load.
  init(_ bytes: [UInt8], instructionSet: InstructionSet) throws(ExportError) {
    file = AlignedBytes(bytes)
    do throws(ModelError) {
      model = try unsafe ModelFile(unsafeBytes: UnsafeRawBufferPointer(file.unsafeBytes))
    } catch {
      throw .refusedByLoader("\(error.fault.message)", byteOffset: error.byteOffset)
    }
    arena = AlignedBytes(count: model.arenaBytes)
    do throws(SessionError) {
      session = try unsafe Session(unsafeModel: model, arena: arena.unsafeBytes, instructionSet: instructionSet)
    } catch {
      preconditionFailure("the arena is the one that the model asks for")
    }
  }

  /// The raw logits of one frame.
  func logits(_ pixels: [UInt8]) -> [Int32] {
    steps(pixels) { _, _ in }
    return (0..<session.classCount).map { session.logit($0) }
  }

  /// Runs one frame and hands out each operation's output as soon as it is there: later ones may reuse its memory.
  func steps(_ pixels: [UInt8], visit: (_ operation: Int, _ output: [Double]) -> Void) {
    begin(pixels)
    for index in 0..<session.operationCount {
      session.step(index)
      visit(index, output(of: index))
    }
  }

  private func begin(_ pixels: [UInt8]) {
    do throws(SessionError) {
      try unsafe pixels.span.bytes.withUnsafeBytes { bytes throws(SessionError) in
        unsafe try session.begin(pixels: bytes)
      }
    } catch {
      preconditionFailure("the frame has the size that the model asks for")
    }
  }

  /// Runs one frame up to an operation and returns the raw values of its first input.
  func input(of operation: Int, _ pixels: [UInt8]) -> [Float] {
    begin(pixels)
    for index in 0..<operation { session.step(index) }
    let tensor = model.operation(operation).inputs[0]
    return (0..<model.tensor(tensor).count).map { Float(session.value($0, of: tensor)) }
  }

  private func output(of index: Int) -> [Double] {
    let tensor = model.operation(index).output
    let record = model.tensor(tensor)
    return (0..<record.count).map { record.format.number(Int64(session.value($0, of: tensor))) }
  }
}

extension InstructionSet {
  /// The last one that this machine has: each gives the same bits, later ones sooner.
  static var fastest: InstructionSet { allCases.last { $0.isAvailable } ?? .scalar }
}
