import EdgeRuntime

/// Runs an encoded model as a device would: the loader's checks, then a session over the file's bytes.
///
/// For one thread at a time.
public final class ModelRunner {
  private let file: AlignedBytes
  private let arena: AlignedBytes
  private let model: ModelFile
  private var session: Session
  /// What becomes of the numbers of a frame.
  let inputs: InputFormats

  /// - Throws: `ExportError.refusedByLoader` if the writer made a file that does not load.
  public init(_ bytes: [UInt8], instructionSet: InstructionSet) throws(ExportError) {
    file = AlignedBytes(bytes)
    do throws(ModelError) {
      model = try unsafe ModelFile(unsafeBytes: UnsafeRawBufferPointer(file.unsafeBytes))
    } catch {
      throw .refusedByLoader("\(error.fault.message)", byteOffset: error.byteOffset)
    }
    inputs = InputFormats(model)
    arena = AlignedBytes(count: model.sessionBytes(threads: 1))
    do throws(SessionError) {
      session = try unsafe Session(unsafeModel: model, arena: arena.unsafeBytes, instructionSet: instructionSet)
    } catch {
      preconditionFailure("the arena is the one that the model asks for")
    }
  }

  /// The raw values of all outputs for one frame of pixels and numbers, one output after the other.
  public func outputs(_ frame: [UInt8]) -> [Int32] { outputs(raw: inputs.raw(frame)) }

  /// The same for a frame of pixels and raw values, as test vectors have it.
  public func outputs(raw frame: [UInt8]) -> [Int32] {
    begin(raw: frame)
    for index in 0..<session.operationCount { session.step(index) }
    return (0..<session.outputCount).flatMap { output in values(of: session.output(output).tensor) { $0 } }
  }

  /// Runs one frame and hands out each operation's output as soon as it is there: later ones may reuse its memory.
  func steps(_ frame: [UInt8], visit: (_ operation: Int, _ output: [Double]) -> Void) {
    begin(frame)
    for index in 0..<session.operationCount {
      session.step(index)
      visit(index, output(of: index))
    }
  }

  /// Starts a frame of pixels and numbers.
  func begin(_ frame: [UInt8]) { begin(raw: inputs.raw(frame)) }

  private func begin(raw frame: [UInt8]) {
    do throws(SessionError) {
      try unsafe frame.span.bytes.withUnsafeBytes { bytes throws(SessionError) in
        unsafe try session.begin(frame: bytes)
      }
    } catch {
      preconditionFailure("the frame has the size that the model asks for")
    }
  }

  /// Runs operations of the frame that was begun or resumed.
  func step(_ operations: Range<Int>) {
    for index in operations { session.step(index) }
  }

  /// The raw values of an operation's first input, which those before it have made.
  func input(of operation: Int) -> [Float] { values(of: model.operation(operation).inputs[0]) { Float($0) } }

  var tensors: [TensorRecord] { (0..<model.tensorCount).map { model.tensor($0) } }

  /// The bytes of the arena that an operation or later ones read of what those before it have made.
  func live(before operation: Int) -> RangeSet<Int> {
    var live = RangeSet((0..<session.outputCount).map { bytes(of: session.output($0).tensor) })
    for index in (operation..<model.operationCount).reversed() {
      let record = model.operation(index)
      live.remove(contentsOf: bytes(of: record.output))
      for input in 0..<record.inputCount { live.insert(contentsOf: bytes(of: record.inputs[input])) }
    }
    return live
  }

  private func bytes(of tensor: Int) -> Range<Int> {
    let record = model.tensor(tensor)
    return record.arenaOffset..<record.arenaOffset + record.count * record.format.elementBytes
  }

  /// The frame as the operations so far have left it: the live bytes, one range after the other.
  func pause(_ live: RangeSet<Int>) -> [UInt8] {
    live.ranges.flatMap { unsafe Array(UnsafeRawBufferPointer(rebasing: arena.unsafeBytes[$0])) }
  }

  /// Goes on with a frame that a runner of a file with the same tensors kept.
  func resume(_ frame: [UInt8], _ live: RangeSet<Int>) {
    var next = 0
    for range in live.ranges {
      // The loader has checked that tensors lie in the arena.
      unsafe UnsafeMutableRawBufferPointer(rebasing: arena.unsafeBytes[range])
        .copyBytes(from: frame[next..<next + range.count])
      next += range.count
    }
  }

  private func output(of index: Int) -> [Double] {
    let tensor = model.operation(index).output
    let format = model.tensor(tensor).format
    return values(of: tensor) { format.number(Int64($0)) }
  }

  /// A tensor's raw values as numbers, as the steps so far have left them: `Session.value` for all elements.
  private func values<Number>(of tensor: Int, _ number: (Int32) -> Number) -> [Number] {
    let record = model.tensor(tensor)
    // The loader has checked that the tensor lies in the arena.
    let start = unsafe UnsafeRawPointer(arena.unsafeBytes.baseAddress!) + record.arenaOffset
    func all<Raw: BinaryInteger>(_: Raw.Type) -> [Number] {
      unsafe UnsafeBufferPointer(start: start.assumingMemoryBound(to: Raw.self), count: record.count).map {
        number(Int32($0))
      }
    }
    return switch (record.format.elementBytes, record.format.isSigned) {
    case (1, false): all(UInt8.self)
    case (1, true): all(Int8.self)
    case (_, false): all(UInt16.self)
    case (_, true): all(Int16.self)
    }
  }
}

extension InstructionSet {
  /// The last one that this machine has: each gives the same bits, later ones sooner.
  static var fastest: InstructionSet { allCases.last { $0.isAvailable } ?? .scalar }
}
