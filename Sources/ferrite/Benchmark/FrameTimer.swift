import EdgeRuntime

/// Times the frames of one model, layer by layer. Frames are its test vectors in turn; a model without any gets a black frame.
struct FrameTimer {
  let model: LoadedModel
  private let classifier: Classifier
  private let vectors: [[UInt8]]
  /// The layers, then the frame as a whole.
  private var durations: Durations

  init(_ model: LoadedModel, instructionSet: InstructionSet, threads: Int, frames: Int) throws {
    self.model = model
    classifier = try Classifier(model, instructionSet: instructionSet, threads: threads)
    let vectors = (0..<model.file.testVectorCount).map { model.testFrame($0) }
    self.vectors = vectors.isEmpty ? [[UInt8](repeating: 0, count: model.file.frameBytes)] : vectors
    durations = Durations(things: model.file.operationCount + 1, measurements: frames)
  }

  /// Runs and records frame number `frame`. Takes no memory.
  mutating func measure(frame: Int) {
    let layers = model.file.operationCount
    let start = Durations.now
    classifier.begin(raw: vectors[frame % vectors.count])
    var last = start
    for layer in 0..<layers {
      classifier.step(layer)
      let now = Durations.now
      durations.record(now - last, thing: layer, measurement: frame)
      last = now
    }
    durations.record(last - start, thing: layers, measurement: frame)
  }

  /// The frames in their order, nanoseconds.
  var frames: [UInt64] { durations.measurements(of: model.file.operationCount) }

  /// The median time of each layer, microseconds.
  var layerMedians: [Double] {
    (0..<model.file.operationCount).map { durations.sorted($0).microseconds(permille: 500) }
  }
}
