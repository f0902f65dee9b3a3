/// A comparison and what it says: the figures behind JSON, text and page.
struct ComparisonReport {
  let task: ComparisonTask
  let comparison: Comparison

  var labels: [String] { task.labels }
  /// What the reference is called: `float`, or `against` for another model.
  var referenceName: String { task.kind.rawValue }
  /// Both sides, the reference first.
  var sides: [(name: String, side: Comparison.Side)] {
    [(referenceName, comparison.reference), ("fixed", comparison.fixed)]
  }

  /// `p = 0.0215`, or `p < 0.0001`.
  var mcnemarText: String {
    comparison.mcnemarP < 0.0001 ? "p < 0.0001" : "p = \(comparison.mcnemarP.decimals(4))"
  }

  struct Layer {
    var task: ComparisonTask.Layer
    var error: LayerError
    var counts: LayerCounts

    var name: String { task.name }
    var operation: String { task.operation }
    /// Signal to noise; nil without a counterpart in the reference, or without signal.
    var decibels: Double? { error.all.decibels }
    /// Signal to what the layer itself adds.
    var ownDecibels: Double? { error.own.decibels }
    /// Signal to what it inherits from the layers before.
    var inheritedDecibels: Double? { error.inherited.decibels }
    /// nil without a counterpart.
    var greatestError: Double? { error.all.decibels == nil ? nil : counts.greatestError }
    /// In steps of the format.
    var greatestErrorSteps: Double? { greatestError.map { $0 / task.step } }
    /// Share of the values that saturate.
    var saturation: Double { counts.range.saturation }
  }

  /// The input, then the operations' outputs. Summed in the pictures' order, so that shards and threads don't change the last
  /// digit.
  var tensors: [Layer] {
    task.layers.indices.map { index in
      var error = LayerError()
      for sample in comparison.layerSamples { error.merge(sample.tensors[index]) }
      return Layer(task: task.layers[index], error: error, counts: comparison.layerCounts[index])
    }
  }

  /// Without the input.
  var layers: [Layer] { Array(tensors[1...]) }

  /// How many dB above the logits' a layer's signal to noise may lie and still be where the loss has happened: there, the noise
  /// is at least half as strong as in the logits.
  static let lossMargin = 3.0

  /// The first tensor in the order of execution at which the noise is nearly as strong as in the logits; nil without noise.
  var firstLoss: Layer? {
    let tensors = tensors
    guard let end = tensors.last?.decibels, end.isFinite else { return nil }
    return tensors.first { $0.decibels.map { $0 <= end + Self.lossMargin } ?? false }
  }

  /// The class whose recall fell most, and where its pictures went.
  struct Loss {
    var label: Int
    var from: Double
    var to: Double
    /// Pictures of it that the reference alone gets right.
    var pictures: Int
    /// The class that most of them are taken for now, and how many; nil if there are none.
    var mostly: (label: Int, pictures: Int)?
  }

  /// nil if no class lost anything.
  var greatestLoss: Loss? {
    let (before, after) = (comparison.reference.confusion, comparison.fixed.confusion)
    let falls = labels.indices.map { before.recall($0) - after.recall($0) }
    guard let label = labels.indices.max(by: { falls[$0] < falls[$1] }), falls[label] > 0 else { return nil }
    let row = comparison.lost.rows[label]
    let mostly = row.indices.max { row[$0] < row[$1] }.flatMap { row[$0] > 0 ? ($0, row[$0]) : nil }
    return Loss(
      label: label, from: before.recall(label), to: after.recall(label), pictures: comparison.lost.support(label),
      mostly: mostly)
  }

  /// The layer with the least signal to quantisation noise.
  private var noisiestLayer: Layer? {
    layers.filter { $0.decibels?.isFinite == true }.min { $0.decibels! < $1.decibels! }
  }

  /// What a person wants to know first: who lost most, and where the signal is.
  var explanation: String {
    var sentences: [String] = []
    if let loss = greatestLoss {
      var text = "\(labels[loss.label]) lost most: recall \(loss.from.percent) to \(loss.to.percent)"
      if let mostly = loss.mostly {
        text +=
          "; pictures that \(referenceName) alone gets right: \(loss.pictures.grouped), most often taken for "
          + "\(labels[mostly.label]) (\(mostly.pictures.grouped))"
      }
      sentences.append(text)
    } else {
      sentences.append("no class lost recall")
    }
    if let layer = noisiestLayer, let decibels = layer.decibels {
      sentences.append(
        "the noisiest layer is \(layer.name.briefLayerName): \(decibels.decimals(1)) dB, "
          + "\(layer.saturation.percent) of its values saturate")
    }
    if let loss = firstLoss, let decibels = loss.decibels {
      sentences.append(
        "the loss is there first at \(loss.name.briefLayerName): \(decibels.decimals(1)) dB\(origin(of: loss))")
    }
    if let whatIf, let first = whatIf.rows.first, first.comesBack > 0 {
      var text = "in float, \(layer(first.choice)?.name.briefLayerName ?? "") alone would take "
      text += "\(first.comesBack.percent) of the noise off the logits"
      if let all = whatIf.all, let weights = all.outcomes[.weights], let outputs = all.outcomes[.output] {
        text += "; all weights together \(weights.comesBack.percent), "
        text += "all roundings of values \(outputs.comesBack.percent)"
      }
      sentences.append(text)
    }
    return sentences.joined(separator: "\n")
  }

  /// Whether a layer's noise is its own.
  private func origin(of layer: Layer) -> String {
    guard let own = layer.ownDecibels else { return "" }
    guard let inherited = layer.inheritedDecibels, inherited.isFinite else { return ", all of it its own" }
    return ", of its own \(own.decimals(1)) dB, inherited \(inherited.decimals(1)) dB"
  }
}
