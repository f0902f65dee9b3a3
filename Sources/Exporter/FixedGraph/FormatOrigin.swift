import EdgeRuntime

/// What decides the format of a stored value.
enum FormatOrigin: Equatable {
  /// The network gives it.
  case given(FixedFormat)
  /// A sampler reads it as theta.
  case theta
  /// It is an output of the graph's.
  case output
  /// A max-pool, a sampler or a rearrangement makes it and keeps its input's format.
  case kept(from: Int)
  /// Nothing but a concatenation reads it. What it makes is rounded to that one's format sooner or later: once is better
  /// than twice.
  case concatenation(output: Int)
  /// Its values, and the settings of the layer that makes it.
  case own
}

extension LayerGraph {
  func formatOrigin(_ value: Int) -> FormatOrigin {
    if let format = givenFormat(value) { return .given(format) }
    let consumers = consumers(value)
    if consumers.contains(where: { $0.isTheta(value, in: self) }) { return .theta }
    switch producer(value)?.operation {
    case .maxPool, .affineGridSample, .rearrange: return .kept(from: storage[producer(value)!.inputs[0]])
    default: if isOutput(value) { return .output }
    }
    if consumers.count == 1, case .concatenate = consumers[0].operation,
      consumers[0].inputs.filter({ storage[$0] == value }).count == 1
    {
      return .concatenation(output: consumers[0].output)
    }
    return .own
  }

  /// The format that the network gives a stored value; nil where it is ours to choose.
  ///
  /// What only a max-pool, a sampler or a rearrangement reads has that one's format, and a concatenation that of its inputs where all agree.
  private func givenFormat(_ value: Int) -> FixedFormat? {
    guard let layer = producer(value) else { return inputFormats[storage[value]] }
    if let format = layer.format { return format }
    if case .concatenate = layer.operation {
      let formats = Set(layer.inputs.map { producer($0).map(\.format) ?? inputFormats[storage[$0]] })
      if formats.count == 1, let format = formats.first { return format }
    }
    let consumers = consumers(value)
    guard consumers.count == 1, !isOutput(value) else { return nil }
    switch consumers[0].operation {
    case .maxPool, .rearrange: return givenFormat(consumers[0].output)
    case .affineGridSample where !consumers[0].isTheta(value, in: self): return givenFormat(consumers[0].output)
    default: return nil
    }
  }
}

extension LayerGraph.Layer {
  /// True if the layer is a sampler that takes its theta from `value`.
  func isTheta(_ value: Int, in layers: LayerGraph) -> Bool {
    guard case .affineGridSample = operation else { return false }
    return layers.storage[inputs[1]] == layers.storage[value]
  }
}
