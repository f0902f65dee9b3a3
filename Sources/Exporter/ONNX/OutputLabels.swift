import Quantize

/// Which outputs are scores, and what their classes are called.
///
/// From a file's metadata: `ferrite.labels.NAME` has the classes of output NAME, with commas between; `ferrite.labels` those of the
/// only output that is a vector; `ferrite.values` names outputs that are none. The only output of a network is a vector of
/// scores in any case if it is a vector, its classes called by their numbers where nothing names them. Of several outputs those are
/// scores that have labels.
struct OutputLabels {
  /// nil for an output of other values.
  private(set) var byOutput: [[String]?]

  private static let key = "ferrite.labels"
  private static let valuesKey = "ferrite.values"

  init(_ outputs: [(name: String, shape: Shape)], _ metadata: [ONNXStringStringEntryProto]) throws(ONNXError) {
    byOutput = Array(repeating: nil, count: outputs.count)
    let values = metadata.list(Self.valuesKey) ?? []
    if let unknown = values.first(where: { name in !outputs.contains { $0.name == name } }) {
      throw .metadata(key: Self.valuesKey, reason: "there is no output \"\(unknown)\"")
    }
    let named = metadata.map(\.key).filter { $0.hasPrefix(Self.key + ".") }.map {
      String($0.dropFirst(Self.key.count + 1))
    }
    if let unknown = named.first(where: { name in !outputs.contains { $0.name == name } }) {
      throw .metadata(key: "\(Self.key).\(unknown)", reason: "there is no output of this name")
    }
    let vectors = outputs.indices.filter { outputs[$0].shape.isVector && !values.contains(outputs[$0].name) }
    if outputs.count == 1, let only = vectors.first {
      byOutput[only] = (0..<outputs[only].shape.channels).map { "\($0)" }
    }
    if let labels = metadata.list(Self.key) {
      guard vectors.count == 1 else {
        throw .metadata(
          key: Self.key,
          reason: vectors.isEmpty
            ? "no output is a vector of scores"
            : "several outputs are vectors: \(Self.key).NAME says whose labels these are")
      }
      try set(labels, of: vectors[0], outputs, key: Self.key)
    }
    for name in named {
      let (index, key) = (outputs.firstIndex { $0.name == name }!, "\(Self.key).\(name)")
      guard vectors.contains(index) else {
        throw .metadata(
          key: key,
          reason: values.contains(name) ? "\(Self.valuesKey) names it, too" : "the output is no vector of scores")
      }
      try set(metadata.list(key) ?? [], of: index, outputs, key: key)
    }
  }

  private mutating func set(
    _ labels: [String], of index: Int, _ outputs: [(name: String, shape: Shape)], key: String
  ) throws(ONNXError) {
    let classes = outputs[index].shape.channels
    guard labels.count == classes else {
      throw .metadata(key: key, reason: "\(labels.count) labels for \(classes) outputs")
    }
    guard labels.allSatisfy({ !$0.isEmpty && !$0.contains(where: \.isNewline) }) else {
      throw .metadata(key: key, reason: "a label is empty or has a line break")
    }
    guard Set(labels).count == labels.count else { throw .metadata(key: key, reason: "a label stands there twice") }
    byOutput[index] = labels
  }
}
