import EdgeRuntime
import ImageData
import Quantize

/// Runs a float network and its fixed-point model side by side. Memory does not depend on the number of pictures.
struct ComparisonRunner: Sendable {
  let graph: FloatGraph
  let model: LoadedModel
  let data: DataSet
  /// Indices of the pictures in `data`.
  let indices: [Int]
  /// Every layer is compared on at most this many pictures, evenly spread; on the others the classes alone.
  let layerSamples: Int
  let threads: Int

  /// Shares the pictures among the threads. Counts do not depend on their number; noise does, in its last digits.
  ///
  /// - Throws: what reading a picture threw.
  func run() throws -> Comparison {
    let progress = ProgressBar("comparing", total: indices.count)
    let shares = try concurrently(threads: threads) { thread, _ in try share(of: thread, progress) }
    var whole = shares[0]
    for share in shares.dropFirst() { whole.merge(share) }
    return whole
  }

  private func share(of thread: Int, _ progress: ProgressBar) throws -> Comparison {
    var comparison = Comparison(classes: model.labels.count, operations: model.file.operationCount)
    let reference = FloatReference(graph)
    let classifier = try Classifier(model, instructionSet: .best)
    let pairing = LayerPairing(graph, model)
    let layerStride = (indices.count + layerSamples - 1) / layerSamples
    for position in stride(from: thread, to: indices.count, by: threads) {
      let sample = try data.sample(indices[position])
      let float: Int
      if position % layerStride == 0 {
        float = compareLayers(sample.image.pixels, reference, classifier, pairing, &comparison.noise)
      } else {
        reference.run(pixels: sample.image.pixels)
        classifier.run(sample.image.pixels)
        float = reference.output.firstGreatest
      }
      let fixed = classifier.classIndex
      comparison.float.record(truth: sample.label, predicted: float)
      comparison.fixed.record(truth: sample.label, predicted: fixed)
      if float != fixed {
        comparison.flips.append(
          .init(position: position, id: sample.id, label: sample.label, float: float, fixed: fixed))
      }
      progress.advance()
    }
    return comparison
  }

  /// Runs both on a picture and records each layer's noise.
  ///
  /// - Returns: the float network's class.
  private func compareLayers(
    _ pixels: [UInt8], _ reference: FloatReference, _ classifier: Classifier, _ pairing: LayerPairing,
    _ noise: inout [SignalToNoise]
  ) -> Int {
    var exact = [[Float]](repeating: [], count: model.file.operationCount)
    reference.run(pixels: pixels) { value, numbers in
      for operation in pairing.operations[value] { exact[operation] = numbers }
    }
    classifier.begin(pixels)
    for operation in 0..<model.file.operationCount {
      classifier.step(operation)
      guard !exact[operation].isEmpty else { continue }
      // Read at once: a later operation may reuse the memory.
      let values = classifier.values(model.file.operation(operation).output)
      for (number, value) in zip(exact[operation], values) {
        noise[operation].record(exact: Double(number), approximate: value)
      }
    }
    return reference.output.firstGreatest
  }
}

extension [Float] {
  /// The first index of the greatest value: the rule that the runtime breaks ties by.
  var firstGreatest: Int {
    var best = 0
    for index in indices where self[index] > self[best] { best = index }
    return best
  }
}
