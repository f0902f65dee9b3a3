import EdgeRuntime
import ImageData
import Quantize

/// A network's output as both sides of a comparison must have it.
struct ComparedOutput: Equatable {
  var name: String
  var height: Int
  var width: Int
  var channels: Int

  var text: String { "\(name) (\(height)x\(width)x\(channels))" }
}

extension ComparedOutput {
  init(_ output: ModelOutput) {
    self.init(
      name: output.name, height: output.record.height, width: output.record.width, channels: output.record.channels)
  }
}

/// A reference and a fixed-point model whose outputs are more than one vector of scores, on the same pictures: how near each
/// output and each layer comes, and, where exactly one output has scores, how often both are right.
struct OutputComparison {
  /// Pictures that layers are compared on, evenly spread.
  private static let layerPictures = 100

  let model: LoadedModel
  let reference: ComparisonTask.File
  let referenceName: String
  private(set) var samples = 0
  /// By output.
  private(set) var outputs: [OutputError]
  /// By operation.
  private(set) var layers: [SignalToNoise]
  /// Pictures that the reference, the model and both take for the right class, and those that both take for the same.
  private(set) var right = (reference: 0, fixed: 0, same: 0)

  struct OutputError: Equatable {
    var noise = SignalToNoise()
    var greatest = 0.0

    mutating func record(_ exact: [Double], _ found: [Double]) {
      for (exact, found) in zip(exact, found) {
        noise.record(exact: exact, approximate: found)
        greatest = max(greatest, abs(exact - found))
      }
    }

    mutating func merge(_ other: OutputError) {
      noise.merge(other.noise)
      greatest = max(greatest, other.greatest)
    }
  }

  /// - Throws: what reading a picture threw.
  init(
    _ model: LoadedModel, _ reference: ComparisonRunner.Reference, _ file: ComparisonTask.File, data: DataSet,
    indices: [Int], threads: Int
  ) throws {
    self.init(model, reference.kind.rawValue, file)
    let progress = ProgressBar("comparing", total: indices.count)
    let stride = (indices.count + Self.layerPictures - 1) / Self.layerPictures
    let none = self
    // A picture's sums are kept apart until all are there, so that they are the same with any number of threads.
    let parts = try concurrently(threads: threads) { thread, threads in
      let classifier = try Classifier(model, instructionSet: .best)
      let network = try ReferenceNetwork(reference, model)
      return try Swift.stride(from: thread, to: indices.count, by: threads).map { position in
        let sample = try data.sample(indices[position])
        var part = none
        part.record(sample, classifier, network, looksIntoLayers: position % stride == 0)
        progress.advance()
        return part
      }
    }
    for position in indices.indices { merge(parts[position % threads][position / threads]) }
  }

  private init(_ model: LoadedModel, _ referenceName: String, _ reference: ComparisonTask.File) {
    (self.model, self.referenceName, self.reference) = (model, referenceName, reference)
    outputs = Array(repeating: OutputError(), count: model.outputs.count)
    layers = Array(repeating: SignalToNoise(), count: model.file.operationCount)
  }

  private mutating func record(
    _ sample: Sample, _ classifier: Classifier, _ network: ReferenceNetwork, looksIntoLayers: Bool
  ) {
    let frame = sample.frame
    if looksIntoLayers {
      let exact = network.runLayers(frame, operations: layers.count)
      let found = classifier.runLayers(frame)
      for index in layers.indices {
        for (exact, found) in zip(exact[1 + index], found[1 + index]) {
          layers[index].record(exact: exact, approximate: found)
        }
      }
    } else {
      network.run(frame)
      classifier.run(frame)
    }
    samples = 1
    for (index, output) in model.outputs.enumerated() {
      outputs[index].record(network.values(ofOutput: index), classifier.values(output.tensor))
    }
    guard let scores = model.file.scoresOutput else { return }
    let logits = network.values(ofOutput: scores)
    let expected = logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }
    right.reference = expected == sample.label ? 1 : 0
    right.fixed = classifier.classIndex == sample.label ? 1 : 0
    right.same = expected == classifier.classIndex ? 1 : 0
  }

  private mutating func merge(_ other: OutputComparison) {
    samples += other.samples
    for index in outputs.indices { outputs[index].merge(other.outputs[index]) }
    for index in layers.indices { layers[index].merge(other.layers[index]) }
    right.reference += other.right.reference
    right.fixed += other.right.fixed
    right.same += other.right.same
  }
}

extension ReferenceNetwork {
  fileprivate init(_ reference: ComparisonRunner.Reference, _ model: LoadedModel) throws {
    switch reference {
    case .float(let graph): self = .float(FloatReference(graph), LayerPairing(graph, model))
    case .fixed(let other):
      self = .fixed(try Classifier(other, instructionSet: .best), LayerPairing(other, model))
    }
  }
}

// MARK: - Report

extension OutputComparison {
  private func share(_ count: Int) -> Double { Double(count) / Double(max(samples, 1)) }

  private func layerName(_ index: Int) -> String { model.name(model.file.operation(index).name) }

  var text: String {
    var table = TextTable([
      ("output", .left), ("shape", .left), ("format", .left), ("SQNR dB", .right), ("greatest error", .right),
      ("in steps", .right),
    ])
    for (output, error) in zip(model.outputs, outputs) {
      table.add([
        output.name, output.record.extents, output.record.format.name, error.noise.decibels?.decimals(1) ?? "no signal",
        error.greatest.decimals(4), (error.greatest / output.record.format.step).decimals(1),
      ])
    }
    var layerTable = TextTable([("layer", .left), ("op", .left), ("SQNR dB", .right)])
    for (index, layer) in layers.enumerated() {
      layerTable.add([
        layerName(index).briefLayerName, "\(model.file.operation(index).operation.kind.name)",
        layer.decibels?.decimals(1) ?? "no counterpart",
      ])
    }
    var text = "\(samples.grouped) pictures\n"
    if model.file.scoresOutput != nil {
      text += "accuracy: \(referenceName) \(share(right.reference).percent), fixed \(share(right.fixed).percent); "
      text += "the same class on \(share(right.same).percent)\n"
    }
    return text + "\n\(table.text)\n\(layerTable.text)"
  }

  var json: JSON {
    func accuracy(_ count: Int) -> JSON {
      guard model.file.scoresOutput != nil else { return .null }
      let interval = wilsonInterval(successes: count, trials: samples)
      return [
        "accuracy": .number(share(count)),
        "interval": JSON([.number(interval.lowerBound), .number(interval.upperBound)]),
      ]
    }
    return [
      "samples": JSON(samples), referenceName: accuracy(right.reference), "fixed": accuracy(right.fixed),
      "agreement": model.file.scoresOutput == nil ? .null : .number(share(right.same)),
      "outputs": JSON(
        zip(model.outputs, outputs).map { output, error in
          [
            "name": JSON(output.name), "shape": output.record.shape, "format": JSON(output.record.format.name),
            "sqnr_db": .rounded(error.noise.decibels, digits: 2), "greatest_error": .number(error.greatest),
            "greatest_error_steps": .number(error.greatest / output.record.format.step),
          ]
        }),
      "layers": JSON(
        layers.enumerated().map { index, layer in
          [
            "name": JSON(layerName(index)), "op": JSON("\(model.file.operation(index).operation.kind.name)"),
            "sqnr_db": .rounded(layer.decibels, digits: 2),
          ]
        }),
      "inputs": [
        referenceName: ["path": JSON(reference.path), "digest": JSON(reference.digest)],
        "fixed": ["path": JSON(model.path), "digest": JSON(model.file.digest.hexadecimal)],
      ],
    ]
  }
}
