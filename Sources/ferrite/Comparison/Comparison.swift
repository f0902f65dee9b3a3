import EdgeRuntime
import Quantize

/// What a float network and its fixed-point model made of the same pictures.
struct Comparison: Sendable {
  /// A picture on which the two differ; classes are indices.
  struct Flip: Sendable {
    /// Position among the compared pictures.
    var position: Int
    var id: String
    var label: Int
    var float: Int
    var fixed: Int
  }

  var float: ConfusionMatrix
  var fixed: ConfusionMatrix
  /// In the pictures' order.
  var flips: [Flip] = []
  /// By operation of the model; nothing is recorded for those without a float counterpart.
  var noise: [SignalToNoise]

  init(classes: Int, operations: Int) {
    float = ConfusionMatrix(classes: classes)
    fixed = ConfusionMatrix(classes: classes)
    noise = [SignalToNoise](repeating: SignalToNoise(), count: operations)
  }

  var samples: Int { float.total }
  /// The share of pictures that both take for the same class.
  var agreement: Double { samples == 0 ? 0 : 1 - Double(flips.count) / Double(samples) }
  /// Pictures that the float network alone gets right.
  var onlyFloatRight: Int { flips.count { $0.float == $0.label } }
  /// Pictures that the fixed-point model alone gets right.
  var onlyFixedRight: Int { flips.count { $0.fixed == $0.label } }
  /// The chance of as large a difference in accuracy if there were none.
  var mcnemarP: Double { mcnemarExact(onlyFirst: onlyFloatRight, onlySecond: onlyFixedRight) }

  /// `p = 0.0215`, or `p < 0.0001`.
  var mcnemarText: String { mcnemarP < 0.0001 ? "p < 0.0001" : "p = \(mcnemarP.decimals(4))" }

  /// Adds what another thread found.
  mutating func merge(_ other: Comparison) {
    float.merge(other.float)
    fixed.merge(other.fixed)
    flips = (flips + other.flips).sorted { $0.position < $1.position }
    for index in noise.indices { noise[index].merge(other.noise[index]) }
  }
}

/// Which value of the float graph each operation's output stands for.
struct LayerPairing: Sendable {
  /// By value of the float graph.
  let operations: [[Int]]

  /// Pairs an operation with the float value that has its output's name and extents; others stay without.
  init(_ graph: FloatGraph, _ model: LoadedModel) {
    var values: [String: Int] = [:]
    for (index, value) in graph.values.enumerated() { values[value.name] = index }
    var operations = [[Int]](repeating: [], count: graph.values.count)
    for index in 0..<model.file.operationCount {
      let output = model.file.tensor(model.file.operation(index).output)
      let shape = Shape(height: output.height, width: output.width, channels: output.channels)
      guard let value = values[model.name(output.name)], graph.values[value].shape == shape else { continue }
      operations[value].append(index)
    }
    self.operations = operations
  }
}
