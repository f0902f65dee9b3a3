import CLinux

/// Runs a model frame by frame in memory that the caller supplies. Allocates nothing; a frame's work is constant.
/// What depends on the model alone is prepared when the session is made.
///
/// A frame is `run(pixels:)`, or `begin(pixels:)` and then every `step(_:)` in order, for those who time or look into layers. Inputs beside the
/// image are set before it, for each frame anew, by `set(_:ofInput:)`; or all come at once, by `run(frame:)` or `begin(frame:)`.
/// Not for use from several threads at once: one session and one memory for each. A `ThreadPool` lets it share the work of a
/// frame among threads of its own; the bits are the same at any number.
@safe
public struct Session: ~Copyable {
  let view: ModelView
  let arena: UnsafeMutableRawPointer
  /// Bit i for input i, if it has to be set before the next frame.
  var missingInputs: UInt32
  /// For each operation; nil where it isn't a convolution.
  private let prepared: UnsafeMutablePointer<PreparedConvolution?>
  public let instructionSet: InstructionSet
  public let threads: Int
  /// Nil for one thread.
  private let pool: OpaquePointer?

  /// - Parameters:
  ///   - model: outlives the session.
  ///   - arena: `model.sessionBytes(threads: 1)` bytes or more at a multiple of 64; outlives the session.
  ///   - instructionSet: one that this machine has (`InstructionSet.isAvailable`).
  public init(
    unsafeModel model: borrowing ModelFile, arena: UnsafeMutableRawBufferPointer, instructionSet: InstructionSet
  ) throws(SessionError) {
    unsafe try self.init(model, arena, instructionSet, threads: 1, nil)
  }

  /// A session whose frames the threads of a pool share.
  ///
  /// - Parameters:
  ///   - model: outlives the session.
  ///   - arena: `model.sessionBytes(threads:)` bytes or more at a multiple of 64; outlives the session.
  ///   - instructionSet: one that this machine has (`InstructionSet.isAvailable`).
  ///   - pool: outlives the session, and serves no other one at the same time.
  public init(
    unsafeModel model: borrowing ModelFile, arena: UnsafeMutableRawBufferPointer, instructionSet: InstructionSet,
    unsafePool pool: borrowing ThreadPool
  ) throws(SessionError) {
    unsafe try self.init(
      model, arena, instructionSet, threads: pool.threads, pool.threads > 1 ? pool.handle : nil)
  }

  private init(
    _ model: borrowing ModelFile, _ arena: UnsafeMutableRawBufferPointer, _ instructionSet: InstructionSet,
    threads: Int, _ pool: OpaquePointer?
  ) throws(SessionError) {
    guard instructionSet.isAvailable else { throw .instructionSetUnavailable }
    guard let base = arena.baseAddress, arena.count >= model.sessionBytes(threads: threads) else {
      throw .arenaTooSmall
    }
    guard Int(bitPattern: base) % Layout.alignment == 0 else { throw .arenaMisaligned }
    view = model.view
    missingInputs = model.view.otherInputs
    unsafe self.arena = base
    self.instructionSet = instructionSet
    self.threads = threads
    unsafe self.pool = pool
    let table = unsafe base + model.preparedOffset(threads: threads)
    unsafe prepared = table.bindMemory(to: PreparedConvolution?.self, capacity: model.operationCount)
    var place = unsafe table + view.preparedTableBytes
    for index in 0..<view.operationCount {
      let record = view.operation(index)
      guard let parameters = record.operation.convolution else {
        unsafe (prepared + index).initialize(to: nil)
        continue
      }
      let arguments = unsafe convolutionArguments(parameters, record)
      let isDivided = threads > 1 && record.isDivided(view.tensor(record.output), by: instructionSet)
      unsafe (prepared + index).initialize(
        to: PreparedConvolution(
          arguments, instructionSet: instructionSet,
          dividedAlong: isDivided ? arguments.axis(threads: threads, instructionSet: instructionSet) : nil,
          memory: place))
      unsafe place += Conv2D.preparedBytes(
        parameters, inputChannels: arguments.inputChannels, outputChannels: arguments.outputChannels)
    }
  }

  public var operationCount: Int { view.operationCount }

  /// Runs one frame. Inputs beside the image have been set.
  ///
  /// - Parameter pixels: 8-bit pixels, height x width x channels of the model's image.
  public mutating func run(pixels: UnsafeRawBufferPointer) throws(SessionError) {
    unsafe try begin(pixels: pixels)
    for index in 0..<view.operationCount { step(index) }
  }

  /// Prepares the image: one table look-up a pixel and channel. Inputs beside it have been set.
  public mutating func begin(pixels: UnsafeRawBufferPointer) throws(SessionError) {
    let input = view.tensor(view.inputTensor)
    guard let source = pixels.baseAddress, pixels.count == input.count else { throw .wrongFrameSize }
    guard missingInputs == 0 else { throw .inputMissing }
    missingInputs = view.otherInputs
    let place = unsafe arena + input.arenaOffset
    for channel in 0..<input.channels {
      // The loader has checked that the section holds a table for each channel.
      let table = unsafe view.bytes.base + view.sectionOffset(.input) + 256 * channel
      func value(_ index: Int) -> UInt8 {
        let pixel = unsafe Int(source.load(fromByteOffset: index, as: UInt8.self))
        return unsafe table.load(fromByteOffset: pixel, as: UInt8.self)
      }
      var index = channel
      let step = input.channels
      while index &+ 3 &* step < input.count {
        // Four before the first is stored, so that none waits for another.
        let four = (value(index), value(index &+ step), value(index &+ 2 &* step), value(index &+ 3 &* step))
        unsafe place.storeBytes(of: four.0, toByteOffset: index, as: UInt8.self)
        unsafe place.storeBytes(of: four.1, toByteOffset: index &+ step, as: UInt8.self)
        unsafe place.storeBytes(of: four.2, toByteOffset: index &+ 2 &* step, as: UInt8.self)
        unsafe place.storeBytes(of: four.3, toByteOffset: index &+ 3 &* step, as: UInt8.self)
        index &+= 4 &* step
      }
      while index < input.count {
        unsafe place.storeBytes(of: value(index), toByteOffset: index, as: UInt8.self)
        index &+= step
      }
    }
  }

  /// Runs one operation; those before it have run since `begin`.
  public mutating func step(_ index: Int) {
    guard let pool = unsafe pool, isDivided(index) else { return run(index, .whole) }
    unsafe withUnsafePointer(to: self) { session in
      unsafe linux_on_all_threads(
        pool,
        { context, index, thread in
          let session = unsafe context.assumingMemoryBound(to: Session.self)
          unsafe session.pointee.run(Int(index), WorkShare(index: Int(thread), count: session.pointee.threads))
        }, session, Int64(index))
    }
  }

  private func isDivided(_ index: Int) -> Bool {
    if let convolution = unsafe prepared[index] { return unsafe convolution.axis != nil }
    let record = view.operation(index)
    return record.isDivided(view.tensor(record.output), by: instructionSet)
  }

  /// Runs a thread's share of one operation.
  private func run(_ index: Int, _ share: WorkShare) {
    let workspace = unsafe arena + view.workspaceOffset + share.index * view.workspaceBytes
    if unsafe prepared[index]?.run(share, workspace: workspace) != nil { return }
    let record = view.operation(index)
    let input = view.tensor(record.inputs[0])
    let output = view.tensor(record.output)
    let from = unsafe UnsafeRawPointer(arena + input.arenaOffset)
    let to = unsafe arena + output.arenaOffset
    switch record.operation {
    case .conv2D, .fullyConnected: preconditionFailure("a convolution is prepared")
    case .maxPool2D(let parameters):
      unsafe Pool2D.maximum(
        poolArguments(parameters, record, input, output, from, to).part(share), instructionSet: instructionSet)
    case .averagePool2D(let parameters, let multiplier, let shift):
      unsafe Pool2D.average(
        poolArguments(parameters, record, input, output, from, to).part(share), multiplier: multiplier, shift: shift,
        instructionSet: instructionSet)
    case .affineGridSample(let parameters):
      let theta = view.tensor(record.inputs[1])
      unsafe AffineGridSample.run(
        AffineGridSampleArguments(
          parameters: parameters, image: from, imageHeight: input.height, imageWidth: input.width,
          channels: input.channels, format: input.format,
          theta: UnsafePointer((arena + theta.arenaOffset).assumingMemoryBound(to: Int16.self)),
          thetaFraction: theta.format.fraction, output: to, outputHeight: output.height, outputWidth: output.width,
          minimum: record.minimum, maximum: record.maximum
        ).part(share),
        instructionSet: instructionSet)
    case .concatenate(let shifts):
      concatenate(record, shifts, output)
    case .requantize(let shift):
      unsafe Requantize.run(
        RequantizeArguments(
          input: from, inputFormat: input.format, output: to, outputFormat: output.format, pixels: 1,
          channels: input.count, outputChannels: input.count, shift: shift, minimum: record.minimum,
          maximum: record.maximum),
        instructionSet: instructionSet)
    case .add(let parameters):
      let second = view.tensor(record.inputs[1])
      unsafe Addition.run(
        AdditionArguments(
          parameters: parameters, first: from, firstFormat: input.format, second: arena + second.arenaOffset,
          secondFormat: second.format, count: input.count, output: to, outputFormat: output.format,
          minimum: record.minimum, maximum: record.maximum),
        instructionSet: instructionSet)
    case .table(let parameters):
      let rows = share.range(of: output.height)
      unsafe Table.run(
        TableArguments(
          input: from, inputFormat: input.format, channels: input.channels, output: to, outputFormat: output.format,
          entries: view.bytes.base + view.sectionOffset(.weights) + parameters.offset, tables: parameters.tables,
          pixels: rows.lowerBound * output.width..<rows.upperBound * output.width),
        instructionSet: instructionSet)
    case .rearrange(let parameters):
      unsafe Rearrange.run(
        RearrangeArguments(
          parameters: parameters, input: from, inputHeight: input.height, inputWidth: input.width,
          inputChannels: input.channels, output: to, outputWidth: output.width, outputChannels: output.channels,
          elementBytes: output.format.elementBytes, rows: share.range(of: output.height)),
        instructionSet: instructionSet)
    case .multiply(let shift):
      let second = view.tensor(record.inputs[1])
      unsafe Multiplication.run(
        MultiplicationArguments(
          first: from, firstFormat: input.format, second: arena + second.arenaOffset, secondFormat: second.format,
          secondHeight: second.height, secondWidth: second.width, secondChannels: second.channels, output: to,
          outputFormat: output.format, width: output.width, channels: output.channels, shift: shift,
          minimum: record.minimum, maximum: record.maximum, rows: share.range(of: output.height)),
        instructionSet: instructionSet)
    }
  }

  private func convolutionArguments(
    _ parameters: ConvolutionParameters, _ record: OperationRecord
  ) -> ConvolutionArguments {
    let (input, output) = (view.tensor(record.inputs[0]), view.tensor(record.output))
    let weights = unsafe view.bytes.base + view.sectionOffset(.weights)
    return unsafe ConvolutionArguments(
      parameters: parameters, input: arena + input.arenaOffset, inputFormat: input.format, inputHeight: input.height,
      inputWidth: input.width, inputChannels: input.channels, output: arena + output.arenaOffset,
      outputFormat: output.format, outputChannels: output.channels,
      weights: weights + parameters.weightsOffset,
      bias: (weights + parameters.biasOffset).assumingMemoryBound(to: Int32.self),
      shifts: (weights + parameters.shiftOffset).assumingMemoryBound(to: UInt8.self), minimum: record.minimum,
      maximum: record.maximum, workspace: arena + view.workspaceOffset)
  }

  private func poolArguments(
    _ parameters: PoolParameters, _ record: OperationRecord, _ input: TensorRecord, _ output: TensorRecord,
    _ from: UnsafeRawPointer, _ to: UnsafeMutableRawPointer
  ) -> PoolArguments {
    unsafe PoolArguments(
      parameters: parameters, input: from, inputFormat: input.format, inputHeight: input.height,
      inputWidth: input.width, channels: input.channels, output: to, outputFormat: output.format,
      minimum: record.minimum, maximum: record.maximum)
  }

  /// Joins tensors along channels: those of each input, in the output's format, lie behind those of the inputs before it.
  private func concatenate(_ record: OperationRecord, _ shifts: InlineArray<4, Int32>, _ output: TensorRecord) {
    var channel = 0
    for position in 0..<record.inputCount {
      let input = view.tensor(record.inputs[position])
      if !view.isInPlace(input, output, firstChannel: channel, shift: shifts[position]) {
        unsafe Requantize.run(
          RequantizeArguments(
            input: arena + input.arenaOffset, inputFormat: input.format,
            output: arena + output.arenaOffset + channel * output.format.elementBytes, outputFormat: output.format,
            pixels: input.height * input.width, channels: input.channels, outputChannels: output.channels,
            shift: shifts[position], minimum: record.minimum, maximum: record.maximum),
          instructionSet: instructionSet)
      }
      channel += input.channels
    }
  }
}

// MARK: - Results

extension Session {
  /// 1...16.
  public var outputCount: Int { view.outputCount }

  /// An output; its tensor's record has its shape and its format: a value is `value(i, ofOutput:) * 2^-fraction`.
  public func output(_ index: Int) -> OutputRecord { view.output(index) }

  /// A raw value of an output of the last frame: elements in height x width x channels order.
  public func value(_ element: Int, ofOutput index: Int) -> Int32 { value(element, of: view.output(index).tensor) }

  /// Writes the raw values of an output of the last frame, in height x width x channels order.
  ///
  /// - Parameter values: as many as its tensor has.
  public func writeValues(ofOutput index: Int, to values: inout MutableSpan<Int32>) {
    let record = view.tensor(view.output(index).tensor)
    precondition(values.count == record.count, "there is a place for each value")
    for element in 0..<record.count {
      values[element] = unsafe UnsafeRawPointer(arena + record.arenaOffset).element(element, record.format)
    }
  }

  /// Adds the values of all outputs of the last frame to a digest, in their order: what test vectors are compared by.
  public func addOutputs(to digest: borrowing Digest) {
    for index in 0..<outputCount {
      let tensor = view.output(index).tensor
      for element in 0..<view.tensor(tensor).count { digest.update(value(element, of: tensor)) }
    }
  }

  // MARK: Of the only output of scores

  /// 0 where the model has no output of scores, or more than one.
  public var classCount: Int { view.scoresTensor.map { view.tensor($0).channels } ?? 0 }
  /// The logits' format: a logit is `logit(i) * 2^-fraction`. Where there are none, that of the first output.
  public var logitFormat: FixedFormat { view.tensor(view.scoresTensor ?? view.outputTensor).format }

  /// A raw logit of the last frame.
  public func logit(_ index: Int) -> Int32 {
    guard let tensor = view.scoresTensor else { preconditionFailure("the model has not one output of scores") }
    return value(index, of: tensor)
  }

  /// The first class of the greatest logit.
  public var classIndex: Int {
    var best = 0
    for index in 1..<max(classCount, 1) where logit(index) > logit(best) { best = index }
    return best
  }

  /// The probability of a class: 16 fraction bits, `Softmax.one` is certainty. Its cost is linear in the classes.
  public func probability(_ index: Int) -> UInt32 {
    let fraction = logitFormat.fraction
    let greatest = Int64(logit(classIndex))
    var sum: UInt64 = 0
    for other in 0..<classCount {
      sum += Softmax.weight(distance: greatest - Int64(logit(other)), fraction: fraction)
    }
    return Softmax.probability(
      weight: Softmax.weight(distance: greatest - Int64(logit(index)), fraction: fraction), sum: sum)
  }

  /// A raw value of a tensor, as the steps so far have left it: elements in height x width x channels order.
  public func value(_ element: Int, of tensor: Int) -> Int32 {
    let record = view.tensor(tensor)
    precondition(element >= 0 && element < record.count, "an element index is out of range")
    return unsafe UnsafeRawPointer(arena + record.arenaOffset).element(element, record.format)
  }
}
