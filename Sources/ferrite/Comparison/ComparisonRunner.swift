import EdgeRuntime
import FoundationEssentials
import Glibc
import ImageData
import Quantize
import Synchronization

/// Runs a reference and a fixed-point model side by side, a block of pictures at a time. Memory does not depend on the number
/// of pictures, and what is counted not on the number of threads.
struct ComparisonRunner: Sendable {
  enum Reference: Sendable {
    case float(FloatGraph)
    case fixed(LoadedModel)

    var kind: ComparisonTask.ReferenceKind {
      switch self {
      case .float: .float
      case .fixed: .against
      }
    }
  }

  /// Pictures of a thread between two looks at the clock: an interruption loses no more.
  private static let blockPictures = 8
  /// Seconds between two writings of a partial result.
  private static let writingInterval: UInt64 = 5

  let model: LoadedModel
  let data: DataSet
  /// Indices of the pictures in `data`.
  let indices: [Int]
  private let task: ComparisonTask
  private let workers: [Worker]

  /// A thread's networks.
  private final class Worker: Sendable {
    private let networks: Mutex<(reference: ReferenceNetwork, fixed: Classifier, hybrid: HybridRunner?)>

    init(_ reference: Reference, _ model: LoadedModel, _ paired: PairedNetwork?) throws {
      let classifier = try Classifier(model, instructionSet: .best)
      let network: ReferenceNetwork
      switch reference {
      case .float(let graph): network = .float(FloatReference(graph), LayerPairing(graph, model))
      case .fixed(let other):
        network = .fixed(try Classifier(other, instructionSet: .best), LayerPairing(other, model))
      }
      networks = Mutex((network, classifier, paired.map(HybridRunner.init)))
    }

    func use<Result: Sendable>(
      _ body: (ReferenceNetwork, Classifier, HybridRunner?) throws -> Result
    ) rethrows -> Result {
      try networks.withLock { try body($0.reference, $0.fixed, $0.hybrid) }
    }
  }

  init(
    reference: Reference, model: LoadedModel, paired: PairedNetwork?, data: DataSet, indices: [Int],
    task: ComparisonTask, threads: Int
  ) throws {
    self.model = model
    self.data = data
    self.indices = indices
    self.task = task
    workers = try (0..<threads).map { _ in try Worker(reference, model, paired) }
  }

  /// Goes on with `partial` until it is complete or the user interrupts, and keeps it in the file at `path` if there is one.
  ///
  /// - Throws: what reading a picture or writing the file threw; `Interruption.Stopped`.
  func run(_ partial: inout PartialComparison, keptAt path: String?) throws {
    let total = partial.shard.count(of: indices.count)
    let progress = ProgressBar("comparing", total: total, done: partial.done)
    var written = Durations.now
    while !partial.isComplete {
      let block = partial.done..<min(partial.done + Self.blockPictures * workers.count, total)
      let shard = partial.shard
      let shares = try concurrently(threads: workers.count) { thread, threads in
        try compare(stride(from: block.lowerBound + thread, to: block.upperBound, by: threads), shard, thread, progress)
      }
      if Interruption.isRequested {
        if let path { try partial.write(to: path) }
        throw Interruption.Stopped(done: partial.done, total: total, keptAt: path)
      }
      for share in shares { partial.comparison.merge(share) }
      partial.done = block.upperBound
      if let path, Durations.now - written > Self.writingInterval * 1_000_000_000 {
        try partial.write(to: path)
        written = Durations.now
      }
    }
    if let path { try partial.write(to: path) }
  }

  private func compare(
    _ numbers: StrideTo<Int>, _ shard: Shard, _ thread: Int, _ progress: ProgressBar
  ) throws -> Comparison {
    try workers[thread].use { reference, classifier, hybrid in
      var comparison = Comparison(classes: model.labels.count, layers: task.layers)
      for number in numbers {
        if Interruption.isRequested { break }
        try compare(shard.position(number), reference, classifier, hybrid, &comparison)
        progress.advance()
      }
      return comparison
    }
  }

  private func compare(
    _ position: Int, _ reference: ReferenceNetwork, _ classifier: Classifier, _ hybrid: HybridRunner?,
    _ comparison: inout Comparison
  ) throws {
    let sample = try data.sample(indices[position])
    let frame = sample.frame
    lookIntoLayers(position, sample, reference, classifier, hybrid, &comparison)
    let expected = reference.answer
    let start = Durations.now
    classifier.run(frame)
    comparison.latency.record(nanoseconds: Durations.now - start)
    let actual = classifier.answer

    comparison.reference.record(truth: sample.label, expected)
    comparison.fixed.record(truth: sample.label, actual)
    guard expected.index != actual.index else { return }
    if expected.index == sample.label { comparison.lost.record(truth: sample.label, predicted: actual.index) }
    if actual.index == sample.label { comparison.gained.record(truth: sample.label, predicted: expected.index) }
    comparison.flips.record(
      .init(
        position: position, id: sample.id, label: sample.label, reference: expected.index, fixed: actual.index,
        referenceMargin: expected.margin, fixedMargin: actual.margin,
        picture: sample.image.thumbnail().map { Data($0.png()).base64EncodedString() }))
  }

  /// Runs the reference and, on the pictures that they are chosen for, looks at each layer and tries what would be if.
  private func lookIntoLayers(
    _ position: Int, _ sample: Sample, _ reference: ReferenceNetwork, _ classifier: Classifier,
    _ hybrid: HybridRunner?, _ comparison: inout Comparison
  ) {
    let frame = sample.frame
    let isLayerSample = position % task.layerStride == 0
    let whatIf = task.whatIf.flatMap { position % $0.stride == 0 ? $0 : nil }
    guard isLayerSample || whatIf != nil else { return reference.run(frame) }
    let exact = reference.runLayers(frame, operations: model.file.operationCount)
    let values = classifier.runLayers(frame)
    hybrid?.begin(frame, values)
    if isLayerSample {
      compareLayers(exact, values, hybrid, position, &comparison)
    }
    if let whatIf, let hybrid {
      comparison.whatIfSamples.append(
        hybrid.tryCases(whatIf, position: position, label: sample.label, exact: reference.logits))
    }
  }

  /// What quantisation does to each layer on one picture.
  private func compareLayers(
    _ exact: [[Double]], _ values: [[Double]], _ hybrid: HybridRunner?, _ position: Int, _ comparison: inout Comparison
  ) {
    var sample = LayerSample(position: position, tensors: [])
    for index in values.indices {
      // The input inherits nothing.
      let alone = index == 0 ? exact[0] : hybrid?.output(of: index - 1, .float)
      sample.tensors.append(LayerError(exact: exact[index], alone: alone, values: values[index]))
      let tensor = index == 0 ? model.file.inputTensor : model.file.operation(index - 1).output
      comparison.layerCounts[index].record(
        exact: exact[index], values: values[index], model.file.tensor(tensor).format)
    }
    comparison.layerSamples.append(sample)
  }
}

extension PixelImage {
  /// At most 96 pixels along either side, by leaving out rows and columns; nil where the channels are no colours.
  fileprivate func thumbnail() -> PixelImage? {
    guard extent.channels == 1 || extent.channels == 3 else { return nil }
    let step = (max(extent.width, extent.height) + 95) / 96
    guard step > 1 else { return self }
    let rows = stride(from: 0, to: extent.height, by: step)
    let columns = stride(from: 0, to: extent.width, by: step)
    let pixels = rows.flatMap { y in
      columns.flatMap { x in
        let start = (y * extent.width + x) * extent.channels
        return Array(self.pixels[start..<start + extent.channels])
      }
    }
    let size = ImageExtent(
      width: (extent.width + step - 1) / step, height: (extent.height + step - 1) / step, channels: extent.channels)
    return PixelImage(extent: size, pixels: pixels)
  }
}
