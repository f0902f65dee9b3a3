import CLinux

/// A model, checked whole when it is made and immutable from then on.
///
/// The file is mapped and used in place. Everything that a session or a report needs is read through it; nothing read
/// through it can leave the file.
@safe
public struct ModelFile: ~Copyable, @unchecked Sendable {
  let view: ModelView
  /// The signature behind the model, verified if a key was given.
  public let signature: FileSignature?
  private let isMapped: Bool

  /// Maps and checks the file at `path`.
  ///
  /// - Parameter key: of whoever alone is trusted. Then the file is read into memory of its own first, so that what was verified is what
  ///   runs, whatever is written to the file later.
  /// - Throws: `ModelError` with the byte offset of the first fault; `.unreadable` with the system's error number.
  @export(interface)
  public init(path: UnsafePointer<CChar>, key: PublicKey? = nil) throws(ModelError) {
    var base: UnsafeRawPointer?
    var length = 0
    let limit = Layout.maximumFileBytes + SignatureLayout.bytes
    let error = unsafe linux_map_file(path, limit, key != nil, &base, &length)
    guard error == 0, let base = unsafe base else { throw ModelError(.unreadable, at: 0, systemError: error) }
    do throws(ModelError) {
      (view, signature) = unsafe try ModelView.validated(base, length, key)
      isMapped = true
    } catch {
      unsafe linux_unmap(base, length)
      throw error
    }
  }

  /// Checks a model in memory that outlives this value and isn't changed meanwhile; 64-byte aligned as a mapping is.
  @export(interface)
  public init(unsafeBytes bytes: UnsafeRawBufferPointer, key: PublicKey? = nil) throws(ModelError) {
    guard let base = bytes.baseAddress else { throw ModelError(.tooShort, at: 0) }
    precondition(Int(bitPattern: base) % Layout.alignment == 0, "a model in memory starts at a multiple of 64")
    (view, signature) = unsafe try ModelView.validated(base, bytes.count, key)
    isMapped = false
  }

  /// The same model for a part of the program that can't hold on to the value itself. Nothing is checked again.
  ///
  /// - Parameter model: outlives this value.
  public init(unsafeSharing model: borrowing ModelFile) {
    view = model.view
    signature = model.signature
    isMapped = false
  }

  deinit {
    if isMapped { unsafe linux_unmap(view.bytes.base, fileBytes) }
  }

  /// With the signature.
  public var fileBytes: Int { view.bytes.count + (signature == nil ? 0 : SignatureLayout.bytes) }
  /// The whole file; valid as long as this model.
  public var unsafeFile: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: view.bytes.base, count: fileBytes)
  }
  /// Bytes of the tensors and of one thread's workspace.
  public var arenaBytes: Int { view.arenaBytes }
  /// Bytes of memory that a session of so many threads needs: the arena, in which each thread has a workspace of its own
  /// behind the first one's, and what the session prepares. `Int.max` for more than any memory has.
  public func sessionBytes(threads: Int) -> Int {
    let ofOtherThreads = Int64(threads - 1) * Int64(view.workspaceBytes)
    return Int(clamping: Int64(arenaBytes) + ofOtherThreads + Int64(view.preparedBytes))
  }
  /// - Requires: `sessionBytes(threads:)` bytes of memory to be there.
  func preparedOffset(threads: Int) -> Int { arenaBytes + (threads - 1) * view.workspaceBytes }
  public var workspaceOffset: Int { view.workspaceOffset }
  public var tensorCount: Int { view.tensorCount }
  public var operationCount: Int { view.operationCount }
  /// The image's, the first input.
  public var inputTensor: Int { view.inputTensor }
  /// 1...16.
  public var inputCount: Int { view.inputCount }
  /// The first output's.
  public var outputTensor: Int { view.outputTensor }
  /// 1...16.
  public var outputCount: Int { view.outputCount }
  /// Whether the file lists its outputs: several, or one that isn't a vector of scores.
  public var listsOutputs: Bool { view.listsOutputs }
  /// Values of all outputs together.
  public var outputValueCount: Int { view.outputValueCount }
  /// The only output of scores: what classes are told by. Nil where there is none or more than one.
  public var scoresOutput: Int? { view.scoresOutput }
  /// Of the only output of scores, else 0.
  public var classCount: Int { view.scoresTensor.map { tensor($0).channels } ?? 0 }
  /// Bytes of the image: height x width x channels, one byte each.
  public var imageBytes: Int { tensor(inputTensor).count }
  /// Bytes of one frame of all inputs: those of the image, then each other input's raw values, little-endian, in as many bytes as its
  /// format has.
  public var frameBytes: Int { view.frameBytes }

  public func tensor(_ index: Int) -> TensorRecord { view.tensor(index) }
  public func operation(_ index: Int) -> OperationRecord { view.operation(index) }
  public func output(_ index: Int) -> OutputRecord { view.output(index) }
  /// The tensor of an input of 0..<inputCount; that of the image is the first.
  public func input(_ index: Int) -> TensorRecord { view.input(index) }

  /// The bits that a convolution or fully connected layer drops from an output channel's sums, 0...31.
  public func shift(_ parameters: ConvolutionParameters, outputChannel: Int) -> Int {
    Int(view.bytes.u8(view.sectionOffset(.weights) + parameters.shiftOffset + outputChannel))
  }

  /// A layer's bias at the scale of its sums.
  public func bias(_ parameters: ConvolutionParameters, outputChannel: Int) -> Int {
    Int(view.bytes.i32(view.sectionOffset(.weights) + parameters.biasOffset + 4 * outputChannel))
  }

  /// A weight of a convolution or fully connected layer, raw.
  ///
  /// - Parameter index: a `ConvolutionParameters.packedIndex` of the layer's shape.
  public func weight(_ parameters: ConvolutionParameters, _ index: Int) -> Int {
    precondition(index >= 0 && index < parameters.weightsBytes * 8 / parameters.storedBits, "a weight is out of range")
    let blob = view.sectionOffset(.weights) + parameters.weightsOffset
    return unsafe Int(StoredWeights(view.bytes.base + blob, bits: parameters.storedBits).weight(index))
  }

  /// The file's BLAKE2b-256, as its header states it and as validation has verified it.
  public var digest: InlineArray<32, UInt8> {
    InlineArray { view.bytes.u8(Layout.digestOffset + $0) }
  }

  /// A name's UTF-8 bytes; valid as long as this model.
  public func unsafeName(_ reference: NameReference) -> UnsafeRawBufferPointer {
    let names = unsafe view.section(.names)
    precondition(reference.offset + reference.bytes <= names.count, "a name is out of range")
    return unsafe UnsafeRawBufferPointer(rebasing: names[reference.offset..<reference.offset + reference.bytes])
  }

  /// A class label's UTF-8 bytes, of the only output of scores; valid as long as this model.
  public func unsafeLabel(_ index: Int) -> UnsafeRawBufferPointer {
    guard let output = scoresOutput else { preconditionFailure("the model has not one output of scores") }
    return unsafe unsafeLabel(index, ofOutput: output)
  }

  /// A class label's UTF-8 bytes, of an output of scores; valid as long as this model.
  public func unsafeLabel(_ index: Int, ofOutput output: Int) -> UnsafeRawBufferPointer {
    let record = self.output(output)
    precondition(record.role == .scores, "only scores have labels")
    precondition(index >= 0 && index < tensor(record.tensor).channels, "a class index is out of range")
    let labels = unsafe view.section(.labels)
    var start = 0
    for _ in 0..<view.firstLabel(ofOutput: output) + index { start = unsafe lineEnd(labels, from: start) + 1 }
    return unsafe UnsafeRawBufferPointer(rebasing: labels[start..<lineEnd(labels, from: start)])
  }

  /// Calls `body` with each label of all outputs of scores, in the order of outputs and classes, at a cost linear in all of them.
  public func unsafeForEachLabel(_ body: (UnsafeRawBufferPointer) -> Void) {
    let labels = unsafe view.section(.labels)
    var start = 0
    while start < labels.count {
      let end = unsafe lineEnd(labels, from: start)
      unsafe body(UnsafeRawBufferPointer(rebasing: labels[start..<end]))
      start = end + 1
    }
  }

  private func lineEnd(_ text: UnsafeRawBufferPointer, from start: Int) -> Int {
    var end = start
    while unsafe text[end] != UInt8(ascii: "\n") { end += 1 }
    return end
  }

  /// The provenance, UTF-8 JSON; valid as long as this model.
  public var unsafeProvenance: UnsafeRawBufferPointer { unsafe view.section(.provenance) }
}

// MARK: - Test vectors

extension ModelFile {
  public var testVectorCount: Int { view.testVectorCount }

  /// The frame of a test vector, `frameBytes` long.
  public func unsafeTestFrame(_ index: Int) -> UnsafeRawBufferPointer {
    precondition(index >= 0 && index < testVectorCount, "a test vector is out of range")
    let start = index * Layout.aligned(frameBytes)
    return unsafe UnsafeRawBufferPointer(rebasing: view.section(.vectors)[start..<start + frameBytes])
  }

  /// A raw value of a test vector.
  ///
  /// - Parameter element: of all outputs, one after the other, below `outputValueCount`.
  public func testValue(_ index: Int, _ element: Int) -> Int32 {
    precondition(index >= 0 && index < testVectorCount, "a test vector is out of range")
    precondition(element >= 0 && element < outputValueCount, "an output's value is out of range")
    let start = testVectorCount * Layout.aligned(frameBytes) + index * Layout.aligned(4 * outputValueCount)
    return view.bytes.i32(view.sectionOffset(.vectors) + start + 4 * element)
  }

  /// A raw logit of a test vector, of the only output of scores.
  public func testLogit(_ index: Int, class channel: Int) -> Int32 {
    precondition(channel >= 0 && channel < classCount, "a class index is out of range")
    guard let output = scoresOutput else { preconditionFailure("the model has not one output of scores") }
    return testValue(index, view.firstValue(ofOutput: output) + channel)
  }

  /// BLAKE2b-256 of the values of all outputs of all test vectors, as the file states it.
  public var testDigest: InlineArray<32, UInt8> {
    let start = testVectorCount * (Layout.aligned(frameBytes) + Layout.aligned(4 * outputValueCount))
    return InlineArray { view.bytes.u8(view.sectionOffset(.vectors) + start + $0) }
  }
}
