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
    var name: String
    var operation: String
    /// nil without a counterpart in the reference, or without signal.
    var decibels: Double?
    /// Share of the values that saturate.
    var saturation: Double
  }

  /// Summed in the pictures' order, so that shards and threads don't change the last digit.
  var layers: [Layer] {
    task.layers.enumerated().map { index, layer in
      var noise = SignalToNoise()
      var (saturated, values) = (0, 0)
      for sample in comparison.layerSamples {
        noise.merge(sample.noise[index])
        saturated += sample.saturated[index]
        values += sample.values[index]
      }
      return Layer(
        name: layer.name, operation: layer.operation, decibels: noise.decibels,
        saturation: values == 0 ? 0 : Double(saturated) / Double(values))
    }
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
  var noisiestLayer: Layer? {
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
    return sentences.joined(separator: "\n")
  }
}
