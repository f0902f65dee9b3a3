import EdgeRuntime

/// One of a model's outputs with its texts.
struct ModelOutput: Sendable {
  let name: String
  /// Its tensor's index, and the tensor's record.
  let tensor: Int
  let record: TensorRecord
  /// The classes of an output of scores; nil of other values.
  let labels: [String]?

  init(_ file: borrowing ModelFile, _ index: Int) {
    let output = file.output(index)
    (tensor, record) = (output.tensor, file.tensor(output.tensor))
    name = unsafe String(decoding: file.unsafeName(record.name), as: UTF8.self)
    guard output.role == .scores else {
      labels = nil
      return
    }
    var labels: [String] = []
    for channel in 0..<record.channels {
      labels.append(unsafe String(decoding: file.unsafeLabel(channel, ofOutput: index), as: UTF8.self))
    }
    self.labels = labels
  }

  /// What an output of scores says of the latest frame: the first class of the greatest logit; nil of other values.
  func label(_ classifier: Classifier) -> String? {
    guard let labels else { return nil }
    let logits = classifier.rawValues(self)
    return labels[logits.indices.reduce(0) { logits[$1] > logits[$0] ? $1 : $0 }]
  }

  /// `scores, 7 scores` or `boxes, 1x420x4 values`.
  var text: String { "\(name), \(record.extents) \(labels == nil ? "values" : "scores")" }

  /// Its name, role, shape and format, and the classes of scores.
  var json: JSON {
    [
      "name": JSON(name), "role": labels == nil ? "values" : "scores", "shape": record.shape,
      "format": JSON(record.format.name), "labels": labels.map { JSON($0.map(JSON.string)) } ?? .null,
    ]
  }
}

extension LoadedModel {
  /// For commands that tell classes.
  ///
  /// - Throws: `BadData` with what comes out, unless exactly one output has scores.
  func requireScores(for command: String) throws {
    guard file.scoresOutput == nil else { return }
    throw BadData(
      "\(path): \(command) needs exactly one output of scores, and its outputs are: "
        + outputs.map(\.text).joined(separator: "; "))
  }
}

extension TensorRecord {
  /// Height, width, channels.
  var shape: JSON { JSON([height, width, channels].map { JSON($0) }) }
}
